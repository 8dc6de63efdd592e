import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { Agent, request } from 'node:http';
import { cellToLatLng, getHexagonEdgeLengthAvg, greatCircleDistance, gridDisk, UNITS } from 'h3-js';
import { cellOf, KindredClient } from '../../matching/client/index.js';
import { RADII_KM, WINDOWS } from '../../matching/schema/index.js';
import { type Activity, newId } from '../../vocabulary/index.js';
import { effort } from '../support/effort.js';
import { Random } from '../support/random.js';
import {
  Cleanup,
  coffee,
  joinAs,
  type Member,
  type RunningEndpoint,
  type StoreOpener,
  startEndpoint,
} from './support.js';

const MINUTE = 60_000;
const WEEK = 7 * 86_400_000;
/** On a quarter of an hour. */
const QUARTER = Date.UTC(2026, 10, 22, 8, 30);
const NOW = QUARTER + 47 * MINUTE + 31_000;
type Point = readonly [latitude: number, longitude: number];

/** No store lets strangers learn more than they may. */
export function privacyConformance(name: string, open: StoreOpener): void {
  describe(`what strangers can learn, ${name} store`, learning(open));
}

const learning = (open: StoreOpener) =>
  function (this: Mocha.Suite): void {
    this.timeout(10 * 60_000);
    const cleanup = new Cleanup();
    const random = new Random(20261122);
    let endpoint: RunningEndpoint;
    let agent: Agent;
    beforeEach(async () => {
      endpoint = await startEndpoint(cleanup, {}, open);
      endpoint.setClock(NOW);
      agent = new Agent({ keepAlive: true, maxSockets: 16 });
      cleanup.add(() => agent.destroy());
    });
    afterEach(() => cleanup.run());

    /** Status, headers in order and body, byte for byte; without the time that every answer of HTTP bears. */
    function bytesOf(token: string, path: string, method = 'GET', body?: object): Promise<string> {
      const { hostname, port } = new URL(endpoint.url);
      const text = body ? JSON.stringify(body) : '';
      const headers = {
        authorization: `Bearer ${token}`,
        ...(body ? { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) } : {}),
      };
      return new Promise((resolve, reject) => {
        const outgoing = request({ agent, hostname, port, method, path, headers }, (response) => {
          const { statusCode, rawHeaders } = response;
          const lines = rawHeaders.map((one, at) => (rawHeaders[at - 1]?.toLowerCase() === 'date' ? '' : one));
          let answered = `${statusCode}\n${lines.join('\n')}\n\n`;
          response.setEncoding('utf8').on('data', (chunk) => (answered += chunk));
          response.on('end', () => resolve(answered)).on('error', reject);
        });
        outgoing.on('error', reject).end(text);
      });
    }

    /** A random point of a cell: around its centre until it falls into it. */
    function pointIn(cell: string): Point {
      const [latitude, longitude] = cellToLatLng(cell);
      for (;;) {
        const point = [latitude + (random.next() - 0.5) * 0.12, longitude + (random.next() - 0.5) * 0.18] as const;
        if (cellOf(...point) === cell) return point;
      }
    }

    /** When it begins: what is told later opens no windows. */
    async function tellInTime({ client }: Member, activity: Activity): Promise<void> {
      endpoint.setClock(Date.parse(activity.startedAt));
      await client.publish(activity);
      endpoint.setClock(NOW);
    }

    const ask = (token: string, query: string): Promise<string> =>
      bytesOf(token, `/v1/concurrent-users?activity=coffee&limit=50&${query}`);
    const queries = WINDOWS.flatMap((window) =>
      [0, 2, 17, 40].flatMap((minutes) =>
        [undefined, ...RADII_KM].map((km) => {
          const at = new Date(NOW - minutes * MINUTE).toISOString();
          return `window=${window}&at=${at}${km === undefined ? '' : `&radiusKm=${km}`}`;
        }),
      ),
    );

    it('stays the same, byte for byte, when anybody moves inside their cell or an event inside its minutes', async () => {
      const home = cellOf(48.2082, 16.3738);
      const around = gridDisk(home, 4);
      const eve = await joinAs(endpoint.url, 'Eve', { cell: home });
      const began = new Date(QUARTER).toISOString();
      const [earlier, over] = [QUARTER - 30 * MINUTE, QUARTER - 20 * MINUTE].map((at) => new Date(at).toISOString());
      await tellInTime(eve, coffee({ state: 'finished', startedAt: earlier as string, endedAt: over as string }));
      await tellInTime(eve, coffee({ startedAt: began, actions: [{ action: 'sip', startedAt: began }] }));
      const victims = await Promise.all(
        Array.from({ length: 12 }, async (_, index) => {
          const cell = random.pick(around);
          const member = await joinAs(endpoint.url, `Victim ${index}`, { cell });
          const startMinute = random.between(0, 30);
          return { member, cell, id: newId(), startMinute, endMinute: startMinute + random.between(2, 15) };
        }),
      );
      /** Publishes what is the same to strangers at other seconds, from other places of the same cells. */
      const move = async (revision: number): Promise<void> => {
        const at = (minute: number) => new Date(QUARTER + minute * MINUTE + random.between(1, 59_999)).toISOString();
        for (const { member, cell, id, startMinute, endMinute } of victims) {
          await member.client.updateMe({ cell: cellOf(...pointIn(cell)) });
          const [startedAt, sipped, endedAt] = [at(startMinute), at(startMinute + 1), at(endMinute)];
          const actions = [{ action: 'sip', startedAt: sipped, endedAt: sipped }] as Activity['actions'];
          await member.client.publish(coffee({ id, revision, state: 'finished', startedAt, endedAt, actions }));
        }
        await eve.client.updateMe({ cell: cellOf(...pointIn(home)) });
      };
      const seen = async (): Promise<string[]> => {
        const asked = [...queries, ...queries.map((query) => `${query}&action=sip`)];
        // A place by minutes goes by the real seconds of a crowd of five and more.
        const places = (['count', 'streak'] as const).map((measure) =>
          bytesOf(eve.token, `/v1/ranks?activity=coffee&measure=${measure}`),
        );
        const answers = await Promise.all([...asked.map((query) => ask(eve.token, query)), ...places]);
        return [...answers, await firstOf(eve)];
      };
      await move(1);
      const first = await seen();
      assert.ok(
        first.filter((answer) => answer.includes('Victim')).length > queries.length / 4,
        'nobody is found at all',
      );
      for (let revision = 2; revision <= 12; revision++) {
        await move(revision);
        assert.deepEqual(await seen(), first);
      }
    });

    /** What the stream of events says of everything so far. */
    async function firstOf({ token }: Member): Promise<string> {
      const abort = new AbortController();
      const headers = { authorization: `Bearer ${token}`, 'last-event-id': '0' };
      const response = await fetch(`${endpoint.url}/v1/events`, { headers, signal: abort.signal });
      const reader = response.body?.getReader();
      let text = '';
      while (!text.includes('event: match') || !text.endsWith('\n\n')) {
        text += Buffer.from((await reader?.read())?.value ?? []).toString();
      }
      abort.abort();
      return text;
    }

    it('stays the same when an event moves inside its quarter of an hour, for who asks by quarters', async () => {
      const eve = await joinAs(endpoint.url, 'Eve');
      await tellInTime(eve, coffee({ startedAt: new Date(QUARTER + 2 * MINUTE).toISOString() }));
      const victims = await Promise.all(['A', 'B', 'C', 'D'].map((name) => joinAs(endpoint.url, name)));
      const ids = victims.map(() => newId());
      const answers = new Set<string>();
      for (let revision = 1; revision <= 20; revision++) {
        for (const [index, { client }] of victims.entries()) {
          const start = QUARTER + random.between(0, 14 * MINUTE);
          const [startedAt, endedAt] = [start, start + random.between(0, QUARTER + 15 * MINUTE - start)];
          const times = { startedAt: new Date(startedAt).toISOString(), endedAt: new Date(endedAt).toISOString() };
          await client.publish(coffee({ id: ids[index] as string, revision, state: 'finished', ...times }));
        }
        const at = new Date(QUARTER + 5 * MINUTE).toISOString();
        answers.add(await ask(eve.token, `window=quarter-hour&at=${at}&radiusKm=10`));
      }
      assert.equal(answers.size, 1);
      assert.equal([...answers][0]?.match(/overlapSeconds/g)?.length, 4);
    });

    const equal = effort(10_000, 1000);
    it(`is the same answer to ${equal.count} equal questions${equal.note}`, async () => {
      const eve = await joinAs(endpoint.url, 'Eve');
      await eve.client.publish(coffee({ startedAt: new Date(NOW - 10 * MINUTE).toISOString() }));
      for (let index = 0; index < 20; index++) {
        const { client } = await joinAs(endpoint.url, `Victim ${index}`, {
          cell: random.pick(gridDisk(cellOf(48.2, 16.37), 3)),
        });
        await client.publish(coffee({ startedAt: new Date(NOW - random.between(0, 10 * MINUTE)).toISOString() }));
      }
      const answers = new Set<string>();
      let left = equal.count;
      const worker = async (): Promise<void> => {
        while (left-- > 0) answers.add(await ask(eve.token, 'window=overlap&radiusKm=10'));
      };
      await Promise.all(Array.from({ length: 16 }, worker));
      assert.equal(answers.size, 1);
      assert.match([...answers][0] as string, /Victim/);
    });

    const attack = effort(1000, 150);
    it(`places nobody better than their cell, after ${attack.count} questions from anywhere${attack.note}`, async () => {
      const middle = cellOf(48.2082, 16.3738);
      const homes = gridDisk(middle, 2);
      const side = getHexagonEdgeLengthAvg(6, UNITS.km);
      const victims = await Promise.all(
        Array.from({ length: 30 }, async (_, index) => {
          const point = pointIn(random.pick(homes));
          return { point, member: await joinAs(endpoint.url, `Victim ${index}`, { cell: cellOf(...point) }) };
        }),
      );
      const eve = await joinAs(endpoint.url, 'Eve', { cell: middle });
      // Who attacks knows how the endpoint decides, and keeps every cell that agrees with all of its answers.
      const candidates = new Map(victims.map((_, index) => [`Victim ${index}`, new Set(homes)]));
      const places = gridDisk(middle, 18);
      let questions = 0;
      for (let week = 1; questions < attack.count; week++) {
        const now = NOW + week * WEEK;
        endpoint.setClock(now);
        const from = random.pick(places);
        await eve.client.updateMe({ cell: from });
        const startedAt = new Date(now - 5 * MINUTE).toISOString();
        await Promise.all(
          [eve, ...victims.map(({ member }) => member)].map(({ client }) => client.publish(coffee({ startedAt }))),
        );
        for (const radiusKm of RADII_KM) {
          const { people } = await eve.client.concurrentUsers({
            activity: 'coffee',
            window: 'overlap',
            radiusKm,
            limit: 50,
          });
          questions++;
          ruleOut(
            candidates,
            new Set(people.map(({ user }) => user.name)),
            (cell) => distanceKm(from, cell) <= radiusKm,
          );
        }
      }
      // The attack is as good as one can be: it knows the cell of most.
      const sizes = [...candidates.values()].map(({ size }) => size).toSorted((a, b) => a - b);
      assert.equal(sizes[0], 1, `the true cell must never be ruled out: ${sizes}`);
      assert.ok((sizes[sizes.length >> 1] as number) <= 2, `the attack is too weak to show anything: ${sizes}`);
      const errors = victims.map(({ point }, index) => {
        const centres = [...(candidates.get(`Victim ${index}`) ?? [])].map((cell) => cellToLatLng(cell));
        const mean = [0, 1].map(
          (axis) => centres.reduce((sum, centre) => sum + (centre[axis] as number), 0) / centres.length,
        );
        return greatCircleDistance([...point], mean as [number, number], UNITS.km) / side;
      });
      const median = errors.toSorted((a, b) => a - b)[errors.length >> 1] as number;
      assert.ok(median >= 0.3, `the median error is ${median.toFixed(2)} of a cell's side`);
    });

    it('asks from another cell once in seven days, and not sooner by taking it away or by a new token', async () => {
      const [one, two, three] = gridDisk(cellOf(48.2082, 16.3738), 1) as [string, string, string];
      const eve = await joinAs(endpoint.url, 'Eve', { cell: one });
      const change = (cell: string | null) => bytesOf(eve.token, '/v1/me', 'PATCH', { cell });
      for (const later of [0, 1, WEEK - 1]) {
        endpoint.setClock(NOW + later);
        assert.match(await change(two), /^409\n/);
        assert.match(await change(null), /^200\n/);
        assert.match(await change(two), /^409\n/);
        assert.match(await change(one), /^200\n/);
        eve.token = (await new KindredClient({ url: endpoint.url, token: eve.token }).rotateToken()).token;
      }
      endpoint.setClock(NOW + WEEK);
      assert.match(await change(two), /^200\n/);
      assert.match(await change(three), /^409\n/);
    });

    it('cannot be told from whom they ask to be friends: unknown, blocking, declining, hidden or gone', async () => {
      const names = ['Blocks', 'Declines', 'Hides', 'Left', 'Undecided'];
      const anna = await joinAs(endpoint.url, 'Anna');
      const startedAt = new Date(NOW - MINUTE).toISOString();
      const others = new Map<string, Member>();
      for (const name of names) others.set(name, await joinAs(endpoint.url, name));
      for (const { client } of [anna, ...others.values()]) await client.publish(coffee({ startedAt }));
      const { people } = await anna.client.concurrentUsers({ activity: 'coffee' });
      const seen = (name: string) => people.find(({ user }) => user.name === name);
      const idOf = (name: string) => seen(name)?.user.id as string;
      const of = (name: string) => (others.get(name) as Member).client;
      const annaFor = (await of('Blocks').concurrentUsers({ activity: 'coffee' })).people.find(
        ({ user }) => user.name === 'Anna',
      );
      await anna.client.requestFriend({ userId: idOf('Declines') });
      await of('Declines').declineFriendRequest((await of('Declines').friendRequests()).received[0]?.id as string);
      await anna.client.removeFriend(idOf('Declines'));
      await of('Blocks').block(annaFor?.user.id as string);
      await of('Hides').updateMe({ discoverable: false });
      await of('Left').deleteMe();

      const ids = [...names.map(idOf), randomBytes(16).toString('base64url')];
      const masked = (answer: string): string =>
        ids.reduce((text, id) => text.replaceAll(id, 'ID'), answer).replaceAll(/[0-9a-f-]{36}/g, 'UUID');
      const sets: Record<string, Set<string>> = {};
      const every: [string, (id: string) => [path: string, method: string, body?: object]][] = [
        ['asked', (userId) => ['/v1/friend-requests', 'POST', { userId }]],
        ['asked again', (userId) => ['/v1/friend-requests', 'POST', { userId }]],
        ['taken back', (id) => [`/v1/friends/${id}`, 'DELETE']],
        ['asked once more', (userId) => ['/v1/friend-requests', 'POST', { userId }]],
        ['blocked', (id) => [`/v1/blocks/${id}`, 'PUT']],
        ['unblocked', (id) => [`/v1/blocks/${id}`, 'DELETE']],
        ['asked after that', (userId) => ['/v1/friend-requests', 'POST', { userId }]],
      ];
      for (const [step, callOf] of every) {
        const answers = new Set<string>();
        for (const id of ids) answers.add(masked(await bytesOf(anna.token, ...callOf(id))));
        sets[step] = answers;
      }
      for (const [step, answers] of Object.entries(sets))
        assert.equal(answers.size, 1, `${step}: ${[...answers].join('\n')}`);
      const { sent } = await anna.client.friendRequests();
      assert.equal(new Set(sent.map((one) => masked(JSON.stringify(one)))).size, 1);
      assert.equal(sent.length, ids.length);
    });
  };

/** Rules out the cells in which somebody would have been found and was not, or the other way round. */
function ruleOut(candidates: Map<string, Set<string>>, found: Set<string>, isWithin: (cell: string) => boolean): void {
  for (const [name, cells] of candidates) {
    for (const cell of cells) if (isWithin(cell) !== found.has(name)) cells.delete(cell);
  }
}

const distances = new Map<string, number>();

function distanceKm(a: string, b: string): number {
  const key = `${a} ${b}`;
  const known = distances.get(key) ?? (a === b ? 0 : greatCircleDistance(cellToLatLng(a), cellToLatLng(b), UNITS.km));
  distances.set(key, known);
  return known;
}
