import { replayRound } from '../../appliances/index.js';

/** A round of a recording: when it is played and how its readings are dated. Epoch milliseconds. */
export interface Round {
  playFrom: number;
  datedFrom: number;
  /** Both clocks meet here: the recording's end is played on the moment it is dated. */
  endsAt: number;
  speed: number;
}

/** Between two rounds of the same appliance, on both clocks. */
const PAUSE_MS = 5000;

/**
 * The first round of a session, which begins at once. When the last session ended a moment ago it is played slower than
 * wished for, so that no reading is dated before one that was given already.
 * @param datedUntil how the last reading of an earlier session was dated
 */
export function firstRound(now: number, lengthMs: number, speed: number, datedUntil = 0): Round {
  const room = now - datedUntil - PAUSE_MS;
  const fastest = room >= lengthMs ? speed : Math.max(1, lengthMs / (lengthMs - Math.max(0, room)));
  return roundFrom(now, lengthMs, Math.min(speed, fastest));
}

/** The round after one that ended at `endedAt`: not before none of its readings has to be dated before that. */
export function nextRound(now: number, lengthMs: number, speed: number, endedAt: number): Round {
  return roundFrom(Math.max(now, endedAt + PAUSE_MS + lengthMs - lengthMs / speed), lengthMs, speed);
}

/** For a person: how fast a round is played where that is slower than wished for; empty where it is not. */
export function slowerInWords(speed: number, wished: number): string {
  if (speed >= wished) return '';
  const times = speed.toFixed(1);
  const pace = times === '1.0' ? 'as slowly as it really did' : `at only ${times}×`;
  return `, this once ${pace}, to follow what was played before`;
}

function roundFrom(startedAt: number, lengthMs: number, speed: number): Round {
  const { playFrom, datedFrom } = replayRound(0, { startedAt, lengthMs, speed });
  return { playFrom, datedFrom, endsAt: datedFrom + lengthMs, speed };
}
