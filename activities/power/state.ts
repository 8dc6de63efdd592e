/** A stretch of work: holes up to the profile's `hole` are inside it. Epoch milliseconds, work in seconds. */
export interface Burst {
  /** First reading above standby that led into it. */
  from: number;
  /** End of its last work so far. */
  to: number;
  /** Seconds of work in it so far. */
  work: number;
}

export interface RunState {
  from: number;
  /** End of the last work that belongs to the run. */
  to: number;
  /** `over`: its finish is announced and may still be taken back. */
  phase: 'running' | 'over';
}

/** All that the recogniser remembers; plain JSON. Times are epoch milliseconds, powers watts. */
export interface PowerState {
  /** Time and watts of the newest reading; the reading holds until the next one. */
  at: number | null;
  watts: number;
  /** How long a reading may be trusted to hold, in ms; learned from how often the plug reports. */
  reach: number;
  /** Learned heating level in watts, 0 while unknown. */
  heat: number;
  /** Learned idle level in watts. */
  standby: number;
  /** When the power last rose above standby, while it is above. */
  edge: number | null;
  /** Time of a reading that came from the past, until the next one tells whether the clock was set back. */
  stray: number | null;
  burst: Burst | null;
  run: RunState | null;
}

export function initialState(): PowerState {
  return {
    at: null,
    watts: 0,
    reach: 10_000,
    heat: 0,
    standby: 0,
    edge: null,
    stray: null,
    burst: null,
    run: null,
  };
}
