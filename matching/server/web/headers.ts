/**
 * Sent with every answer, errors too (OWASP REST Security Cheat Sheet): nothing is stored on the way, nothing is taken for
 * a page, and no page of somebody else reads it. There is no CORS header on purpose: hubs ask, browsers do not.
 */
export const SECURITY_HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
} as const;

/** With a certificate of its own: browsers and clients stay with TLS for a year. */
export const TLS_HEADERS = { 'strict-transport-security': 'max-age=31536000' } as const;
