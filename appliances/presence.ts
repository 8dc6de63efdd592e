import type { ApplianceEvent, Clock } from './appliance.js';

/** Some say that they are there before they listen, as Tasmota does: what they were told at once would be lost. */
const LISTENS_AFTER_MS = 500;

interface PresenceParts {
  clock: Clock;
  tell(event: Pick<ApplianceEvent, 'event' | 'reason'>): void;
  /** It has come back, and listens. */
  greet(): void;
}

/** Whether an appliance is there, as far as it has said so, or others of it. */
export class Presence {
  #isDetected = false;
  #isOnline = false;
  /** Calls off what happens once it listens. */
  #stopGreeting = () => {};

  constructor(private readonly parts: PresenceParts) {}

  /** It is there. */
  come(): void {
    if (this.#isOnline) return;
    this.#isOnline = true;
    if (!this.#isDetected) this.parts.tell({ event: 'detected' });
    this.#isDetected = true;
    this.parts.tell({ event: 'connected' });
  }

  /** It says that it is there, though perhaps nobody heard it go: it may have begun afresh, its relay off. */
  comeBack(): void {
    this.come();
    this.#stopGreeting();
    this.#stopGreeting = this.parts.clock.after(LISTENS_AFTER_MS, () => this.parts.greet());
  }

  go(reason?: string): void {
    this.#stopGreeting();
    if (!this.#isOnline) return;
    this.#isOnline = false;
    this.parts.tell({ event: 'disconnected', ...(reason ? { reason } : {}) });
  }

  /** Nothing happens any more. */
  end(): void {
    this.#stopGreeting();
  }
}
