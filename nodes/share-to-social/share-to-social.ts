import type { Node, NodeAPI } from 'node-red';
import type { EndpointError } from '../../matching/client/index.js';
import {
  type Destination,
  destinationOf,
  isQueueState,
  type Publisher,
  QueueChanges,
  type QueueState,
  TARGETS,
} from '../../sharing/index.js';
import { type KindredAccountNode, REACHABLE } from '../kindred-account/kindred-account.js';
import type { ShareAccountNode } from '../share-account/share-account.js';
import { fingerprint } from '../shared/fingerprint.js';
import { isInFlows } from '../shared/in-flows.js';
import { migrate } from '../shared/migrations.js';
import { News } from '../shared/news.js';
import { failWith, problemOf, redact } from '../shared/problem.js';
import { StateFile } from '../shared/state-file.js';
import { accountsOf, listOf } from './accounts.js';
import { MIGRATIONS } from './migrations.js';
import { preview } from './preview.js';
import type { Text } from './report.js';
import { rulesOf, type ShareConfig, wordingProblem } from './settings.js';
import { Sharer } from './sharer.js';

export default function register(RED: NodeAPI): void {
  const news = new News<Sharer>(RED.events, {
    'flows:stopping': (sharer) => sharer.hold(),
    // Also when accounts alone were deployed.
    'flows:started': (sharer) => sharer.look(),
    [REACHABLE]: (sharer, account) => sharer.wake(account),
  });
  const text: Text = (key, values = {}) => RED._(`share-to-social.${key}`, values as Record<string, string>);
  // That of the settings file; or else of the catalogue in use, which Node-RED takes from its environment.
  const hubLanguage = (): string => (RED.settings as { lang?: string }).lang ?? text('language.code');

  function ShareToSocial(this: Node, def: ShareConfig): void {
    RED.nodes.createNode(this, def);
    const config = migrate<ShareConfig>(def, MIGRATIONS);
    const [rules, kindredAccounts] = [rulesOf(config, hubLanguage()), listOf(config.accounts)];
    const sharer = new Sharer(this, {
      rules,
      wordingProblem: wordingProblem(rules, kindredAccounts.length > 0, text),
      accounts: accountsOf(RED, this, [...kindredAccounts, ...listOf(config.shareAccounts)]),
      destination: (id) => destinationOfNode(RED, id, text),
      file: new StateFile<QueueState>(
        RED.settings.userDir ?? '.',
        `share-${this.id}`,
        isQueueState,
        new QueueChanges(),
      ),
      text,
    });
    this.on('input', (message, _send, done) => {
      sharer.take(message).then(
        () => done(),
        (error: unknown) => failWith(redact(problemOf(error)), done),
      );
    });
    const leave = news.tell(sharer);
    this.on('close', (removed: boolean, done: () => void) => {
      leave();
      void sharer.close(removed && !isInFlows(RED, this.id)).then(done, done);
    });
  }

  RED.nodes.registerType('share-to-social', ShareToSocial);

  RED.httpAdmin.post(
    '/kindred/share-to-social/preview',
    RED.auth.needsPermission('flows.read'),
    (request, response) => {
      response.set('cache-control', 'no-store');
      void preview(request.body, hubLanguage(), text).then((result) => response.json(result));
    },
  );
}

/** The account's client, whose problems are told in the account's words: they are for a person. */
function publisherOf(account: KindredAccountNode, client: Publisher): Publisher {
  return {
    publish: (activity) =>
      client.publish(activity).catch((error: unknown) => {
        const { kind, status, retryAfterSeconds, mayHaveArrived } = error as Partial<EndpointError>;
        throw Object.assign(new Error(account.explain(error)), { kind, status, retryAfterSeconds, mayHaveArrived });
      }),
  };
}

/** The account behind an id as it is now, so that an account that was deployed anew is used at once. */
function destinationOfNode(RED: NodeAPI, id: string, text: Text): Destination | undefined {
  const node = RED.nodes.getNode(id) as KindredAccountNode | ShareAccountNode | null;
  if (!node) return undefined;
  if ('destination' in node) return node.destination();
  if (!('client' in node)) return undefined;
  return destinationOf(TARGETS.kindred, {
    id,
    name: node.name || 'Kindred',
    settings: node.identity,
    address: fingerprint(node.url),
    lacks: node.lacks,
    credentials: async () => ({ client: publisherOf(node, await node.client()) }),
    explain: ({ values }) => String(values?.problem || text('queue.thrown')),
  });
}
