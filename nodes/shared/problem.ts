/** What went wrong, in words for a person, whatever was thrown. */
export function problemOf(thrown: unknown): string {
  const words = thrown instanceof Error ? thrown.message : thrown;
  // Node-RED takes a message that fails without a word for one that went well.
  return typeof words === 'string' && words ? words : 'unknown error';
}

/** Ends a message with a problem in words. Of an Error, the log and the Catch nodes would show "Error: " before them. */
export function failWith(words: string, done: (error?: Error) => void): void {
  // Node-RED takes words as well; its types know of errors alone.
  done(words as unknown as Error);
}

/** A word that says that what follows is secret, whatever is joined to it: access_token, X-Api-Key, client-secret. */
const NAME =
  '[\\w-]{0,20}(?:token|secret|passw(?:or)?d|passwd|pwd|passphrase|authorization|invitation|credential|api[-_]?key)s?';

/** Each keeps its first group, which says what it was. */
const SECRETS = [
  /\b(Bearer|Basic|Digest)\s+[^\s"',]+/gi,
  /\b(whsec_)[\w+/=-]+/g,
  // Between the scheme and the last @ before a space: a password may hold any other character.
  /(:\/\/)[^\s"']*@/g,
  new RegExp(`(${NAME}["']?\\s*[:=]\\s*)(?:"[^"]*"|'[^']*'|[^\\s"',&}]+)`, 'gi'),
  // Without a sign between: a secret is long, and no word of a sentence.
  new RegExp(`(\\b${NAME}\\s+["']?)(?=[\\w+/=.~-]{10})[\\w+/=.~-]+`, 'gi'),
];

const ADDRESS = /(https?:\/\/[^\s/"'?#<>]+)([/?#][^\s"'<>]*)/gi;
/** Plain words such as /kindred, up to where a segment ends. */
const PLAIN_PATH = /^(?:\/(?:[a-z.-]{1,15}|v\d))*(?=$|[/:;,)?#])/;

/** Of an address the host and plain words stay: the rest of a webhook's address is its password. */
function withoutPath(_address: string, host: string, rest: string): string {
  const [plain = ''] = PLAIN_PATH.exec(rest) ?? [];
  const left = rest.slice(plain.length);
  return host + plain + (/^[/:;,.)]*$/.test(left) ? left : '/…');
}

/** The text without anything that looks like a secret: for errors, statuses and logs. */
export function redact(text: string): string {
  return SECRETS.reduce((cleaned, pattern) => cleaned.replace(pattern, '$1…'), text).replace(ADDRESS, withoutPath);
}
