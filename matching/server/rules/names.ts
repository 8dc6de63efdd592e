import { displayName } from '../../schema/index.js';
import { Refusal } from '../refusal.js';

/**
 * What nobody sees in a name, as far as the schema's pattern cannot tell, which is to read the same in every client: halves of
 * characters, and tags, selectors and controls beyond U+FFFF.
 */
const UNSEEN = /[\ud800-\udfff\u{13430}-\u{1343f}\u{1bca0}-\u{1bca3}\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}]/u;
/** The flags of England, Scotland and Wales, which are written with tags (Unicode TR51, RGI_Emoji_Tag_Sequence). Others are not seen. */
const FLAGS =
  /\u{1f3f4}\u{e0067}\u{e0062}(?:\u{e0065}\u{e006e}\u{e0067}|\u{e0073}\u{e0063}\u{e0074}|\u{e0077}\u{e006c}\u{e0073})\u{e007f}/gu;

/** @throws Refusal bad-request */
export function checkName(name: string): void {
  // Something stays in a flag's place: two halves around it must not become whole.
  if (!UNSEEN.test(name.replaceAll(FLAGS, '\u{1f3f4}'))) return;
  throw new Refusal('bad-request', `"name" is not well formed (${displayName.description})`);
}
