import { newId } from '../../vocabulary/index.js';
import { type Clock, systemClock } from '../appliance.js';
import type { Recorded, Recording } from '../recording-file.js';
import { hasLeapt, nextReplayRound, type ReplayRound } from '../replay.js';
import type { Inbox, Transport, Way } from './transport.js';

export interface RecordingOptions {
  /** Reads and parses the recording when the connection opens. */
  load(): Promise<Recording>;
  /** 1 is as it was; 10 is ten times as fast. */
  speed?: number;
  /** Begin again at the end. */
  loop?: boolean;
  clock?: Clock;
}

/** At most so many messages in one go, so that a fast replay leaves the event loop to others. */
const BATCH = 200;
/** A pause between two rounds that is longer than this is told of, in milliseconds. */
const LONG_PAUSE_MS = 5000;
/** A timer holds at most 2^31 − 1 ms. */
const LONGEST_WAIT = 2_000_000_000;

/** Plays a recording, dated until the moment its end is played, or a slow one from that of its beginning (see `replayRound`). */
export function recordingTransport(options: RecordingOptions): Transport {
  const { speed = 1 } = options;
  if (!(Number.isFinite(speed) && speed > 0 && speed <= 10_000)) {
    throw new Error(`the speed is ${speed}: use more than 0 and at most 10000`);
  }
  return {
    async open(inbox) {
      const recording = await options.load();
      return new Player(recording, inbox, { ...options, speed, clock: options.clock ?? systemClock });
    },
  };
}

class Player implements Way {
  readonly #recording: Recording;
  readonly #inbox: Inbox;
  readonly #options: RecordingOptions & { speed: number; clock: Clock };
  #play = '';
  #round!: ReplayRound;
  #next = 0;
  /** How the last reading was dated. */
  #datedUntil = Number.NEGATIVE_INFINITY;
  #stopTimer = () => {};

  constructor(recording: Recording, inbox: Inbox, options: RecordingOptions & { speed: number; clock: Clock }) {
    this.#recording = recording;
    this.#inbox = inbox;
    this.#options = options;
    // The inbox hears of it once the connection stands.
    this.#stopTimer = options.clock.after(0, () => {
      inbox.reachable(true);
      this.#begin();
      this.#deliverDue();
    });
  }

  get play(): string {
    return this.#play;
  }

  listen(): void {
    // A recording delivers everything; the profile picks what is its own.
  }

  async send(): Promise<void> {
    throw new Error('this appliance is a recording: it cannot be told anything');
  }

  async close(): Promise<void> {
    this.#stopTimer();
  }

  /** Begins a play, which has a time line of its own. */
  #begin(): void {
    this.#play = newId(this.#options.clock.now());
    this.#planRound();
  }

  #planRound(): void {
    const { clock, speed } = this.#options;
    const now = clock.now();
    this.#round = nextReplayRound(now, this.#recording.lengthMs, speed, this.#datedUntil);
    this.#next = 0;
    if (this.#round.playFrom - now > LONG_PAUSE_MS) this.#inbox.pausing(this.#round.playFrom);
  }

  #deliverDue(): void {
    const { clock, loop } = this.#options;
    const { items } = this.#recording;
    for (let sent = 0; ; sent++) {
      if (this.#next === items.length) {
        if (!loop) {
          this.#inbox.finished();
          return;
        }
        this.#planRound();
      }
      const item = items[this.#next] as Recorded;
      const { playFrom, datedFrom, speed } = this.#round;
      const wait = playFrom + item.afterMs / speed - clock.now();
      if (wait > 0 || sent === BATCH) {
        this.#goOnAfter(Math.min(Math.max(0, wait), LONGEST_WAIT));
        return;
      }
      this.#next++;
      this.#deliver(item, datedFrom + item.afterMs);
    }
  }

  /** What was due while the machine slept is not made up for, nor is a clock that was set back waited for: it begins anew. */
  #goOnAfter(ms: number): void {
    const { clock } = this.#options;
    const wakesAt = clock.now() + ms;
    this.#stopTimer = clock.after(ms, () => {
      if (hasLeapt(wakesAt, clock.now())) this.#begin();
      this.#deliverDue();
    });
  }

  #deliver(item: Recorded, at: number): void {
    this.#datedUntil = at;
    if (item.parameters) this.#inbox.values(item.parameters, at);
    else this.#inbox.message({ topic: item.topic, payload: item.payload, retained: false }, at);
  }
}
