import { type Experience, NO_EXPERIENCE } from './confidence.js';

/** A stretch of work: holes up to the profile's `hole` are inside it. Epoch milliseconds, work in seconds. */
export interface Burst {
  /** First reading above standby that led into it. */
  from: number;
  /** End of its last work so far. */
  to: number;
  /** Seconds of work in it so far. */
  work: number;
  /** Joules that went into the work. */
  joules: number;
  /** Watts at its beginning, of late, and of its newest reading. */
  first: number;
  last: number;
  newest: number;
  /** Seconds in which anything was on: work, and the grinder or pump before and after it. */
  active: number;
  /** Readings in it that were on, but no work: a grinder, a pump, or half of a second of heating. */
  aside: number;
  /** Seconds of work that its pauses have not used up. */
  credit: number;
  /** Seconds for which nothing had heated before it, at whatever power. */
  rested: number;
  /** Its owner has said that it is nothing. */
  ignored?: boolean;
}

/** A short burst that is over. */
export interface Pulse {
  from: number;
  to: number;
  /** Seconds in which anything was on. */
  active: number;
  /** The heater alone was on, without grinder or pump. */
  bare: boolean;
  /** Seconds since the burst before it ended. */
  pause: number;
  /** It put back no more than the machine had lost. */
  loss: boolean;
}

/** The rhythm of keep-warm pulses at full power, once the machine has shown one. */
export interface KeepWarm {
  /** Seconds of the usual pulse. */
  usual: number;
  /** Seconds of the usual pause before it; 0 where an older version has learned the rhythm. */
  pause: number;
  /** Seconds of the longest pulse of late. */
  longest: number;
  /** Runs since the last pulse. */
  runs: number;
}

/** Whether the appliance is hot, and how it stays so. */
export interface Warmth {
  /** End of the last heating at whatever power, in epoch milliseconds, and seconds of rest before it. */
  heated: number | null;
  rested: number;
  /** Heatings in a row that stayed below work, up to the number that shows that the machine keeps warm that way. */
  throttled: number;
  /** Seconds of rest after which the machine is cold; it has shown pauses of a part of that between its pulses. */
  coolAfter: number;
}

/** What may still be upkeep after a run: short bursts that follow it, and one another, closely. */
interface Wake {
  /** End of the run or of the last such burst. */
  to: number;
  /** Seconds of work that are not more than upkeep. */
  work: number;
}

/** Bursts too small to announce that belong to the run if one follows soon. */
interface Lead {
  from: number;
  to: number;
}

/** What a burst was taken for: a run, a part of one, or why it was neither. */
export type Verdict =
  | 'run'
  | 'part'
  /** Too little work. */
  | 'short'
  /** Like the machine's keep-warm pulses. */
  | 'rhythm'
  /** Small beside the run that it follows. */
  | 'upkeep'
  /** No more heat than a standing machine loses. */
  | 'loss'
  /** Its level fell as a magnetron's does, and its start was taken back. */
  | 'oven'
  /** It goes on for longer than water takes to boil, or follows such a one. */
  | 'heater'
  /** Its owner has said so of one like it. */
  | 'taught';

/** What is remembered of a burst that is over. */
export interface Sight {
  from: number;
  to: number;
  /** Seconds of work, and its mean power in watts. */
  work: number;
  watts: number;
  /** Seconds for which nothing had heated before it. */
  rested: number;
  /** The heater alone was on. */
  bare: boolean;
  verdict: Verdict;
}

/** What was on from then to then at a power that was held, and too little to be work. */
interface Faint {
  from: number;
  to: number;
  /** The most of it. */
  watts: number;
}

/** What its owner has taught: bursts like this one are a run, a part of the run before them, or neither. */
export interface Teaching {
  is: 'run' | 'part' | 'none';
  work: number;
  rested: number;
  bare: boolean;
  /** Which of its owner's words it comes from: a later one has a higher number. */
  said: number;
}

export interface RunState {
  from: number;
  /** End of the last activity that belongs to the run. */
  to: number;
  /** End of its last work; what is merely on (a pump) may follow until `to`. */
  worked: number;
  /** Seconds of work in its longest burst. */
  longest: number;
  /** Bursts of it that are over. */
  bursts: number;
  /** Quiet seconds before its finish is announced; a run that went on after all makes wary. */
  settle: number;
  /** `over`: its finish is announced and may still be taken back. */
  phase: 'running' | 'over';
  /** Its owner has said that it is none: it is waited out, and neither its going on nor its coming back is told. */
  dismissed?: boolean;
  /** Since when it has gone on after its finish while it was none: if that is taken back, its going on is told. */
  returned?: number;
}

/** Raised when a field is added, or may hold less than before: an older state is mended when it is read. */
const VERSION = 8;

/** All that the recogniser remembers; plain JSON. Times are epoch milliseconds, powers watts. */
export interface PowerState {
  version: typeof VERSION;
  /** Time and watts of the newest reading; the reading holds until the next one. */
  at: number | null;
  watts: number;
  /** Until when what it says has been counted. */
  counted: number;
  /** How long a reading may be trusted to hold, in ms; learned from how often the plug reports. */
  reach: number;
  /** Usual seconds between two readings; rather too few, for all that is judged by it. */
  interval: number;
  /** Seconds between two readings, half of them more and half of them less, for a person; 0 while unknown. */
  pace: number;
  /** Usual seconds after which it tells of a change, at most 90. */
  newsAfter: number;
  /** Learned heating level in watts, 0 while unknown. */
  heat: number;
  /** The last single reading that was more than that, 0 where there was none. */
  peak: number;
  /** A level below that, since when it is held, whether that is long enough to be work, and what was on before it. */
  steady: { watts: number; since: number; work: boolean; aside: number } | null;
  /** Learned idle level in watts. */
  standby: number;
  /** What has been drawn of late without being work, about the same since then. */
  still: { watts: number; since: number } | null;
  /** When something between idle and heating (a lamp, a fan) was last on. */
  lamp: number | null;
  /** Cups of water that were boiled with nothing that spoke against it; after two, short boils are believed as well. */
  cleanCups: number;
  /** When the power last rose above standby, while it is above. */
  edge: number | null;
  /** Readings since then that were on, but no work. */
  aside: number;
  /** Time of a reading that came from the past, until the next one tells whether the clock was set back. */
  stray: number | null;
  warmth: Warmth;
  burst: Burst | null;
  lead: Lead | null;
  /** When the last burst ended. */
  lastBurst: number | null;
  /** The last short bursts, newest last. */
  pulses: Pulse[];
  warm: KeepWarm | null;
  wake: Wake | null;
  run: RunState | null;
  /** Cups brewed in the last run, or null where something in it may have been one or none. */
  cups: number | null;
  starts: Experience;
  finishes: Experience;
  /** The last bursts, oldest first, and what they were taken for. */
  sights: Sight[];
  /** What was no work of late, oldest first. */
  faint: Faint[];
  /** Newest first. */
  taught: Teaching[];
  /** Longest pause within a run in seconds, where its owner has moved an end over one. */
  merge: number | null;
  /**
   * Of a plug of which nothing is known: what it would be as a dishwasher's, whether its run is told as such, and until when
   * (epoch ms) no more than a standby was on before the last use.
   */
  programme?: { state: PowerState; isTold: boolean; stoodByUntil?: number };
}

/** Seconds; a machine that keeps warm would show it within that time, as long as it has shown nothing else. */
export const COOL_AFTER = 420;

/** Seconds; what comes more seldom keeps no machine warm: it is no rhythm, and after such a rest each is cold. */
export const LONGEST_PAUSE = 1200;

/** Seconds; for a run that an older version began. */
const USUAL_SETTLE = 40;

export function initialState(): PowerState {
  return {
    version: VERSION,
    at: null,
    watts: 0,
    counted: 0,
    reach: 60_000,
    interval: 1,
    pace: 0,
    newsAfter: 90,
    heat: 0,
    peak: 0,
    steady: null,
    standby: 0,
    still: null,
    lamp: null,
    cleanCups: 0,
    edge: null,
    aside: 0,
    stray: null,
    warmth: { heated: null, rested: Number.MAX_SAFE_INTEGER, throttled: 0, coolAfter: COOL_AFTER },
    burst: null,
    lead: null,
    lastBurst: null,
    pulses: [],
    warm: null,
    wake: null,
    run: null,
    cups: null,
    starts: NO_EXPERIENCE,
    finishes: NO_EXPERIENCE,
    sights: [],
    faint: [],
    taught: [],
    merge: null,
  };
}

/** What is known of the appliance, and what its owner has taught; nothing that goes by the clock. */
export function lasting(state: PowerState): PowerState {
  const { reach, interval, pace, newsAfter, heat, standby, cleanCups, warm, starts, finishes, taught, merge } = state;
  const { throttled, coolAfter } = state.warmth;
  const anew = initialState();
  const known = { reach, interval, pace, newsAfter, heat, standby, cleanCups, warm, starts, finishes, taught, merge };
  return { ...anew, ...known, warmth: { ...anew.warmth, throttled, coolAfter } };
}

/** A saved state of any version, complete. */
export function upToDate(state: PowerState): PowerState {
  if (state.version === VERSION && state.taught.every(({ said }) => said > 0)) return state;
  const { burst, run, steady, pulses } = state;
  const anew = initialState();
  const warmth = { ...anew.warmth, ...state.warmth };
  return {
    ...anew,
    ...state,
    version: VERSION,
    warmth: { ...warmth, coolAfter: Math.min(LONGEST_PAUSE, warmth.coolAfter) },
    steady: steady && { ...steady, aside: steady.aside ?? 0 },
    burst: burst && {
      ...burst,
      newest: burst.newest ?? burst.last,
      aside: burst.aside ?? 0,
      rested: burst.rested ?? Number.MAX_SAFE_INTEGER,
    },
    warm: state.warm && { ...state.warm, pause: state.warm.pause ?? 0 },
    taught: saidApart(state.taught),
    pulses: pulses.map((pulse) => ({ ...pulse, loss: pulse.loss ?? false })),
    // What an older version was in the middle of is finished as it would have finished it.
    run: run && { ...run, bursts: run.bursts ?? 0, settle: run.settle ?? USUAL_SETTLE },
  };
}

/** An older version has counted how often the same was said; more than twice is no more than twice. A correction of its time brings such back. */
function saidApart(taught: readonly (Teaching & { times?: number })[] = []): Teaching[] {
  const each = taught.flatMap(({ times = 1, ...one }) => Array.from({ length: Math.min(times, 2) }, () => one));
  return each.map((one, index) => (one.said > 0 ? one : { ...one, said: each.length - index }));
}
