import type { Server as TlsServer } from 'node:tls';
import type { AuditLog } from './audit-log.js';
import { type UsedCertificate, watchCertificate } from './certificate.js';

/** How often the files of the certificate are looked at. */
const CERTIFICATE_MS = 10_000;
/** How often its dates are. */
const DATES_MS = 3_600_000;

interface Followed {
  certificate: UsedCertificate | undefined;
  audit: AuditLog | undefined;
  /** Takes what is wrong with a new certificate. */
  complain(problem: string): void;
}

/**
 * Goes on with new files: with a new certificate when it is there, with everything on SIGHUP, which ends nobody who waits for
 * a store either.
 * @returns takes the server once there is one
 */
export function followFiles({ certificate, audit, complain }: Followed): (server: TlsServer) => void {
  let server: TlsServer | undefined;
  let hasChanged = false;
  const renew = (): void => {
    if (!certificate) return;
    if (server) renewCertificate(certificate, server, complain);
    else hasChanged = true;
  };
  if (certificate) {
    watchCertificate(certificate.files, CERTIFICATE_MS, renew);
    setInterval(() => certificate.lookAtDates(), DATES_MS).unref();
  }
  if (certificate || audit) {
    process.on('SIGHUP', () => {
      audit?.reopen();
      renew();
    });
  }
  return (opened) => {
    server = opened;
    if (hasChanged) renew();
  };
}

/** Connections that are open keep what they began with. A certificate that is none changes nothing. */
function renewCertificate(certificate: UsedCertificate, server: TlsServer, complain: Followed['complain']): void {
  try {
    server.setSecureContext({ ...certificate.read(), minVersion: 'TLSv1.2' });
    console.log('kindred-endpoint: the certificate was read again');
  } catch (error) {
    complain(`${(error as Error).message}. The old certificate stays in use.`);
  }
}
