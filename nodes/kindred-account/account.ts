import { setTimeout as wait } from 'node:timers/promises';
import { EndpointError, KindredClient } from '../../matching/client/index.js';
import { fingerprint } from '../shared/fingerprint.js';
import type { Scope } from '../shared/scope.js';
import { CONNECTING_MS, LONGEST_HOLD_MS } from '../shared/settling.js';
import { AccountProblem } from './explain.js';
import { EventFeed, type Watcher } from './feed.js';
import { type AccountSettings, isAboutArea, isPassing, retryMs, syncSettings } from './settings.js';

interface AccountOptions extends AccountSettings {
  url: string;
  token: string | undefined;
  /** After the Deploy that makes it, whoever would be told of events may be connecting yet for so long, in milliseconds. */
  connectingMs: number;
  /** Called once when the settings cannot be brought to the endpoint for a reason that does not pass in a moment. */
  onProblem(problem: unknown): void;
  /** Called when the endpoint is there again, or for the first time. */
  onReachable(): void;
}

/** One user of an endpoint: the client that all nodes share, the one stream of events, and the settings kept in step. */
export class Account {
  /** Tells this token at this address from any other, without telling what it is. */
  readonly identity: string;
  /** Which user of the endpoint it is, whatever the address and the token; once the endpoint has said so. */
  readonly userId: Promise<string>;
  #onUserId = (_id: string): void => {};
  readonly #client: KindredClient | AccountProblem;
  readonly #feed: EventFeed;
  readonly #scope: Scope;
  readonly #settings: AccountSettings;
  readonly #onProblem: (problem: unknown) => void;
  readonly #onReachable: () => void;
  /** Whoever would be told of events may be connecting yet until then, by a clock that nobody sets; not known before the Deploy is through. */
  #connectedAt: number | undefined;
  readonly #connectingMs: number;
  /** Settled once the endpoint has been told the settings, or could not be at the first try. */
  readonly #told: Promise<void>;
  #isTelling = false;
  /** Why the settings were not taken over at the last try. */
  #waitsFor: unknown;
  /** Ends the wait before the settings are told again. */
  #hurry = (): void => {};

  constructor({ url, token, connectingMs, onProblem, onReachable, ...settings }: AccountOptions, scope: Scope) {
    this.identity = fingerprint(url, token ?? '');
    this.userId = new Promise((resolve) => {
      this.#onUserId = resolve;
    });
    this.#scope = scope;
    this.#settings = settings;
    this.#onProblem = onProblem;
    this.#onReachable = onReachable;
    this.#client = clientOf(url, token, scope.signal);
    this.#feed = new EventFeed(
      () => this.client(),
      () => {
        onReachable();
        if (!isAboutArea(this.#waitsFor)) this.#hurry();
      },
    );
    scope.add(() => this.#feed.close());
    this.#connectingMs = connectingMs;
    // Nodes are made within a deploy.
    this.hold();
    this.#told = this.#tell();
  }

  /** What its owner has to see to before it can be used; `settings` is the address. */
  get lacks(): 'token' | 'settings' | undefined {
    if (this.#client instanceof KindredClient) return undefined;
    return this.#client.code === 'no-token' ? 'token' : 'settings';
  }

  /**
   * The account's client, after the endpoint has been told of its settings, as far as it could be.
   * @throws AccountProblem without a token or a proper address
   */
  async client(): Promise<KindredClient> {
    if (this.#client instanceof AccountProblem) throw this.#client;
    await this.#told;
    return this.#client;
  }

  /** Follows the account's events; all nodes share one stream. @returns what ends it */
  watch(watcher: Watcher): () => void {
    return this.#feed.add(watcher);
  }

  /** A Deploy begins: whoever would be told of events may be away. */
  hold(): void {
    this.#feed.hold(LONGEST_HOLD_MS);
  }

  /** The Deploy is through: they are there, and need a moment for their connections. */
  goOn(): void {
    this.#connectedAt ??= performance.now() + this.#connectingMs;
    this.#feed.hold(Math.max(CONNECTING_MS, this.#connectedAt - performance.now()));
  }

  /** Its owner has just seen that the endpoint knows it: whatever waits for that need not wait any longer. */
  comeBack(): void {
    this.#onReachable();
    this.#feed.retry();
    if (this.#isTelling) this.#hurry();
    else void this.#tell();
  }

  /** The first try is waited for, the further ones go on behind. */
  async #tell(): Promise<void> {
    if (!(this.#client instanceof KindredClient)) return;
    const client = this.#client;
    this.#isTelling = true;
    try {
      await this.#tellOnce(client);
      this.#isTelling = false;
    } catch (error) {
      void this.#tellLater(client, error)
        // The scope closed.
        .catch(() => {})
        .finally(() => {
          this.#isTelling = false;
        });
    }
  }

  async #tellOnce(client: KindredClient): Promise<void> {
    const me = await client.me();
    this.#onUserId(me.id);
    await syncSettings(client, this.#settings, me);
    this.#onReachable();
    this.#feed.retry();
  }

  /** Until it is done, or trying again is no use. */
  async #tellLater(client: KindredClient, first: unknown): Promise<void> {
    let problem = first;
    let complained: unknown;
    for (let tries = 0; ; tries++) {
      this.#scope.signal.throwIfAborted();
      const kind = problem instanceof EndpointError ? problem.type : undefined;
      if (!isPassing(problem)) {
        if (kind === undefined || kind !== complained) this.#onProblem(problem);
        complained = kind;
      }
      const ms = retryMs(problem, tries);
      if (ms === undefined) return;
      this.#waitsFor = problem;
      await this.#pause(ms);
      try {
        await this.#tellOnce(client);
        return;
      } catch (error) {
        problem = error;
      }
    }
  }

  /** Waits, unless it is hurried. @throws the scope's reason when that closes */
  async #pause(ms: number): Promise<void> {
    const hurried = new AbortController();
    this.#hurry = () => hurried.abort();
    const { signal } = this.#scope;
    await wait(ms, undefined, { signal: AbortSignal.any([signal, hurried.signal]) }).catch(() => {});
    this.#hurry = () => {};
    signal.throwIfAborted();
  }
}

function clientOf(url: string, token: string | undefined, signal: AbortSignal): KindredClient | AccountProblem {
  if (!token) return new AccountProblem('no-token');
  try {
    return new KindredClient({ url, token, signal });
  } catch {
    return new AccountProblem('address');
  }
}
