/** The most characters of an operator's secret that a request can carry. */
export const MAX_SECRET = 200;
const MIN_SECRET = 16;

/** Whether a text can be what people need to join. Space around it does not count: it comes along when one is copied. */
export function isInvitation(text: string): boolean {
  const { length } = text.trim();
  return length >= MIN_SECRET && length <= MAX_SECRET;
}

/** Whether a text can be the token for the metrics: what follows "Bearer" in a header has no spaces, and nothing but ASCII. */
export function isMetricsToken(text: string): boolean {
  return /^[\x21-\x7e]+$/.test(text) && text.length >= MIN_SECRET && text.length <= MAX_SECRET;
}
