import assert from 'node:assert/strict';
import { get, type IncomingMessage } from 'node:http';
import { DatabaseSync } from 'node:sqlite';
import type { Store } from '../../matching/server/store/store.js';
import { newId } from '../../vocabulary/index.js';
import { Cleanup, coffee, joinAs, openFile, startEndpoint, until } from './support.js';

/** 12 MB: no connection holds that much unread. */
const MORE_THAN_IS_UNDER_WAY = 400;

const SHOWN = Date.now() + 60_000;

/** Where the export has what the store keeps of a user; of a cell that was changed lately, it says until when that counts. */
const EXPORTED_AS: Record<string, string> = {
  ...{ id: 'id', name: 'name', discoverable: 'discoverable', shown_since: 'shownSince' },
  ...{ cell: 'cell', last_cell: 'lastCell', cell_set_at: 'cellChangeableFrom', created: 'createdAt' },
};
/** Hashes and keys, and numbers that are counted with: the description of the export names them. */
const NOT_EXPORTED = ['key', 'token_hash', 'relation_key', 'seq', 'asked_on', 'asked'];

describe('export over HTTP', () => {
  const cleanup = new Cleanup();
  afterEach(() => cleanup.run());

  /** A store that notes the size of the largest answer. */
  async function weighed() {
    const opened = await openFile(cleanup);
    const weight = { most: 0 };
    const store = new Proxy(opened.store, {
      get: (target, name: keyof Store) => {
        const value = target[name];
        if (typeof value !== 'function') return value;
        return async (call: never) => {
          const answer = await (value as (call: never) => Promise<unknown>).call(target, call);
          weight.most = Math.max(weight.most, JSON.stringify(answer)?.length ?? 0);
          return answer;
        };
      },
    });
    return { store, weight };
  }

  /** Somebody with so many activities, each nearly as large as it can be. */
  async function withActivities(count: number) {
    const endpoint = await startEndpoint(cleanup, {}, weighed);
    const anna = await joinAs(endpoint.url, 'Anna');
    const at = new Date().toISOString().replace('Z', '000000+00:00');
    const sip = { action: 'sip', startedAt: at, endedAt: at, confidence: 0.1234567890123456 } as const;
    const ids: string[] = [];
    while (ids.length < count) {
      const id = newId();
      ids.push(id);
      await anna.client.publish(coffee({ id, actions: Array(200).fill(sip) }));
    }
    return { ...endpoint, anna, ids };
  }

  const ask = (url: string, token: string): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      get(`${url}/v1/me/export`, { headers: { authorization: `Bearer ${token}` } }, resolve).on('error', reject);
    });

  it('has all that is kept of a user, or says that it has not', async () => {
    const endpoint = await startEndpoint(cleanup, {}, openFile);
    const anna = await joinAs(endpoint.url, 'Anna');
    assert.equal((await anna.client.exportMe()).shownSince, null);
    await anna.client.updateMe({ discoverable: false });
    endpoint.setClock(SHOWN);
    await anna.client.updateMe({ discoverable: true });
    const exported = await anna.client.exportMe();
    assert.equal(exported.shownSince, new Date(SHOWN).toISOString());
    const database = new DatabaseSync(endpoint.file, { readOnly: true });
    const columns = database.prepare("SELECT name FROM pragma_table_info('user')").all();
    database.close();
    const inExport = { ...exported.user, ...exported };
    for (const { name } of columns as { name: string }[]) {
      const told = NOT_EXPORTED.includes(name) || EXPORTED_AS[name];
      assert.ok(told, `${name} is neither exported nor said to be kept`);
      if (typeof told === 'string') assert.ok(told in inExport, `${name} is not exported`);
    }
  });

  it('has everything, the oldest first, and takes it from the store piece by piece', async () => {
    const { anna, ids, weight } = await withActivities(120);
    const gone = ids[60] as string;
    await anna.client.publish(coffee({ id: gone, revision: 2, state: 'discarded' }));
    weight.most = 0;
    const exported = await anna.client.exportMe();
    assert.deepEqual(
      exported.activities.map(({ id }) => id),
      ids,
    );
    assert.equal(exported.activities.find(({ id }) => id === gone)?.state, 'discarded');
    assert.equal(exported.user.name, 'Anna');
    const size = JSON.stringify(exported).length;
    assert.ok(weight.most < size / 2, `${weight.most} of ${size} at once`);
  });

  it('has every match, once, and takes them from the store piece by piece, too', async () => {
    const { url, weight, setClock } = await startEndpoint(cleanup, {}, weighed);
    const [anna, ben] = [await joinAs(url, 'Anna'), await joinAs(url, 'Ben')];
    const now = Date.now();
    const ids: string[] = [];
    for (let hour = 0; hour < 120; hour += 0.5) {
      const at = now + hour * 3_600_000;
      setClock(at);
      const [startedAt, endedAt] = [at - 300_000, at].map((ms) => new Date(ms).toISOString()) as [string, string];
      await ben.client.publish(coffee({ state: 'finished', startedAt, endedAt }));
      const { matches } = await anna.client.publish(coffee({ state: 'finished', startedAt, endedAt }));
      ids.push(...matches.flatMap(({ matchId }) => matchId ?? []));
    }
    weight.most = 0;
    const { matches } = await anna.client.exportMe();
    assert.equal(ids.length, 240);
    assert.deepEqual(
      matches.map(({ person }) => person.matchId),
      ids,
    );
    const size = JSON.stringify(matches).length;
    assert.ok(weight.most < size / 2, `${weight.most} of ${size} at once`);
  });

  it('is written once at a time for each user, and again when it was read or given up', async () => {
    const { url, anna, failures } = await withActivities(MORE_THAN_IS_UNDER_WAY);
    const unread = await ask(url, anna.token);
    assert.equal(unread.statusCode, 200);
    const second = await ask(url, anna.token);
    second.resume();
    assert.deepEqual([second.statusCode, second.headers['retry-after']], [429, '5']);
    unread.destroy();
    await until(async () => {
      const again = await ask(url, anna.token);
      again.resume();
      return again.statusCode === 200;
    });
    assert.deepEqual(failures, []);
  });

  it('ends in the middle when its account does', async () => {
    const { url, anna } = await withActivities(MORE_THAN_IS_UNDER_WAY);
    const exporting = await ask(url, anna.token);
    await anna.client.deleteMe();
    const end = await exporting.toArray().then(
      () => 'whole',
      (error: NodeJS.ErrnoException) => error.code,
    );
    assert.equal(end, 'ECONNRESET');
  });
});
