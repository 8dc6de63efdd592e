import { connect, type Socket } from 'node:net';
import { ACTIVITIES, newId } from '../../vocabulary/index.js';
import { NAMES, random, tokenOf, zipf } from './endpoint-people.js';

/** What the load client is asked to do. Runs in a process of its own, on a core of its own. */
export type LoadTask =
  | { what: 'publish'; port: number; prefix: string; users: number; connections: number; seconds: number }
  | { what: 'streams'; port: number; count: number; users: number };

export interface LoadReport {
  perSecond: number;
  p50: number;
  p99: number;
}

/** Activities that go on at a time, before as many end as begin. */
const GOING_ON = 3000;

const chance = random(7);
const activityName = zipf(NAMES, chance);

interface Begun {
  id: string;
  user: number;
  activity: (typeof NAMES)[number];
  startedAt: string;
}

/** Activities as hubs tell them: begun by one user after the other, and ended in no particular order. */
class Hubs {
  readonly #begun: Begun[] = [];
  readonly #headers: string[];
  #user = 0;

  constructor(
    private readonly prefix: string,
    private readonly users: number,
  ) {
    this.#headers = Array.from({ length: users }, (_, index) => `authorization: Bearer ${tokenOf(index)}\r\n`);
  }

  next(): string {
    if (this.#begun.length >= GOING_ON && chance() < 0.5) return this.#finish();
    const begun: Begun = {
      id: newId(),
      user: this.#user++ % this.users,
      activity: activityName(),
      startedAt: new Date(Date.now() - 1000).toISOString(),
    };
    this.#begun.push(begun);
    return this.#request(begun, { revision: 1, state: 'started', power: 1412 });
  }

  #finish(): string {
    const index = Math.floor(chance() * this.#begun.length);
    const begun = this.#begun[index] as Begun;
    this.#begun[index] = this.#begun.at(-1) as Begun;
    this.#begun.pop();
    return this.#request(begun, { revision: 2, state: 'finished', power: 0 });
  }

  #request({ id, user, activity, startedAt }: Begun, { revision, state, power }: Record<string, unknown>): string {
    const now = new Date().toISOString();
    const finished = state === 'finished';
    const body = JSON.stringify({
      ...{ id, revision, activity, category: ACTIVITIES[activity], state, startedAt },
      ...(finished ? { endedAt: now } : {}),
      seconds: 1,
      appliance: { id: 'kitchen-coffee', name: 'Coffee machine', profile: 'shelly-plus-plug-s' },
      place: 'Kitchen',
      parameters: { power: { last: power, min: 0, max: 1412, mean: 655 }, energy: { total: 0.0588 } },
      // One in four is told by a cup that knows when it is raised.
      actions: finished && chance() < 0.25 ? [{ action: 'raise-cup', startedAt, endedAt: now }] : [],
    });
    return (
      `PUT ${this.prefix}/v1/activities/${id} HTTP/1.1\r\nhost: 127.0.0.1\r\n${this.#headers[user]}` +
      `content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`
    );
  }
}

/** Reads one answer after the other off a connection. @throws Error when one is no success */
class Answers {
  #text = '';
  #missing = -1;

  /** Whether an answer is complete now. */
  take(chunk: string): boolean {
    this.#text += chunk;
    if (this.#missing < 0) {
      const end = this.#text.indexOf('\r\n\r\n');
      if (end < 0) return false;
      if (!this.#text.startsWith('HTTP/1.1 20')) throw new Error(`the server answered ${this.#text.slice(0, 400)}`);
      const at = this.#text.toLowerCase().indexOf('content-length: ');
      this.#missing = end + 4 + Number.parseInt(this.#text.slice(at + 16, at + 24), 10);
    }
    if (this.#text.length < this.#missing) return false;
    this.#text = '';
    this.#missing = -1;
    return true;
  }
}

const hubsOf = new Map<number, Hubs>();

function publish({ port, prefix, users, connections, seconds }: LoadTask & { what: 'publish' }): Promise<LoadReport> {
  const hubs = hubsOf.get(port) ?? new Hubs(prefix, users);
  hubsOf.set(port, hubs);
  const begin = performance.now();
  const waits: number[] = [];
  const drive = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const socket: Socket = connect(port, '127.0.0.1').setNoDelay().setEncoding('latin1');
      const answers = new Answers();
      let sent = 0;
      const send = (): void => {
        sent = performance.now();
        socket.write(hubs.next(), 'latin1');
      };
      socket.on('connect', send).on('error', reject).on('close', resolve);
      socket.on('data', (chunk: string) => {
        try {
          if (!answers.take(chunk)) return;
        } catch (error) {
          reject(error as Error);
          socket.destroy();
          return;
        }
        const now = performance.now();
        waits.push(now - sent);
        if (now - begin < seconds * 1000) send();
        else socket.destroy();
      });
    });
  return Promise.all(Array.from({ length: connections }, drive)).then(() => {
    const perSecond = (waits.length * 1000) / (performance.now() - begin);
    waits.sort((a, b) => a - b);
    const at = (share: number): number => waits[Math.floor(share * (waits.length - 1))] ?? Number.NaN;
    return { perSecond, p50: at(0.5), p99: at(0.99) };
  });
}

/** Opens streams of events and keeps them open, four for each user. */
async function openStreams({ port, count, users }: LoadTask & { what: 'streams' }): Promise<LoadReport> {
  const begin = performance.now();
  let next = 0;
  const one = async (): Promise<void> => {
    while (next < count) {
      const token = tokenOf(Math.floor(next++ / 4) % users);
      await new Promise<void>((resolve, reject) => {
        const socket = connect(port, '127.0.0.1').setEncoding('latin1').on('error', reject);
        let text = '';
        socket.on('data', (chunk: string) => {
          if (text.includes('retry:')) return;
          text += chunk;
          if (!text.startsWith('HTTP/1.1 200')) reject(new Error(`the server answered ${text.slice(0, 200)}`));
          if (text.includes('retry:')) resolve();
        });
        socket.write(`GET /v1/events HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer ${token}\r\n\r\n`);
      });
    }
  };
  await Promise.all(Array.from({ length: 32 }, one));
  return { perSecond: (count * 1000) / (performance.now() - begin), p50: Number.NaN, p99: Number.NaN };
}

process.on('message', (task: LoadTask) => {
  (task.what === 'publish' ? publish(task) : openStreams(task)).then(
    (report) => process.send?.({ report }),
    (error: Error) => process.send?.({ problem: error.message }),
  );
});
process.on('disconnect', () => process.exit());
