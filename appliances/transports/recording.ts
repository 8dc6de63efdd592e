import { newId } from '../../vocabulary/index.js';
import { type Clock, systemClock } from '../appliance.js';
import type { Recorded, Recording } from '../recording-file.js';
import { replayRound } from '../replay.js';
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

/** Plays a recording, dated so that its end falls on the moment it is played (see `replayRound`). */
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
  readonly play: string;
  readonly #recording: Recording;
  readonly #inbox: Inbox;
  readonly #options: RecordingOptions & { speed: number; clock: Clock };
  readonly #startedAt: number;
  #round = 0;
  #next = 0;
  #stopTimer = () => {};

  constructor(recording: Recording, inbox: Inbox, options: RecordingOptions & { speed: number; clock: Clock }) {
    this.#recording = recording;
    this.#inbox = inbox;
    this.#options = options;
    this.#startedAt = options.clock.now();
    this.play = newId(this.#startedAt);
    // The inbox hears of it once the connection stands.
    this.#stopTimer = options.clock.after(0, () => {
      inbox.reachable(true);
      this.#play();
    });
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

  #play(): void {
    const { clock, speed, loop } = this.#options;
    const { items, lengthMs } = this.#recording;
    const times = { startedAt: this.#startedAt, lengthMs, speed };
    for (let sent = 0; ; sent++) {
      if (this.#next === items.length) {
        if (!loop) {
          this.#inbox.finished();
          return;
        }
        this.#next = 0;
        this.#round++;
      }
      const item = items[this.#next] as Recorded;
      const { playFrom, datedFrom } = replayRound(this.#round, times);
      const wait = playFrom + item.afterMs / speed - clock.now();
      if (this.#next === 0 && this.#round > 0 && wait > LONG_PAUSE_MS) this.#inbox.pausing(clock.now() + wait);
      if (wait > 0 || sent === BATCH) {
        this.#stopTimer = clock.after(Math.min(Math.max(0, wait), LONGEST_WAIT), () => this.#play());
        return;
      }
      this.#next++;
      this.#deliver(item, datedFrom + item.afterMs);
    }
  }

  #deliver(item: Recorded, at: number): void {
    if (item.parameters) this.#inbox.values(item.parameters, at);
    else this.#inbox.message({ topic: item.topic, payload: item.payload, retained: false }, at);
  }
}
