import { createHash } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { KindredClient } from '../../matching/client/index.js';
import type { Scope } from '../shared/scope.js';
import { CONNECTING_MS, LONGEST_HOLD_MS } from '../shared/settling.js';
import { AccountProblem } from './explain.js';
import { EventFeed, type Watcher } from './feed.js';
import { type AccountSettings, isPassing, syncSettings } from './settings.js';

const LONGEST_WAIT_MS = 60_000;

interface AccountOptions extends AccountSettings {
  url: string;
  token: string | undefined;
  /** After the Deploy that makes it, whoever would be told of events may be connecting yet for so long, in milliseconds. */
  connectingMs: number;
  /** Called when the settings cannot be brought to the endpoint and trying again is no use. */
  onProblem(problem: unknown): void;
  /** Called when the endpoint is there again, or for the first time. */
  onReachable(): void;
}

/** One user of an endpoint: the client that all nodes share, the one stream of events, and the settings kept in step. */
export class Account {
  /** Tells this user of this endpoint from any other, without telling who it is. */
  readonly identity: string;
  readonly #client: KindredClient | AccountProblem;
  readonly #feed: EventFeed;
  readonly #scope: Scope;
  readonly #onReachable: () => void;
  /** Whoever would be told of events may be connecting yet until then, by a clock that nobody sets; not known before the Deploy is through. */
  #connectedAt: number | undefined;
  readonly #connectingMs: number;
  /** Settled once the endpoint has been told the settings, or could not be at the first try. */
  readonly #told: Promise<void>;

  constructor({ url, token, connectingMs, onProblem, onReachable, ...settings }: AccountOptions, scope: Scope) {
    this.identity = createHash('sha256')
      .update(`${url}\n${token ?? ''}`)
      .digest('hex')
      .slice(0, 32);
    this.#scope = scope;
    this.#onReachable = onReachable;
    this.#client = clientOf(url, token, scope.signal);
    this.#feed = new EventFeed(() => this.client(), onReachable);
    scope.add(() => this.#feed.close());
    this.#connectingMs = connectingMs;
    // Nodes are made within a deploy.
    this.hold();
    this.#told =
      this.#client instanceof KindredClient ? this.#tell(this.#client, settings, onProblem) : Promise.resolve();
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

  /** The first try is waited for, the further ones go on behind. */
  async #tell(client: KindredClient, settings: AccountSettings, onProblem: (problem: unknown) => void): Promise<void> {
    const tell = async (): Promise<void> => {
      await syncSettings(client, settings);
      this.#onReachable();
    };
    try {
      await tell();
    } catch (error) {
      void this.#tellLater(tell, error).catch((problem: unknown) => {
        if (!this.#scope.signal.aborted) onProblem(problem);
      });
    }
  }

  /** With full jitter, so that many hubs do not come back at the same moment. @throws what is no use trying again */
  async #tellLater(tell: () => Promise<void>, first: unknown): Promise<void> {
    let problem = first;
    for (let tries = 0; isPassing(problem); tries++) {
      await wait(500 + Math.random() * Math.min(LONGEST_WAIT_MS, 1000 * 2 ** tries), undefined, {
        signal: this.#scope.signal,
      });
      try {
        await tell();
        return;
      } catch (error) {
        problem = error;
      }
    }
    throw problem;
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
