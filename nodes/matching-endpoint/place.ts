import { resolve } from 'node:path';
import { redact } from '../shared/problem.js';
import { EndpointProblem } from './claims.js';

const SHARED = /^postgres(ql)?:\/\//;
const USUAL = 'kindred/endpoint.sqlite';
const FILE = /^sqlite:(?=.)/;
/** The beginning of any address, and not a drive of Windows. */
const SCHEME = /^[a-z][\w+.-]+:/i;
const WITH_PASSWORD = /^[^/]*\/\/[^@?]*:[^@?]*@|[?&]password=/;
const USER = /^([^/]*\/\/[^/@]+)@/;

/** Where an endpoint's store is. */
export interface Place {
  /** With the password. */
  address: string;
  /** For people. */
  shown: string;
  /** Of a store that is a file, for one endpoint alone. */
  file?: string;
}

/**
 * @param store a file, also as `sqlite:FILE`, or the address of a PostgreSQL without its password; the usual file when empty
 * @param password of the PostgreSQL; when it is missing, PGPASSWORD or a .pgpass file has it
 * @throws EndpointProblem when it is the address of something else, which must not be taken for a file's name, or the password
 * stands in the address: a flow is exported, and its credentials are not
 */
export function placeOf(store: string, userDir: string, password = ''): Place {
  const given = store.trim();
  if (!SHARED.test(given)) {
    const name = given.replace(FILE, '');
    if (SCHEME.test(name)) throw new EndpointProblem('store');
    const file = resolve(userDir, name || USUAL);
    return { address: `sqlite:${file}`, shown: file, file };
  }
  if (WITH_PASSWORD.test(given)) throw new EndpointProblem('store-password');
  const address = password === '' ? given : given.replace(USER, `$1:${encodeURIComponent(password)}@`);
  return { address, shown: given };
}

/** A store as it may be shown, before anything is known to be right about it: a file as the user directory has it. */
export function shownStore(store: string): string {
  return redact(store.trim().replace(FILE, '') || USUAL);
}
