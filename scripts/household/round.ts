import { type ReplayRound, replayRound } from '../../appliances/index.js';

/** Between what the last session gave and the first round of this one, as readings are dated. */
const PAUSE_MS = 5000;

/**
 * The first round of a session, which begins at once. When the last session ended a moment ago it is played slower than
 * wished for, so that no reading is dated before one that was given already.
 * @param datedUntil how the last reading of an earlier session was dated
 */
export function firstRound(now: number, lengthMs: number, speed: number, datedUntil = 0): ReplayRound {
  const room = now - datedUntil - PAUSE_MS;
  const fastest = room >= lengthMs ? speed : Math.max(1, lengthMs / (lengthMs - Math.max(0, room)));
  return replayRound(now, lengthMs, Math.min(speed, fastest));
}

/** For a person: how fast a round is played where that is slower than wished for; empty where it is not. */
export function slowerInWords(speed: number, wished: number): string {
  if (speed >= wished) return '';
  const times = speed.toFixed(1);
  const pace = times === '1.0' ? 'as slowly as it really did' : `at only ${times}×`;
  return `, this once ${pace}, to follow what was played before`;
}
