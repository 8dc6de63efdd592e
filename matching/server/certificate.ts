import { readFileSync, unwatchFile, watchFile } from 'node:fs';
import { createSecureContext } from 'node:tls';

export interface CertificateFiles {
  /** PEM: the certificate, and behind it the ones up to its root. */
  cert: string;
  /** PEM: its private key. */
  key: string;
}

/** Reads a certificate and its key, and tries them. @throws Error in words for an operator */
export function readCertificate(files: CertificateFiles): { cert: Buffer; key: Buffer } {
  const cert = readPem(files.cert, 'certificate');
  const key = readPem(files.key, 'key');
  try {
    createSecureContext({ cert, key });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ERR_OSSL_X509_KEY_VALUES_MISMATCH') {
      throw new Error(`The key ${files.key} is not the one of the certificate ${files.cert}`);
    }
    throw new Error(`${files.cert} and ${files.key} are no certificate and key in PEM: ${message}`);
  }
  return { cert, key };
}

function readPem(file: string, what: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Error(`The ${what} ${file} cannot be read (${code}): check that it is there and may be read`);
  }
}

/**
 * Calls back when one of the files has changed: looked at by name, so that a link that points elsewhere is noticed too.
 * @returns what ends it
 */
export function watchCertificate({ cert, key }: CertificateFiles, everyMs: number, changed: () => void): () => void {
  const listener = (now: { mtimeMs: number }, before: { mtimeMs: number }): void => {
    if (now.mtimeMs !== before.mtimeMs) changed();
  };
  for (const file of [cert, key]) watchFile(file, { interval: everyMs, persistent: false }, listener);
  return () => {
    for (const file of [cert, key]) unwatchFile(file, listener);
  };
}
