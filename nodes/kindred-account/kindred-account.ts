import type { Node, NodeAPI, NodeDef } from 'node-red';
import type { KindredClient } from '../../matching/client/index.js';
import { fromEnvironment } from '../shared/from-environment.js';
import { migrate } from '../shared/migrations.js';
import { News } from '../shared/news.js';
import { redact } from '../shared/problem.js';
import { watchRestart } from '../shared/restart.js';
import { Scope } from '../shared/scope.js';
import { CONNECTING_MS, reconnectingMs } from '../shared/settling.js';
import { UnderWay } from '../shared/under-way.js';
import { Account } from './account.js';
import {
  area,
  createAccount,
  type Deployed,
  type DialogRequest,
  exportAccount,
  isAsDeployed,
  leaveAccount,
  testAccount,
} from './admin.js';
import { AccountProblem, explain } from './explain.js';
import type { Watcher } from './feed.js';
import { accountOf } from './lookup.js';
import { MIGRATIONS } from './migrations.js';
import { type AccountSettings, isAboutArea, isTokenUnknown } from './settings.js';
import { tellEachTab } from './tell-each-tab.js';

interface AccountConfig extends NodeDef, AccountSettings {
  url: string;
}

/** Told to everybody who listens, with the id of an account: what it stands for is there again, or for the first time. */
export const REACHABLE = 'kindred-account:reachable';

/** What other nodes may do with the account they use. */
export interface KindredAccountNode extends Node<{ token?: string }> {
  /** The address of the endpoint. */
  readonly url: string;
  /** Tells this token at this address from any other, without telling what it is. */
  readonly identity: string;
  /** Which user of the endpoint it is, whatever the address and the token; once the endpoint has said so. */
  readonly userId: Promise<string>;
  /** What its owner has to see to before it can be used; `settings` is the address. */
  readonly lacks: 'token' | 'settings' | undefined;
  /** Nobody sees it, and so it sees nobody. */
  readonly isHidden: boolean;
  /** The client that all nodes of the account share. Rejects with a problem in words when there is no token. */
  client(): Promise<KindredClient>;
  /** Follows the account's events on the one stream that its nodes share. @returns what ends it */
  watch(watcher: Watcher): () => void;
  /** What went wrong between this hub and the endpoint, in words for a person and without a secret. */
  explain(error: unknown): string;
  /** Its owner has just seen that the endpoint knows it: whatever waits for that need not wait any longer. */
  comeBack(): void;
  /** What its nodes were asked for: whoever closes the account gives it a moment. */
  readonly underWay: UnderWay;
}

export default function register(RED: NodeAPI): void {
  const isRestart = watchRestart(RED);
  const news = new News<Account>(RED.events, {
    'flows:stopping': (account) => account.hold(),
    'flows:started': (account) => account.goOn(),
  });

  function words(error: unknown, url: string): string {
    const { key, values } = explain(error, url);
    return RED._(key, values);
  }

  function KindredAccount(this: KindredAccountNode, def: AccountConfig): void {
    RED.nodes.createNode(this, def);
    const config = migrate<AccountConfig>(def, MIGRATIONS);
    const scope = new Scope();
    const underWay = new UnderWay();
    const { url } = config;
    const options = {
      url,
      name: (config.name ?? '').trim(),
      visibility: checkedVisibility(config.visibility),
      cell: config.cell,
      token: this.credentials?.token?.trim() || undefined,
      connectingMs: isRestart() ? reconnectingMs(RED) : CONNECTING_MS,
    };
    const onProblem = (problem: unknown): void => {
      const account = this.name || redact(url);
      const key = isAboutArea(problem) ? 'area-refused' : 'settings';
      const text = RED._(`kindred-account.error.${key}`, { account, problem: words(problem, url) });
      // Of a token that is not known, every node that uses it says so itself.
      if (isTokenUnknown(problem)) this.error(text);
      else tellEachTab(RED, this, text);
    };
    const onReachable = (): void => void RED.events.emit(REACHABLE, this.id);
    const account = new Account({ ...options, onProblem, onReachable }, scope);
    scope.add(news.tell(account));
    Object.assign(this, {
      url,
      identity: account.identity,
      userId: account.userId,
      lacks: account.lacks,
      isHidden: options.visibility === 'nobody',
      client: async () => {
        try {
          return await account.client();
        } catch (error) {
          throw new Error(words(error, url), { cause: error });
        }
      },
      watch: (watcher: Watcher) => account.watch(watcher),
      comeBack: () => account.comeBack(),
      explain: (error: unknown) => words(rootOf(error), url),
      underWay,
    });
    const end = (): Promise<void> => underWay.end().then(() => scope.close());
    this.on('close', (_removed: boolean, done: () => void) => void end().then(done, done));
  }

  RED.nodes.registerType<KindredAccountNode, AccountConfig, object, { token?: string }>(
    'kindred-account',
    KindredAccount,
    { credentials: { token: { type: 'password' } } },
  );
  serveDialog(RED, words);
}

/** The problem that a rejected `client()` was about. */
function rootOf(error: unknown): unknown {
  return error instanceof Error && error.cause instanceof AccountProblem ? error.cause : error;
}

function checkedVisibility(visibility: unknown): AccountSettings['visibility'] {
  // Anything but a clear yes means no.
  return visibility === 'everyone' ? 'everyone' : 'nobody';
}

/** The routes that the dialog's buttons call, for whoever may change flows. */
function serveDialog(RED: NodeAPI, words: (error: unknown, url: string) => string): void {
  const routes: Record<string, (request: DialogRequest) => object | Promise<object>> = {
    area,
    create: createAccount,
    export: (request) => exportAccount(request, deployed(RED, request.id)),
    leave: (request) => leaveAccount(request, deployed(RED, request.id)),
    test: async (request) => {
      const home = deployed(RED, request.id);
      const answer = await testAccount(request, home);
      if (isAsDeployed(request, home)) accountOf(RED, String(request.id))?.comeBack();
      return answer;
    },
  };
  for (const [name, answer] of Object.entries(routes)) {
    RED.httpAdmin.post(`/kindred/account/${name}`, RED.auth.needsPermission('flows.write'), (request, response) => {
      const given: DialogRequest = typeof request.body === 'object' && request.body !== null ? request.body : {};
      const [url, token] = [given.url, given.token].map((text) => fromEnvironment(RED, text, given.id));
      const body = { ...given, url, token };
      response.set('cache-control', 'no-store');
      void Promise.resolve()
        .then(() => answer(body))
        .then((result) => response.json(result))
        .catch((error: unknown) => response.status(422).json({ problem: words(error, String(body.url)) }));
    });
  }
}

/** The account as it was deployed, also where it does not run: switched off, of a subflow, or while the flows are stopped. */
function deployed(RED: NodeAPI, id: unknown): Deployed | undefined {
  if (typeof id !== 'string') return undefined;
  const node = RED.nodes.getNode(id) as KindredAccountNode | null;
  if (node?.type === 'kindred-account') return { url: node.url, token: node.credentials?.token?.trim() };
  let saved: Deployed | undefined;
  RED.nodes.eachNode((def) => {
    if (def.id !== id || def.type !== 'kindred-account') return;
    const { token } = (RED.nodes.getCredentials(id) ?? {}) as { token?: string };
    const textOf = (given = ''): string => String(fromEnvironment(RED, given, id)).trim();
    saved = { url: textOf(migrate<AccountConfig>(def, MIGRATIONS).url), token: textOf(token) };
  });
  return saved;
}
