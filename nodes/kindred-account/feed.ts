import type { Event, KindredClient, WatchState } from '../../matching/client/index.js';
import { isTokenUnknown } from './settings.js';

/** What the shared stream is doing; `ended` when coming back is no use until somebody changes something. */
export type FeedState = WatchState | { state: 'ended'; problem: unknown };

export interface Watcher {
  /** The last event this watcher has had: it goes on behind it. Without it only what happens from now on arrives. */
  after?: string | undefined;
  onEvent(event: Event): void;
  onState?(state: FeedState): void;
}

/**
 * One stream of events for all nodes of an account, open only while somebody watches. Nobody is told anything while it is held:
 * what comes then is left to the endpoint, and asked for again afterwards.
 */
export class EventFeed {
  readonly #client: () => Promise<KindredClient>;
  readonly #onOpen: () => void;
  readonly #watchers = new Set<Watcher>();
  #stream: AbortController | undefined;
  #state: FeedState = { state: 'connecting' };
  /** The last event that this stream has brought, or began behind. */
  #position: string | undefined;
  #holding: NodeJS.Timeout | undefined;
  /** Something came while it was held, or somebody: the stream is opened, or opened anew, afterwards. */
  #isWanting = false;

  /** @param onOpen called each time the stream opens: the endpoint is there */
  constructor(client: () => Promise<KindredClient>, onOpen: () => void) {
    this.#client = client;
    this.#onOpen = onOpen;
  }

  /** @returns what ends the watching */
  add(watcher: Watcher): () => void {
    const own = { ...watcher };
    this.#watchers.add(own);
    // The stream that is there may be telling of what was before: that is not where somebody without a place begins.
    const isElsewhere =
      own.after === undefined
        ? this.#starts().length > 0
        : this.#position === undefined || isNewer(this.#position, own.after);
    if (!this.#stream || isElsewhere || this.#holding) this.#open();
    else tellState(own, this.#stateNow());
    return () => {
      if (this.#watchers.delete(own) && this.#watchers.size === 0) this.#end();
    };
  }

  /** Tells nothing for so long, counted anew. @param ms milliseconds */
  hold(ms: number): void {
    clearTimeout(this.#holding);
    this.#holding = setTimeout(() => {
      this.#holding = undefined;
      if (this.#isWanting && this.#watchers.size > 0) this.#open();
      // Whoever has deployed may have mended what it ended for.
      else this.retry();
    }, ms);
  }

  /** Opens the stream where it has ended, or would come back only after a long while. */
  retry(): void {
    const { state } = this.#state;
    const isFarOff = state === 'waiting' && isTokenUnknown(this.#state.problem);
    if (this.#watchers.size > 0 && (!this.#stream || isFarOff)) this.#open();
  }

  /** With where the stream stands by now, and not where it stood when it was opened. */
  #stateNow(): FeedState {
    const { state } = this.#state;
    return state === 'open' && this.#position !== undefined ? { state, lastEventId: this.#position } : this.#state;
  }

  close(): void {
    clearTimeout(this.#holding);
    this.#end();
  }

  #end(): void {
    this.#stream?.abort();
    this.#stream = undefined;
    this.#position = undefined;
  }

  /** While it is held: leaves it to the endpoint, which is asked again afterwards. @returns whether it is held */
  #putOff(): boolean {
    this.#isWanting = this.#holding !== undefined;
    return this.#isWanting;
  }

  /** Where those are that have a place to go on from. */
  #starts(): number[] {
    return [...this.#watchers].flatMap(({ after }) => (after === undefined ? [] : [Number(after)]));
  }

  /**
   * Opens the stream where the watcher that is furthest behind left off; the others skip what they have had. Where some have no
   * place among others that have one, a stream that begins now says first what theirs is.
   * @param isPlaced it has said so
   */
  #open(isPlaced = false): void {
    if (this.#putOff()) return;
    this.#stream?.abort();
    const stream = new AbortController();
    this.#stream = stream;
    const starts = this.#starts();
    const isToPlace = !isPlaced && starts.length > 0 && starts.length < this.#watchers.size;
    const lastEventId = starts.length > 0 && !isToPlace ? String(Math.min(...starts)) : undefined;
    this.#position = lastEventId;
    void this.#follow(lastEventId, stream.signal, isToPlace).catch((problem: unknown) => {
      if (stream.signal.aborted) return;
      this.#stream = undefined;
      this.#tell({ state: 'ended', problem });
    });
  }

  /** @param isToPlace only to learn where it begins: nobody is told what it brings, for it comes again */
  async #follow(lastEventId: string | undefined, signal: AbortSignal, isToPlace: boolean): Promise<void> {
    const client = await this.#client();
    if (signal.aborted) return;
    await client.watch({
      ...(lastEventId === undefined ? {} : { lastEventId }),
      signal,
      onEvent: (event) => {
        if (!signal.aborted && !isToPlace && !this.#putOff()) this.#deliver(event);
      },
      onState: (state) => {
        // Where an open stream stands is behind what nobody was told.
        if (signal.aborted || (state.state === 'open' && this.#putOff())) return;
        if (isToPlace && state.state === 'open') this.#place(state.lastEventId);
        else this.#tell(state);
      },
    });
  }

  /**
   * Who has no place begins here. Who is ahead of it has theirs of an endpoint whose store was put back to what it was before:
   * all that there is may be new.
   */
  #place(now: string): void {
    for (const watcher of this.#watchers) {
      if (watcher.after === undefined) watcher.after = now || undefined;
      else if (now && isNewer(watcher.after, now)) watcher.after = '0';
    }
    this.#open(true);
  }

  #deliver(event: Event): void {
    if (this.#position !== undefined && !isNewer(event.id, this.#position)) this.#countAnew();
    this.#position = event.id;
    for (const watcher of this.#watchers) {
      if (watcher.after !== undefined && !isNewer(event.id, watcher.after)) continue;
      watcher.after = event.id;
      watcher.onEvent(event);
    }
  }

  /** Ids only go up: a lower one is of an endpoint whose store was put back to what it was before. */
  #countAnew(): void {
    for (const watcher of this.#watchers) watcher.after = undefined;
  }

  #tell(state: FeedState): void {
    this.#state = state;
    if (state.state === 'open' && state.lastEventId) {
      if (isNewer(this.#position, state.lastEventId)) this.#countAnew();
      this.#position = state.lastEventId;
    }
    for (const watcher of this.#watchers) tellState(watcher, state);
    if (state.state === 'open') this.#onOpen();
  }
}

/**
 * Who had no place to go on from has one with the first stream that opens; who has had more than the one that it was opened
 * for stays where they are.
 */
function tellState(watcher: Watcher, state: FeedState): void {
  if (state.state === 'open') watcher.after ??= state.lastEventId || undefined;
  const isAhead = state.state === 'open' && isNewer(watcher.after, state.lastEventId);
  watcher.onState?.(isAhead ? { ...state, lastEventId: watcher.after ?? '' } : state);
}

/** Ids of events are numbers that count up. */
function isNewer(id: string | undefined, than: string | undefined): boolean {
  return id !== undefined && than !== undefined && Number(id) > Number(than);
}
