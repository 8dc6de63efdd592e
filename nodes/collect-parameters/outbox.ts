import type { Told } from '../../activities/index.js';
import { CONNECTING_MS, LONGEST_HOLD_MS } from '../shared/settling.js';

/** What was sent stays on disk for at least so long, in milliseconds: by then whoever received it has it on disk, too. */
const KEEP_SENT_MS = 5000;
/** At a Deploy this long is enough: whoever received it is closed in good order. */
const RECEIVED_MS = 500;

/** Where something came from: passed through to whoever sends what followed from it. */
export type Origin = unknown;

export interface Outgoing {
  told: Told;
  origin?: Origin;
  /** When it was handed on, by the outbox's clock; missing until then. */
  sentAt?: number;
}

interface OutboxParts {
  /** So long after the start whoever should receive something may be connecting yet, in milliseconds. */
  connectingMs: number;
  /** Milliseconds of a clock that nobody sets: a hub without a clock chip has its own set right soon after the start. */
  elapsed(): number;
}

/** What was told, in order, until whoever receives it has it for sure; held back while they may not be there. */
export class Outbox {
  #all: Outgoing[] = [];
  /** Nothing is sent until then. */
  #heldUntil = Number.NEGATIVE_INFINITY;
  /** By then whoever should receive something had time to connect after the start. */
  #connectedAt: number | undefined;

  constructor(private readonly parts: OutboxParts) {}

  add(...outgoing: Outgoing[]): void {
    this.#all.push(...outgoing);
  }

  /** All that has to be on disk. */
  get told(): Told[] {
    return this.#all.map(({ told }) => told);
  }

  get isEmpty(): boolean {
    return this.#all.length === 0;
  }

  get unsent(): Outgoing[] {
    return this.#all.filter(({ sentAt }) => sentAt === undefined);
  }

  /** For how long nothing is to be sent yet, in milliseconds; not above zero when it may be sent. */
  get heldForMs(): number {
    return this.#heldUntil - this.parts.elapsed();
  }

  get isHeld(): boolean {
    return this.heldForMs > 0;
  }

  markSent(outgoing: Outgoing): void {
    outgoing.sentAt = this.parts.elapsed();
  }

  /**
   * A Deploy begins: whoever should receive something may be gone already, also something that is on its way to them. From now
   * on nothing is to be sent until `goOn`, or a minute later.
   * @returns whether something was left out, because it was received for sure
   */
  hold(): boolean {
    this.#heldUntil = this.parts.elapsed() + LONGEST_HOLD_MS;
    const isShorter = this.dropSent(RECEIVED_MS);
    for (const one of this.#all) delete one.sentAt;
    return isShorter;
  }

  /** The Deploy is through: whoever should receive something is there, and needs a moment for its connection. */
  goOn(): void {
    const now = this.parts.elapsed();
    this.#connectedAt ??= now + this.parts.connectingMs;
    this.#heldUntil = Math.max(now + CONNECTING_MS, this.#connectedAt);
  }

  /** Leaves out what was sent so long ago. @returns whether there was any */
  dropSent(keepMs = KEEP_SENT_MS): boolean {
    const now = this.parts.elapsed();
    const left = this.#all.filter(({ sentAt = now }) => now - sentAt < keepMs);
    const isShorter = left.length < this.#all.length;
    this.#all = left;
    return isShorter;
  }
}
