/** What went wrong, in words for a person, whatever was thrown. */
export function problemOf(thrown: unknown): string {
  if (thrown instanceof Error) return thrown.message;
  return typeof thrown === 'string' ? thrown : 'unknown error';
}

const SECRETS = [
  /\b(Bearer|Basic)\s+[\w.~+/=-]+/gi,
  /\b(whsec_)[\w+/=-]+/g,
  /((?:token|secret|password|authorization|api[-_]?key)["']?\s*[:=]\s*["']?)[^\s"',&}]+/gi,
  /(:\/\/[^\s/:@]+:)[^\s/@]+(?=@)/g,
];

/** The text without anything that looks like a secret: for errors, statuses and logs. */
export function redact(text: string): string {
  return SECRETS.reduce((cleaned, pattern) => cleaned.replace(pattern, '$1 …'), text);
}
