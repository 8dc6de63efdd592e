import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Node, NodeAPI, NodeStatus } from 'node-red';
import type { AuditLog, Endpoint, EndpointEvent, EndpointOptions } from '../../matching/server/index.js';
import { NEVER_MATCHED } from '../../vocabulary/index.js';
import { migrate } from '../shared/migrations.js';
import { problemOf, redact } from '../shared/problem.js';
import { Scope } from '../shared/scope.js';
import { claim, EndpointProblem } from './claims.js';
import { Counts } from './counts.js';
import { enter } from './front-door.js';
import { MIGRATIONS } from './migrations.js';
import { type Place, placeOf } from './place.js';
import { auditOf, type EndpointCredentials, type EndpointDef, optionsOf, pathOf } from './settings.js';

type EndpointNode = Node<EndpointCredentials>;

/** A server that is away when the endpoint starts is tried again so often. */
const AGAIN_MS = 10_000;

export default function register(RED: NodeAPI): void {
  const words = (key: string, values: Record<string, string> = {}): string => RED._(`matching-endpoint.${key}`, values);

  function MatchingEndpoint(this: EndpointNode, def: EndpointDef): void {
    RED.nodes.createNode(this, def);
    const config = migrate<EndpointDef>(def, MIGRATIONS);
    const scope = new Scope();
    const closing = new AbortController();
    const show = (fill: NodeStatus['fill'], shape: NodeStatus['shape'], key: string, values = {}): void =>
      this.status({ fill, shape, text: words(`status.${key}`, values) });

    show('yellow', 'ring', 'opening');
    const opened = open(this, config, scope, closing.signal).catch((error: unknown) => {
      const { code, values } = problemFor(error, shownStore(config.store));
      show('red', 'ring', code, values);
      this.error(words(`error.${code}`, values), {});
    });
    this.on('close', (_removed: boolean, done: () => void) => {
      closing.abort();
      void opened
        .then(() => scope.close())
        .then(
          () => done(),
          () => done(),
        );
    });
  }

  /** Opens the endpoint and lets it answer, until the scope closes. @throws EndpointProblem, or what the store says */
  async function open(node: EndpointNode, config: EndpointDef, scope: Scope, closing: AbortSignal): Promise<void> {
    const path = pathOf(config.path);
    const options = optionsOf(config, node.credentials);
    const userDir = RED.settings.userDir ?? '.';
    const auditTo = auditOf(config, userDir);
    const place = placeOf(config.store, userDir, node.credentials?.storePassword);
    if (place.file !== undefined) {
      if (!process.getBuiltinModule('node:sqlite'))
        throw new EndpointProblem('needs-node', { version: process.version });
      await mkdir(dirname(place.file), { recursive: true });
    }
    scope.add(claim(path, place.file));
    // Loaded when first used: a hub that only asks never loads the server.
    const { openEndpoint, AuditLog } = await import('../../matching/server/index.js');
    const audit = await auditor(node, auditTo, scope, AuditLog);
    let counts: Counts | undefined;
    const onEvent = (event: EndpointEvent): void => {
      tell(node, event);
      counts?.changed();
    };
    const endpoint = await patiently(node, place, closing, () =>
      openEndpoint({ ...options, ...(audit ? { audit } : {}), store: place.address, prefix: path, onEvent }),
    );
    if (!endpoint) return;
    scope.add(() => endpoint.close());
    const show = (fill: NodeStatus['fill'], shape: NodeStatus['shape'], key: string, values = {}): void =>
      node.status({ fill, shape, text: words(`status.${key}`, values) });
    counts = new Counts(
      endpoint,
      scope,
      ({ users, live }) =>
        show('green', 'dot', users === 1 ? 'counts-one' : 'counts', { users: String(users), live: String(live) }),
      () => show('red', 'ring', 'stopped'),
    );
    scope.add(enter(RED.server, { path, handle: (request, response) => endpoint.handle(request, response) }));
  }

  /**
   * Opens an endpoint, also when its server comes later than Node-RED.
   * @returns undefined when the node closes before
   * @throws what is not mended by waiting
   */
  async function patiently(
    node: EndpointNode,
    place: Place,
    closing: AbortSignal,
    openIt: () => Promise<Endpoint>,
  ): Promise<Endpoint | undefined> {
    for (let isFirst = true; !closing.aborted; isFirst = false) {
      try {
        return await openIt();
      } catch (error) {
        if ((error as { reason?: unknown }).reason !== 'away') throw error;
        node.status({ fill: 'red', shape: 'ring', text: words('status.stopped') });
        if (isFirst) node.error(words('error.failed', problemFor(error, place.shown).values), {});
        await wait(AGAIN_MS, undefined, { signal: closing, ref: false }).catch(() => {});
      }
    }
    return undefined;
  }

  function problemFor(error: unknown, store: string): { code: string; values: Record<string, string> } {
    if (error instanceof EndpointProblem) return error;
    const { reason } = error as { reason?: unknown };
    if (reason === 'in-use') return { code: 'store-taken', values: { store } };
    if (reason === 'damaged') return { code: 'store-damaged', values: { store, problem: redact(problemOf(error)) } };
    return { code: 'failed', values: { store, problem: redact(problemOf(error)) } };
  }

  RED.nodes.registerType<EndpointNode, EndpointDef, object, EndpointCredentials>(
    'matching-endpoint',
    MatchingEndpoint,
    {
      settings: { matchingEndpointNever: { value: NEVER_MATCHED, exportable: true } },
      credentials: {
        invitation: { type: 'password' },
        storePassword: { type: 'password' },
        metricsToken: { type: 'password' },
      },
    },
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
  await mkdir(dirname(to.file), { recursive: true }).catch(() => {});
  const log = new Log(to.file, (problem) => node.error(redact(problem), {}));
  scope.add(() => log.close());
  return (entry) => log.write(entry);
}

/** A store as it may be shown, before anything is known to be right about it. */
function shownStore(store: string): string {
  return redact(store || 'kindred/endpoint.sqlite');
}

function tell(node: Node, event: EndpointEvent): void {
  if (event.event === 'failed') node.error(redact(event.problem), { payload: event, topic: event.event });
  else node.send({ payload: event, topic: event.event });
}
