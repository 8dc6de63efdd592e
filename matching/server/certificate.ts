import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync, unwatchFile, watchFile } from 'node:fs';
import { createSecureContext } from 'node:tls';

const DAY_MS = 86_400_000;
/** So long before a certificate expires its operator is told; of one that holds for days, in the last third of its time. */
const SOON_MS = 7 * DAY_MS;

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
  const certificate = certificateIn(cert, files.cert);
  if (!certificate.checkPrivateKey(keyIn(key, files.key))) {
    throw new Error(
      `The key ${files.key} is not the one of the certificate ${files.cert}: give the key that it was made with, and ` +
        'a chain with its own certificate first',
    );
  }
  try {
    createSecureContext({ cert, key });
  } catch (error) {
    throw new Error(`${files.cert} and ${files.key} cannot be used for TLS: ${(error as Error).message}`);
  }
  return { cert, key };
}

/** A certificate as it is used, whose operator is told of its dates: once of each problem, when it is read and as it grows old. */
export class UsedCertificate {
  #cert: Buffer | undefined;
  #told: string | undefined;

  constructor(
    readonly files: CertificateFiles,
    private readonly tell: (problem: string) => void,
    private readonly clock: () => number = Date.now,
  ) {}

  /** One that is out of date is used, because the clock may be wrong as well. @throws Error in words for an operator */
  read(): ReturnType<typeof readCertificate> {
    const read = readCertificate(this.files);
    this.#cert = read.cert;
    this.#told = undefined;
    this.lookAtDates();
    return read;
  }

  lookAtDates(): void {
    const problem = this.#cert && outOfDate(this.#cert, this.files.cert, this.clock());
    if (problem !== undefined && problem !== this.#told) this.tell(problem);
    this.#told = problem;
  }
}

/** What is wrong with the time for which a certificate holds, or soon will be; undefined when nothing is. */
function outOfDate(cert: Buffer, file: string, now: number): string | undefined {
  const { validFrom, validTo } = new X509Certificate(cert);
  if (now >= Date.parse(validTo)) {
    return `The certificate ${file} expired on ${dayOf(validTo)}, and clients refuse it: renew it. It is read again when the file changes.`;
  }
  const leftMs = Date.parse(validTo) - now;
  if (leftMs <= Math.min(SOON_MS, (Date.parse(validTo) - Date.parse(validFrom)) / 3)) {
    const days = Math.ceil(leftMs / DAY_MS);
    return `The certificate ${file} expires on ${dayOf(validTo)}, in ${days === 1 ? 'a day' : `${days} days`} at most: renew it`;
  }
  if (now >= Date.parse(validFrom)) return undefined;
  return `The certificate ${file} holds from ${dayOf(validFrom)} on, and this machine says it is ${dayOf(now)}: check its clock`;
}

function dayOf(time: string | number): string {
  return new Date(time).toISOString().slice(0, 10);
}

function certificateIn(cert: Buffer, file: string): X509Certificate {
  if (!holds(cert, 'CERTIFICATE')) {
    throw new Error(
      holds(cert, 'PRIVATE KEY')
        ? `${file} is a key and no certificate: --tls-cert takes the certificate, --tls-key its key`
        : `${file} is no certificate in PEM, a text with -----BEGIN CERTIFICATE-----. If it is one in DER: openssl x509 -inform der -in ${file} -out cert.pem`,
    );
  }
  try {
    return new X509Certificate(cert);
  } catch (error) {
    throw new Error(`The certificate ${file} is damaged, make or fetch it anew: ${(error as Error).message}`);
  }
}

function keyIn(key: Buffer, file: string): KeyObject {
  if (!holds(key, 'PRIVATE KEY')) {
    throw new Error(
      holds(key, 'CERTIFICATE')
        ? `${file} is a certificate and no key: --tls-cert takes the certificate, --tls-key its key`
        : `${file} is no key in PEM, a text with -----BEGIN PRIVATE KEY-----`,
    );
  }
  if (key.includes('ENCRYPTED')) {
    throw new Error(`The key ${file} has a passphrase, write it without one: openssl pkey -in ${file} -out key.pem`);
  }
  try {
    return createPrivateKey(key);
  } catch (error) {
    throw new Error(`The key ${file} is damaged, make or fetch it anew: ${(error as Error).message}`);
  }
}

/** Whether there is a block of that kind: `RSA PRIVATE KEY` is one of `PRIVATE KEY`. */
function holds(pem: Buffer, kind: 'CERTIFICATE' | 'PRIVATE KEY'): boolean {
  return new RegExp(`-----BEGIN ([A-Z0-9]+ )*${kind}-----`).test(pem.toString('latin1'));
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
