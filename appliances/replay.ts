/** At least so much time lies between two rounds as their readings are dated; in milliseconds. */
const PAUSE_MS = 1000;
/** Nothing that a busy machine is late by, and little enough that a reading's date is still true; in milliseconds. */
const LEAP_MS = 10_000;

/** When one round of a recording is played, and how its readings are dated. Epoch milliseconds. */
export interface ReplayRound {
  /** When the first message is delivered. */
  playFrom: number;
  /** How the first message is dated; one that comes t later in the recording is dated t later. */
  datedFrom: number;
  /** When the last message is delivered. */
  endsAt: number;
  speed: number;
}

/**
 * A round that begins at `playFrom`. At `speed`, L milliseconds of recording take L / speed; the recording's end falls on
 * the moment it is played, so the first message is dated playFrom + L / speed − L. Slower than it was recorded, its beginning
 * falls there, for nothing is dated in the future. Durations stay those of the recording.
 * @param lengthMs from the recording's first message to its last
 */
export function replayRound(playFrom: number, lengthMs: number, speed: number): ReplayRound {
  const endsAt = playFrom + lengthMs / speed;
  return { playFrom, datedFrom: Math.min(playFrom, endsAt - lengthMs), endsAt, speed };
}

/**
 * The next round: not before none of its readings has to be dated before the last one, and whatever was missed meanwhile
 * is not made up for.
 * @param datedUntil how the last reading was dated, epoch milliseconds; what a clock that has been set back since has dated
 * later than now is not waited for
 */
export function nextReplayRound(now: number, lengthMs: number, speed: number, datedUntil: number): ReplayRound {
  const isSetBack = datedUntil > now + LEAP_MS;
  const free = isSetBack ? now : datedUntil + PAUSE_MS + Math.max(0, lengthMs - lengthMs / speed);
  return replayRound(Math.max(now, free), lengthMs, speed);
}

/** Whether a wait ended at quite another time than it was to: the machine slept meanwhile, or its clock was set. */
export function hasLeapt(expected: number, now: number): boolean {
  return Math.abs(now - expected) > LEAP_MS;
}
