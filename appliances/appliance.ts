import type { Appliance, Reading } from '../vocabulary/index.js';

/** What happens to an appliance, apart from its readings. */
export interface ApplianceEvent {
  /** `detected`: its first sign of life; `battery-low`: at or under 15 %, told once until it was above 20 %. */
  event: 'detected' | 'connected' | 'disconnected' | 'battery-low';
  appliance: Appliance;
  /** ISO 8601, UTC. */
  at: string;
  /** Why it is disconnected, in words. */
  reason?: string;
  /** Percent, with `battery-low`. */
  battery?: number;
}

/** How the connection stands, for whoever shows it to a person. */
export type LinkState = 'connecting' | 'waiting' | 'disconnected' | 'pausing' | 'finished';

/** Who hears about an appliance. What a listener throws never reaches the transport. */
export interface ApplianceListener {
  reading(reading: Reading): void;
  event(event: ApplianceEvent): void;
  /** Something could not be read or done; the connection goes on. `topic` names the message it came with. */
  problem(problem: Error, topic?: string): void;
  /** @param until when something comes again, epoch milliseconds, while it is `pausing` */
  state?(state: LinkState, until?: number): void;
}

/** A clock that tests can hold still. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
  /** Runs `task` after `ms` milliseconds; what it returns calls it off. */
  after(ms: number, task: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, task) {
    const timer = setTimeout(task, ms);
    return () => clearTimeout(timer);
  },
};

/** The appliance has no such ability: asking again is of no use. */
export class CannotError extends Error {
  override readonly name = 'CannotError';
  readonly code = 'APPLIANCE_CANNOT';
}
