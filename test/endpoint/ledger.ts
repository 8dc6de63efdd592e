import { Agent, request } from 'node:http';
import { KindredClient } from '../../matching/client/index.js';
import { newId } from '../../vocabulary/index.js';
import { joinAs } from './support.js';

interface Task {
  id: string;
  user: number;
  revision: number;
  startedAt: string;
}

/** What a ledger found when it looked. */
export interface Balance {
  acknowledged: number;
  /** Acknowledged, and not there, or there in an older revision only. */
  lost: string[];
  /** There twice. */
  doubled: string[];
  /** There, and never sent. */
  invented: string[];
}

/**
 * Hubs of a few people that keep account of what an endpoint acknowledged: they begin activities and end them, and send again,
 * as a hub's outbox does, whatever was not answered with success.
 */
export class Ledger {
  readonly tokens: string[] = [];
  /** The newest revision of each activity that was answered with success. */
  readonly acknowledged = new Map<string, number>();
  /** How often each HTTP status was answered; 0 where there was no answer. */
  readonly statuses = new Map<number, number>();
  readonly #sent = new Set<string>();
  readonly #outbox: Task[] = [];
  readonly #repeated = new Set<string>();

  async join(url: string, users: number): Promise<void> {
    for (let count = 0; count < users; count++) {
      const { token } = await joinAs(url, `User ${count}`, { discoverable: count % 4 === 0 });
      this.tokens.push(token);
    }
  }

  /**
   * Sends over so many connections at once until `enough`. A connection that gets no success waits a moment, as hubs do.
   * @param url where to, or whoever says so for each request
   */
  async load(url: string | (() => string), enough: () => boolean, connections = 32): Promise<void> {
    const next = typeof url === 'string' ? () => url : url;
    const agent = new Agent({ keepAlive: true });
    const drive = async (): Promise<void> => {
      while (!enough()) {
        const task = this.#outbox.shift() ?? this.#begin();
        const status = await put(agent, next(), this.tokens[task.user] as string, task).catch(() => 0);
        this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
        if (status === 200 || status === 201) this.#acknowledge(task);
        else {
          this.#outbox.push(task);
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
      }
    };
    await Promise.all(Array.from({ length: connections }, drive));
    agent.destroy();
  }

  /** Compares with what the endpoint has now. @param expected what must be there; everything acknowledged when missing */
  async balance(url: string, expected: ReadonlyMap<string, number> = this.acknowledged): Promise<Balance> {
    const there = new Map<string, number>();
    const doubled: string[] = [];
    for (const token of this.tokens) {
      const { activities } = await new KindredClient({ url, token, timeoutMs: 60_000 }).exportMe();
      for (const { id, revision } of activities) {
        if (there.has(id)) doubled.push(id);
        there.set(id, revision);
      }
    }
    return {
      acknowledged: expected.size,
      lost: [...expected].filter(([id, revision]) => (there.get(id) ?? 0) < revision).map(([id]) => id),
      doubled,
      invented: [...there.keys()].filter((id) => !this.#sent.has(id)),
    };
  }

  #begin(): Task {
    const user = this.#sent.size % this.tokens.length;
    const task = { id: newId(), user, revision: 1, startedAt: new Date().toISOString() };
    this.#sent.add(task.id);
    return task;
  }

  #acknowledge(task: Task): void {
    this.acknowledged.set(task.id, Math.max(task.revision, this.acknowledged.get(task.id) ?? 0));
    if (task.revision > 1 || this.#repeated.has(task.id)) return;
    // Every second activity is ended, and every fourth beginning is sent again, as if its answer had been lost.
    const number = this.acknowledged.size % 4;
    if (number % 2 === 0) this.#outbox.push({ ...task, revision: 2 });
    else if (number === 1) {
      this.#repeated.add(task.id);
      this.#outbox.push(task);
    }
  }
}

function put(agent: Agent, url: string, token: string, { id, revision, startedAt }: Task): Promise<number> {
  const state = revision === 1 ? 'started' : 'finished';
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const outgoing = request(`${url}/v1/activities/${id}`, { method: 'PUT', agent, headers }, (response) => {
      response.on('error', reject).on('end', () => resolve(response.statusCode ?? 0));
      response.resume();
    });
    outgoing.setTimeout(30_000, () => outgoing.destroy(new Error('no answer')));
    outgoing.on('error', reject);
    outgoing.end(JSON.stringify({ revision, activity: 'coffee', state, startedAt }));
  });
}
