import { type ExplainedSight, type Explanation, type Fact, NOTHING_KNOWN, tenths } from '../explanation.js';
import { LONGEST_INTERVAL } from './clock.js';
import { cupsOf } from './cups.js';
import { keepsWarmThrottled } from './keep-warm.js';
import { sayingsOf } from './lessons.js';
import type { PowerProfile } from './profiles.js';
import { type PowerState, type Sight, upToDate, type Verdict } from './state.js';
import { mergeOf } from './verdict.js';

/** Less standby than this (W) is none. */
const LEAST_STANDBY = 0.5;
/** Seconds between two readings. */
const SELDOM = 10;
/** A plug that tells of a change in this share of its usual interval, or sooner, does not wait for the interval. */
const SOONER = 2 / 3;
/** A plug that is silent for minutes tells of changes, or seldom anything. */
const SILENT_MS = 180_000;
/** A standby of less than this share of full power is on the axis of a picture. */
const VISIBLE = 0.03;
/** What a burst was taken for; why it only kept warm is the recogniser's business. */
const TAKEN_FOR: Readonly<Record<Verdict, string>> = {
  run: 'run',
  part: 'part',
  short: 'short',
  rhythm: 'keeps-warm',
  upkeep: 'keeps-warm',
  loss: 'keeps-warm',
  oven: 'oven',
  heater: 'heater',
  taught: 'taught',
};

/** What was learned of the appliance, what its last bursts were taken for, and what its owner has taught. */
export function explain(saved: PowerState, profile: PowerProfile): Explanation {
  const state = upToDate(saved);
  const { heat, standby, sights, programme } = state;
  if (heat === 0) return NOTHING_KNOWN;
  const working = Math.max(0, standby + Math.max(profile.floorWatts, profile.workShare * heat));
  const level = (name: string, watts: number) => ({ parameter: 'power' as const, value: Math.round(watts), name });
  const idle = standby >= VISIBLE * heat ? [level('standby', standby)] : [];
  return {
    levels: [level('full-power', heat), level('working', working), ...idle],
    facts: [
      { name: 'power', values: { full: Math.round(heat), working: Math.round(working) } },
      ...(standby >= LEAST_STANDBY ? [{ name: 'standby', values: { watts: tenths(standby) } }] : []),
      ...keepingWarm(state),
      ...(programme?.isTold && !programme.state.run?.dismissed ? [{ name: 'programme', values: {} }] : []),
      { name: 'pause', values: { seconds: 10 * Math.round(mergeOf(state, profile) / 10_000) } },
      ...reporting(state),
      ...lastRun(state, profile),
      ...sayingsOf(state).map(({ is, work, times, isBelieved }) => ({
        name: isBelieved ? `taught-${is}` : 'taught-none-once',
        values: { seconds: Math.round(work), times },
      })),
    ],
    sights: sights.map(explained),
  };
}

function keepingWarm(state: PowerState): Fact[] {
  if (keepsWarmThrottled(state)) return [{ name: 'keeps-warm-throttled', values: {} }];
  return state.warm ? [{ name: 'keeps-warm-pulses', values: { seconds: Math.round(state.warm.usual) } }] : [];
}

/**
 * Rarely is where a short brew is hardly more than one reading. A plug that does not wait to tell of changes is none
 * of those: its times are exact.
 */
function reporting({ pace, newsAfter, reach }: PowerState): Fact[] {
  if (pace === 0) return [];
  const isSilent = reach > SILENT_MS && newsAfter <= SELDOM;
  const tellsOfChanges = isSilent || (pace > SELDOM && newsAfter <= SOONER * Math.min(pace, LONGEST_INTERVAL));
  const seconds = Math.max(1, Math.round(tellsOfChanges ? newsAfter : pace));
  const often = pace > SELDOM ? 'reports-seldom' : 'reports';
  return [{ name: tellsOfChanges ? 'reports-changes' : often, values: { seconds } }];
}

/**
 * The cups of the last run; for a kettle the water that its energy boils, a cup being a quarter of a litre from the tap.
 * That is what the power says and no count: warm water, or water that was boiled twice, is counted wrong.
 */
function lastRun(state: PowerState, profile: PowerProfile): Fact[] {
  const { water } = profile;
  if (!water) {
    const brewed = cupsOf(state, profile);
    return brewed.cups ? [{ name: 'brews', values: { cups: brewed.cups } }] : [];
  }
  const began = state.sights.findLastIndex(({ verdict }) => verdict === 'run');
  const bursts =
    began < 0 ? [] : state.sights.slice(began).filter(({ verdict }) => verdict === 'run' || verdict === 'part');
  if (bursts.length === 0) return [];
  const joules = bursts.reduce((sum, { work, watts }) => sum + work * watts, 0);
  const cups = Math.max(1, Math.round(joules / water.cupJoules));
  return [{ name: 'boiled', values: { kilowattHours: Math.round(joules / 36_000) / 100, litres: cups / 4 } }];
}

function explained({ from, to, work, watts, verdict }: Sight): ExplainedSight {
  return { from, to, name: TAKEN_FOR[verdict], values: { seconds: Math.round(work), watts } };
}
