import { readFile, writeFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { connectAsync, type MqttClient } from 'mqtt';
import { hasLeapt, nextReplayRound, type ReplayRound } from '../../appliances/index.js';
import { firstRound } from './round.js';
import type { Tape } from './tapes.js';

interface PlayerOptions {
  /** MQTT broker. */
  url: string;
  speed: number;
  /** Keeps how the last reading was dated, so that the next session goes on after it. */
  file: string;
  signal: AbortSignal;
  /** A round of a tape, named by its place, begins; called before its first message. */
  onRound?(round: ReplayRound, tape: number): void;
}

/** One after the other and again from the start, until the signal is aborted. Never rejects for that. */
export async function play(tapes: readonly Tape[], options: PlayerOptions): Promise<void> {
  const client = await connectAsync(options.url, { reconnectPeriod: 1000 });
  // Without a listener a lost broker would end the process; the client comes back by itself.
  client.on('error', () => {});
  try {
    await playAll(tapes, client, options);
  } catch (error) {
    if (!options.signal.aborted) throw error;
  } finally {
    await client.endAsync(true);
  }
}

async function playAll(tapes: readonly Tape[], client: MqttClient, options: PlayerOptions): Promise<void> {
  const { speed, file, signal, onRound } = options;
  for (const { topic, payload } of tapes.flatMap(({ announced }) => announced)) {
    await client.publishAsync(topic, payload, { qos: 1, retain: true });
  }
  const datedUntil = await lastDated(file);
  for (let turn = 0; ; turn++) {
    for (const [index, tape] of tapes.entries()) {
      const { lengthMs } = tape;
      const until = datedUntil.get(index) ?? 0;
      const plan = turn === 0 ? firstRound : nextReplayRound;
      const round = plan(Date.now(), lengthMs, speed, until);
      onRound?.(round, index);
      await playRound(tape, round, client, signal, async (dated) => {
        datedUntil.set(index, dated);
        await writeFile(file, JSON.stringify([...datedUntil]));
      });
    }
  }
}

/** Gives the round up where the machine slept, or its clock was set, as every replay does. */
async function playRound(
  { messages }: Tape,
  { playFrom, datedFrom, speed }: ReplayRound,
  client: MqttClient,
  signal: AbortSignal,
  onPlayed: (dated: number) => Promise<void>,
): Promise<void> {
  for (const { afterMs, topic, payload } of messages) {
    const due = Math.max(Date.now(), playFrom + afterMs / speed);
    await wait(due - Date.now(), undefined, { signal });
    if (hasLeapt(due, Date.now())) return;
    const dated = datedFrom + afterMs;
    await onPlayed(dated);
    await client.publishAsync(topic, payload(new Date(dated)), { qos: 1 });
  }
}

/** How the last reading of each tape was dated in an earlier session. */
async function lastDated(file: string): Promise<Map<number, number>> {
  try {
    return new Map(JSON.parse(await readFile(file, 'utf8')) as [number, number][]);
  } catch {
    // None yet, or not readable: the readings then show by themselves that they are old.
    return new Map();
  }
}
