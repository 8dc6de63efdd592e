import { NOBODY } from '../../rules/friends.js';
import type { Found } from '../../rules/gathering.js';
import type { Statements } from './database.js';
import { type LiveQuery, Reading } from './reading.js';
import { type Asked, type Entry, readEach, readMerged, type Stretch } from './runs.js';

/** Who is there, for a search anywhere or within a radius. */
export async function searchLive(db: Statements, query: LiveQuery): Promise<Found<Entry>> {
  const reading = new Reading(query);
  while (!reading.isDone) {
    const { stretch, page } = reading.next;
    const rows = await readMerged(db, reading.asked, stretch, page);
    reading.take(rows, lastOf(rows, page));
  }
  return reading.found;
}

/** Rows of a topic that all of its searches begin with: enough to know a crowd of those whom a publish may bring. */
const NEWEST = 288;

/**
 * Who is anywhere, for each of many searches. The newest of each topic are read once for all of them, and then all that are
 * not done read their next page together.
 */
export async function searchEach(db: Statements, queries: readonly LiveQuery[]): Promise<Found<Entry>[]> {
  const readings = queries.map((query) => new Reading(query));
  await readNewest(db, readings);
  const areOpen = (): Reading[] => readings.filter(({ isDone }) => !isDone);
  for (let open = areOpen(); open.length > 0; open = areOpen()) {
    const page = Math.max(...open.map(({ next }) => next.page));
    const asked = open.map((reading) => ({ ...reading.asked, ...reading.next.stretch }));
    const rows = await readEach(db, asked, page);
    for (const [at, reading] of open.entries()) {
      const mine = rows[at] as Entry[];
      reading.take(mine, lastOf(mine, page));
    }
  }
  return readings.map(({ found }) => found);
}

async function readNewest(db: Statements, readings: readonly Reading[]): Promise<void> {
  const byTopic = new Map<number, Reading[]>();
  for (const reading of readings) {
    const { topic } = reading.asked;
    byTopic.set(topic, [...(byTopic.get(topic) ?? []), reading]);
  }
  const topics = [...byTopic.values()];
  const rows = await readEach(db, topics.map(widest), NEWEST);
  for (const [at, readings] of topics.entries()) {
    const newest = rows[at] as Entry[];
    for (const reading of readings) if (!reading.isDone) reading.takeNewest(newest, lastOf(newest, NEWEST));
  }
}

/** What all of these ask about. */
function widest(readings: readonly Reading[]): Asked & Stretch {
  const [first] = readings as [Reading];
  const stretches = readings.map(({ next }) => next.stretch);
  const behind = stretches.map((stretch) => stretch.behind).reduce((a, b) => (b.from > a.from ? b : a));
  const until = stretches.map((stretch) => stretch.until).reduce((a, b) => (b.from < a.from ? b : a));
  const since = Math.min(...readings.map(({ asked }) => asked.since));
  return { ...first.asked, since, self: NOBODY, behind, until };
}

/** The last of a page, behind which there may be more. */
function lastOf(rows: readonly Entry[], page: number): Entry | undefined {
  return rows.length < page ? undefined : rows.at(-1);
}
