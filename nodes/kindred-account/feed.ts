import type { Event, KindredClient, WatchState } from '../../matching/client/index.js';

/** What the shared stream is doing; `ended` when coming back is no use until somebody changes something. */
export type FeedState = WatchState | { state: 'ended'; problem: unknown };

export interface Watcher {
  /** The last event this watcher has had: it goes on behind it. Without it only what happens from now on arrives. */
  after?: string | undefined;
  onEvent(event: Event): void;
  onState?(state: FeedState): void;
}

/** One stream of events for all nodes of an account, open only while somebody watches. */
export class EventFeed {
  readonly #client: () => Promise<KindredClient>;
  readonly #onOpen: () => void;
  readonly #watchers = new Set<Watcher>();
  #stream: AbortController | undefined;
  #state: FeedState = { state: 'connecting' };
  /** The last event that this stream has brought, or began behind. */
  #position: string | undefined;

  /** @param onOpen called each time the stream opens: the endpoint is there */
  constructor(client: () => Promise<KindredClient>, onOpen: () => void) {
    this.#client = client;
    this.#onOpen = onOpen;
  }

  /** @returns what ends the watching */
  add(watcher: Watcher): () => void {
    const own = { ...watcher };
    this.#watchers.add(own);
    const isBehind = own.after !== undefined && (this.#position === undefined || isNewer(this.#position, own.after));
    if (!this.#stream || isBehind) this.#open();
    else own.onState?.(this.#stateNow());
    return () => {
      if (this.#watchers.delete(own) && this.#watchers.size === 0) this.close();
    };
  }

  /** With where the stream stands by now, and not where it stood when it was opened. */
  #stateNow(): FeedState {
    const { state } = this.#state;
    return state === 'open' && this.#position !== undefined ? { state, lastEventId: this.#position } : this.#state;
  }

  close(): void {
    this.#stream?.abort();
    this.#stream = undefined;
    this.#position = undefined;
  }

  /** Opens the stream where the watcher that is furthest behind left off; the others skip what they have had. */
  #open(): void {
    this.#stream?.abort();
    const stream = new AbortController();
    this.#stream = stream;
    const starts = [...this.#watchers].flatMap(({ after }) => (after === undefined ? [] : [Number(after)]));
    const lastEventId = starts.length > 0 ? String(Math.min(...starts)) : undefined;
    this.#position = lastEventId;
    void this.#follow(lastEventId, stream.signal).catch((problem: unknown) => {
      if (stream.signal.aborted) return;
      this.#stream = undefined;
      this.#tell({ state: 'ended', problem });
    });
  }

  async #follow(lastEventId: string | undefined, signal: AbortSignal): Promise<void> {
    const client = await this.#client();
    if (signal.aborted) return;
    await client.watch({
      ...(lastEventId === undefined ? {} : { lastEventId }),
      signal,
      onEvent: (event) => {
        if (!signal.aborted) this.#deliver(event);
      },
      onState: (state) => {
        if (!signal.aborted) this.#tell(state);
      },
    });
  }

  #deliver(event: Event): void {
    // Within a stream ids only go up: a lower one means that the endpoint counts anew, from a restored store.
    if (this.#position !== undefined && !isNewer(event.id, this.#position)) {
      for (const watcher of this.#watchers) watcher.after = undefined;
    }
    this.#position = event.id;
    for (const watcher of this.#watchers) {
      if (watcher.after !== undefined && !isNewer(event.id, watcher.after)) continue;
      watcher.after = event.id;
      watcher.onEvent(event);
    }
  }

  #tell(state: FeedState): void {
    this.#state = state;
    if (state.state === 'open' && state.lastEventId) this.#position = state.lastEventId;
    for (const watcher of this.#watchers) watcher.onState?.(state);
    if (state.state === 'open') this.#onOpen();
  }
}

/** Ids of events are numbers that count up. */
function isNewer(id: string | undefined, than: string | undefined): boolean {
  return id !== undefined && than !== undefined && Number(id) > Number(than);
}
