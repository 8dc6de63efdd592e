import { randomBytes } from 'node:crypto';
import { type Draft, entryOf, type QueueState, removeItem, type ShareItem } from './state.js';

/** No answer within ten minutes is a no, in milliseconds. */
const DRAFT_LASTS = 600_000;

/** Of an item that is not worth telling any more sooner than that, until then. */
export function newDraft({ notAfter }: Pick<ShareItem, 'notAfter'>, now: number): Draft {
  return { token: randomBytes(16).toString('base64url'), until: Math.min(now + DRAFT_LASTS, notAfter) };
}

export function findDraft(state: QueueState, token: string): ShareItem | undefined {
  return state.items.find((item) => item.draft?.token === token);
}

/** Its owner's yes: the share is on its way, and the token is used up. */
export function agree(state: QueueState, item: ShareItem): void {
  delete item.draft;
  const entry = entryOf(state, item);
  if (entry) entry.agreed = true;
}

/** Its owner's no, said or implied. */
export function discard(state: QueueState, item: ShareItem): void {
  removeItem(state, item);
  const entry = entryOf(state, item);
  if (entry) entry.fate = item.mayHaveArrived ? 'unknown' : 'discarded';
}

/** The text that the item would have without its owner's own words. */
export function automaticText({ text, draft }: ShareItem): string {
  return draft?.worded ?? text;
}

/** Its owner's own words. */
export function reword(item: ShareItem, text: string, now: number): void {
  item.draft = { ...newDraft(item, now), worded: automaticText(item) };
  item.text = text;
}

/** Another text asks again, with another token. */
export function edit(item: ShareItem, text: string, now: number): void {
  item.text = text;
  item.draft = newDraft(item, now);
}
