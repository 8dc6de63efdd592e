import { setTimeout as wait } from 'node:timers/promises';
import { Connections } from './connections.js';
import type { Day, Doing, Due } from './day.js';
import { Histogram } from './histogram.js';
import { requestOf } from './hubs.js';
import { type CityEndpoint, diskOf, machineCpu } from './processes.js';
import { openStreams } from './streams.js';
import type { FastClock } from './virtual.js';

/** The share of the time in which programs become warm, and nothing is counted. */
const WARM_UP = 0.1;

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
  /** Cores in use on average. */
  cores: { endpoint: number; generator: number; others: number };
  /** Each kind of answer that was no success, or of request that was not answered. */
  errors: Record<string, number>;
  /** Activities begun that were answered with success, from the very start. */
  acknowledged: number;
}

interface Playing {
  endpoint: CityEndpoint;
  store: string;
  day: Day;
  streams: number;
  connections: number;
  clock: FastClock;
  /** For so many real seconds. */
  seconds: number;
}

/** Plays some hours against an endpoint, and measures. */
export async function play(playing: Playing): Promise<Figures> {
  const { endpoint, day, streams, clock, seconds } = playing;
  const kinds = { publishes: new Histogram(), searches: new Histogram(), pushes: new Histogram() };
  const late = new Histogram();
  const errors: Record<string, number> = {};
  /** When the publish was due that began what somebody does, by user and activity. */
  const begun = new Map<string, number>();
  let counting = false;
  let acknowledged = 0;
  const problem = (what: string): void => {
    errors[what] = (errors[what] ?? 0) + 1;
  };
  const closeStreams = await openStreams(
    endpoint.port,
    streams,
    (to, of, activity) => {
      // It is told by whichever of the two came later.
      const cause = Math.max(begun.get(`${to} ${activity}`) ?? 0, begun.get(`${of} ${activity}`) ?? 0);
      if (counting && cause > 0) kinds.pushes.add(Date.now() - cause);
    },
    problem,
  );
  const connections = new Connections(endpoint.port, playing.connections);
  let sending = 0;
  const send = (due: Due): void => {
    const { kind, doing } = due;
    const dueAt = clock.realOf(due.at);
    if (kind === 'start') begun.set(keyOf(doing), dueAt);
    if (kind === 'finish') begun.delete(keyOf(doing));
    if (counting) late.add(Date.now() - dueAt);
    sending++;
    const answered = (status: number | string): void => {
      sending--;
      const isGood = status === 200 || status === 201;
      if (!isGood) problem(`${kind === 'search' ? 'search' : 'publish'}: ${status}`);
      else if (counting) kinds[kind === 'search' ? 'searches' : 'publishes'].add(Date.now() - dueAt);
      if (isGood && kind === 'start') acknowledged++;
    };
    connections.send({ text: requestOf(due), answered });
  };

  const usage = usageOf(endpoint, playing.store);
  let before = usage();
  const most = { waiting: 0, goingOn: 0 };
  const [countFrom, end] = [Date.now() + seconds * WARM_UP * 1000, Date.now() + seconds * 1000];
  let countedFrom = 0;
  while (Date.now() < end) {
    if (!counting && Date.now() >= countFrom) {
      counting = true;
      before = usage();
      countedFrom = Date.now();
    }
    const now = clock.at(Date.now());
    for (let due = day.next(now); due; due = day.next(now)) send(due);
    most.waiting = Math.max(most.waiting, connections.waiting);
    most.goingOn = Math.max(most.goingOn, day.goesOn.length);
    await wait(1);
  }
  const after = usage();
  const measuredSeconds = (Date.now() - countedFrom) / 1000;
  counting = false;
  connections.giveUpWaiting();
  for (let waited = 0; sending > 0 && waited < 35_000; waited += 50) await wait(50);
  closeStreams();
  connections.close();
  const summary = (histogram: Histogram) => ({
    perSecond: histogram.count / measuredSeconds,
    ...{ p50Ms: histogram.at(0.5), p99Ms: histogram.at(0.99), mostMs: histogram.most, count: histogram.count },
  });
  const cores = (name: 'endpoint' | 'generator' | 'machine') => (after[name] - before[name]) / measuredSeconds;
  return {
    measuredSeconds,
    publishes: summary(kinds.publishes),
    searches: summary(kinds.searches),
    pushes: summary(kinds.pushes),
    generatorLateP99Ms: late.at(0.99),
    ...{ mostWaiting: most.waiting, mostGoingOn: most.goingOn },
    memoryMb: { begin: before.memory, end: after.memory, most: endpoint.memory().most },
    diskMb: { begin: before.disk, end: after.disk },
    cores: {
      endpoint: cores('endpoint'),
      generator: cores('generator'),
      others: Math.max(0, cores('machine') - cores('endpoint') - cores('generator')),
    },
    errors,
    acknowledged,
  };
}

function keyOf({ user, activity }: Doing): string {
  return `${user} ${activity}`;
}

function usageOf(endpoint: CityEndpoint, store: string) {
  return () => {
    const { user, system } = process.cpuUsage();
    return {
      endpoint: endpoint.cpu(),
      generator: (user + system) / 1e6,
      machine: machineCpu(),
      memory: endpoint.memory().now,
      disk: store.startsWith('sqlite:') ? diskOf(store) : Number.NaN,
    };
  };
}
