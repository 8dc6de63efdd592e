import { setTimeout as wait } from 'node:timers/promises';
import { Connections } from './connections.js';
import type { Day, Due } from './day.js';
import { type HourFigures, Hours } from './hours.js';
import { requestOf } from './hubs.js';
import type { CityEndpoint } from './processes.js';
import { openStreams } from './streams.js';
import { Tally } from './tally.js';
import { type Cores, coresBetween, type Usage, usageOf } from './usage.js';
import type { FastClock } from './virtual.js';

/** The share of the time in which programs become warm, and nothing is counted; at most so many seconds. */
const WARM_UP = 0.1;
const MOST_WARM_UP = 60;

export interface Figures {
  measuredSeconds: number;
  publishes: { perSecond: number; p50Ms: number; p99Ms: number; mostMs: number; count: number };
  searches: { perSecond: number; p50Ms: number; p99Ms: number; mostMs: number; count: number };
  /** From the moment one side's publish was due until the other side was told. */
  pushes: { perSecond: number; p50Ms: number; p99Ms: number; mostMs: number; count: number };
  /** How late the generator itself was, which is in all the times above. */
  generatorLateP99Ms: number;
  /** Requests due that waited for a connection, at most. */
  mostWaiting: number;
  mostGoingOn: number;
  memoryMb: { begin: number; end: number; most: number };
  diskMb: { begin: number; end: number };
  cores: Cores;
  /** Each kind of answer that was no success, or of request that was not answered. */
  errors: Record<string, number>;
  /** Activities of which some state was answered with success, from the very start. */
  acknowledged: number;
  /** All of it, also what came while programs became warm, hour by hour. */
  hours: HourFigures[];
}

interface Playing {
  endpoint: CityEndpoint;
  store: string;
  day: Day;
  streams: number;
  connections: number;
  clock: FastClock;
  /** The hour of the day it is when the clock begins. */
  from: number;
  /** For so many real seconds. */
  seconds: number;
}

/** Plays some hours against an endpoint, and measures. */
export async function play(playing: Playing): Promise<Figures> {
  const { endpoint, day, clock, seconds } = playing;
  const tally = new Tally();
  const closeStreams = await openStreams(
    endpoint.port,
    playing.streams,
    (to, of, activity) => tally.told(to, of, activity),
    (what) => tally.problem(what),
  );
  const connections = new Connections(endpoint.port, playing.connections);
  await wait(Math.max(0, clock.start - Date.now()));
  const usage = usageOf(endpoint, playing.store);
  const hours = new Hours(clock.base, playing.from, usage);
  let sending = 0;
  const send = (due: Due): void => {
    const dueAt = clock.realOf(due.at);
    tally.sent(due, dueAt);
    sending++;
    const answered = (status: number | string): void => {
      sending--;
      const isGood = tally.answered(due, dueAt, status);
      hours.answered(due, Date.now() - dueAt, isGood);
    };
    connections.send({ text: requestOf(due), answered });
  };

  let before = usage();
  const most = { mostWaiting: 0, mostGoingOn: 0 };
  const countFrom = clock.start + Math.min(seconds * WARM_UP, MOST_WARM_UP) * 1000;
  for (let real = Date.now(); real < clock.start + seconds * 1000; real = Date.now()) {
    if (!tally.isCounting && real >= countFrom) {
      before = usage();
      tally.begin();
    }
    const now = clock.at(real);
    for (let due = day.next(now); due; due = day.next(now)) send(due);
    most.mostWaiting = Math.max(most.mostWaiting, connections.waiting);
    most.mostGoingOn = Math.max(most.mostGoingOn, day.goesOn.length);
    hours.pass(now, day.goesOn.length);
    await wait(1);
  }
  const after = usage();
  tally.end();
  hours.end();
  connections.giveUpWaiting();
  for (let waited = 0; sending > 0 && waited < 35_000; waited += 50) await wait(50);
  closeStreams();
  connections.close();
  const counted = tally.figures();
  const used = usedBetween(before, after, counted.measuredSeconds, endpoint.memory().most);
  return { ...counted, ...most, ...used, hours: hours.figures() };
}

function usedBetween(before: Usage, after: Usage, seconds: number, mostMemory: number) {
  return {
    memoryMb: { begin: before.memory, end: after.memory, most: mostMemory },
    diskMb: { begin: before.disk, end: after.disk },
    cores: coresBetween(before, after, seconds),
  };
}
