import type { PublishedActivity } from '../../matching/schema/index.js';
import { tokenOf } from '../rows/endpoint-people.js';
import type { Doing, Due } from './day.js';

const RADIUS_KM = [10, 10, 10, 25];

/** Writes out what a hub sends for something that is due, as its whole HTTP request. */
export function requestOf({ kind, at, doing }: Due): string {
  if (kind === 'search') {
    const radius = RADIUS_KM[doing.user % RADIUS_KM.length];
    return head('GET', `/v1/concurrent-users?activity=${doing.activity}&radiusKm=${radius}&limit=20`, doing.user);
  }
  const body = JSON.stringify(bodyOf(doing, kind === 'finish', at));
  const length = `content-type: application/json\r\ncontent-length: ${body.length}\r\n`;
  return head('PUT', `/v1/activities/${doing.id}`, doing.user, length) + body;
}

function head(method: string, path: string, user: number, more = ''): string {
  return `${method} ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer ${tokenOf(user)}\r\n${more}\r\n`;
}

/** An activity as a hub publishes it: as it begins, or as it ends. */
export function bodyOf({ id, activity, started }: Doing, finished: boolean, at: number): PublishedActivity {
  const startedAt = new Date(started).toISOString();
  const now = new Date(at).toISOString();
  return {
    ...{ id, revision: finished ? 2 : 1, activity, category: 'food-and-beverage' },
    ...{ state: finished ? 'finished' : 'started', startedAt, ...(finished ? { endedAt: now } : {}) },
    seconds: Math.round((at - started) / 1000),
    appliance: { id: 'kitchen-coffee', name: 'Coffee machine', profile: 'shelly-plus-plug-s' },
    place: 'Kitchen',
    parameters: { power: { last: finished ? 0 : 1412, min: 0, max: 1412, mean: 655 }, energy: { total: 0.0588 } },
    actions: [],
  };
}
