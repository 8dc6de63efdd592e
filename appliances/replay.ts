/** At least so much time lies between two rounds, on both clocks; in milliseconds. */
const PAUSE_MS = 1000;

/** When one round of a recording is played, and how its readings are dated. */
export interface ReplayRound {
  /** When the first message is delivered, epoch milliseconds. */
  playFrom: number;
  /** How the first message is dated, epoch milliseconds; one that comes t later in the recording is dated t later. */
  datedFrom: number;
}

/**
 * The times of a round. Played at `speed`, L milliseconds of recording take L / speed; the recording's end falls on the
 * moment it is played, so the first message is dated playFrom + L / speed − L. Durations stay those of the recording,
 * and a round starts late enough that its readings are all later than those of the round before.
 * @param round 0 for the first one
 * @param lengthMs from the recording's first message to its last
 */
export function replayRound(
  round: number,
  { startedAt, lengthMs, speed }: { startedAt: number; lengthMs: number; speed: number },
): ReplayRound {
  const playing = lengthMs / speed;
  const playFrom = startedAt + round * (Math.max(playing, lengthMs) + PAUSE_MS);
  return { playFrom, datedFrom: playFrom + playing - lengthMs };
}
