import type { Server } from 'node:http';
import { dirname } from 'node:path';
import type { Node } from 'node-red';
import type { AuditLog, Endpoint, EndpointEvent, EndpointOptions } from '../../matching/server/index.js';
import { makeFolder } from '../shared/folder.js';
import { redact } from '../shared/problem.js';
import type { Scope } from '../shared/scope.js';
import type { Voice } from '../shared/voice.js';
import { claim, EndpointProblem } from './claims.js';
import { Counts } from './counts.js';
import { enter } from './front-door.js';
import { type Place, placeOf } from './place.js';
import { problemFor } from './problem-for.js';
import { auditOf, type EndpointCredentials, type EndpointDef, optionsOf, pathOf } from './settings.js';
import { tellerOf } from './telling.js';

/** Where an endpoint is to be, and what it is part of. */
interface Opening {
  node: Node<EndpointCredentials>;
  config: EndpointDef;
  voice: Voice;
  /** Closes what was opened. */
  scope: Scope;
  /** Aborted as soon as the node closes, before the scope does. */
  closing: AbortSignal;
  userDir: string;
  /** Node-RED's own. */
  server: Server;
}

/** Opens the endpoint and lets it answer, until the scope closes. @throws EndpointProblem, or what the store says */
export async function openAndServe(opening: Opening): Promise<void> {
  const { node, config, voice, scope, userDir, server } = opening;
  const path = pathOf(config.path);
  const options = optionsOf(config, node.credentials);
  const auditTo = auditOf(config, userDir);
  const place = placeOf(config.store, userDir, node.credentials?.storePassword);
  await prepareFolder(place);
  scope.add(claim(path, place.file));
  // Loaded when first used: a hub that only asks never loads the server.
  const { openEndpoint, AuditLog, Complaints, patiently } = await import('../../matching/server/index.js');
  const audit = await auditor(node, auditTo, scope, AuditLog);
  const tell = tellerOf(node, Complaints);
  let counts: Counts | undefined;
  const onEvent = (event: EndpointEvent): void => {
    tell(event);
    if (event.event === 'recovered' || (event.event === 'failed' && event.away)) counts?.turned();
    else counts?.changed();
  };
  const endpoint = await patiently(
    () => openEndpoint({ ...options, ...(audit ? { audit } : {}), store: place.address, prefix: path, onEvent }),
    (reason) => {
      voice.show('red', 'ring', 'stopped');
      voice.complain('failed', problemFor(reason, place.shown).values);
    },
    opening.closing,
  );
  if (!endpoint) return;
  scope.add(() => endpoint.close());
  counts = showCounts(endpoint, scope, voice);
  scope.add(enter(server, { path, handle: (request, response) => endpoint.handle(request, response) }));
}

/** @throws EndpointProblem when this Node has no store that is a file */
async function prepareFolder({ file }: Place): Promise<void> {
  if (file === undefined) return;
  if (!process.getBuiltinModule('node:sqlite')) throw new EndpointProblem('needs-node', { version: process.version });
  await makeFolder(dirname(file));
}

/** The status, told anew when it has changed. */
function showCounts(endpoint: Endpoint, scope: Scope, voice: Voice): Counts {
  const counted = (key: string, count: number): string =>
    voice.words(`status.${key}${count < 2 ? `-${count}` : ''}`, { count: String(count) });
  let shown = '';
  const show = (text: string, tell: () => void): void => {
    if (text !== shown) tell();
    shown = text;
  };
  return new Counts(
    endpoint,
    scope,
    ({ users, live }) => {
      const values = { users: counted('users', users), live: counted('live', live) };
      show(`${users} ${live}`, () => voice.show('green', 'dot', 'counts', values));
    },
    () => show('stopped', () => voice.show('red', 'ring', 'stopped')),
  );
}

/** Writes the audit log where it is to go, until the scope closes. A file's folder is made. */
async function auditor(
  node: Node,
  to: ReturnType<typeof auditOf>,
  scope: Scope,
  Log: typeof AuditLog,
): Promise<EndpointOptions['audit']> {
  if (to === undefined) return undefined;
  if (to === 'log') return (entry) => node.log(JSON.stringify(entry));
  // What is wrong with the folder, the log says when it cannot be written.
  await makeFolder(dirname(to.file)).catch(() => {});
  const log = new Log(to.file, (problem) => node.error(redact(problem), {}));
  scope.add(() => log.close());
  return (entry) => log.write(entry);
}
