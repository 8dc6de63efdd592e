import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import type { Node } from 'node-red';
import type { PictureView } from '../../activities/index.js';
import register from '../../nodes/collect-parameters/collect-parameters.js';
import type { ShownAppliance } from '../../nodes/collect-parameters/dialog.js';
import type { Activity, Reading } from '../../vocabulary/index.js';
import { helper, inNodeRed, listen, Seen } from '../support/node-helper.js';
import { ROOT, until } from '../support/node-red.js';

const ENGLISH = join('nodes', 'collect-parameters', 'locales', 'en-US', 'collect-parameters.json');
const WORDS = JSON.parse(readFileSync(join(ROOT, ENGLISH), 'utf8'))['collect-parameters'].error as Record<
  string,
  string
>;

const NOW = Date.now();
const KETTLE = { id: 'kettle', name: 'Kettle', profile: 'tasmota' };
const FLOW = [
  { id: 'tab', type: 'tab', label: 'test' },
  { id: 'collect', z: 'tab', type: 'collect-parameters', kind: 'kettle', everySeconds: 0, wires: [['out'], []] },
  { id: 'out', z: 'tab', type: 'helper' },
  { id: 'any-error', z: 'tab', type: 'catch', scope: null, uncaught: false, wires: [['caught']] },
  { id: 'caught', z: 'tab', type: 'helper' },
];

/** So many seconds ago. */
function reading(ago: number, power: number): Reading {
  return { appliance: KETTLE, at: new Date(NOW - ago * 1000).toISOString(), parameters: { power } };
}

describe("collect-parameters' picture", () => {
  let server: Server;
  let url: string;
  let out: Seen;

  const house = inNodeRed(() => server.close());
  beforeEach(async () => {
    await deploy();
    server = createServer(helper._httpAdmin);
    url = `${await listen(server)}/kindred/collect-parameters`;
  });

  async function deploy(): Promise<void> {
    await helper.load([register], FLOW);
    out = new Seen('out');
  }

  /** A boil of two minutes that was over ten minutes ago. */
  async function boil(): Promise<Activity> {
    const node: Node = helper.getNode('collect');
    for (let ago = 780; ago > 400; ago -= 5) {
      node.receive({ payload: reading(ago, ago <= 720 && ago > 600 ? 2100 : 0) });
    }
    return until('the boil is over', () => activities().findLast(({ state }) => state === 'finished'));
  }

  const activities = (): Activity[] => out.messages.map(({ payload }) => payload as Activity);

  async function pictures(): Promise<ShownAppliance[]> {
    const response = await fetch(`${url}/collect/pictures`);
    assert.equal(response.headers.get('cache-control'), 'no-store');
    return ((await response.json()) as { pictures: ShownAppliance[] }).pictures;
  }

  async function correct(
    correction: unknown,
    id = 'collect',
    appliance = 'kettle',
  ): Promise<{ status: number; problem?: string }> {
    const response = await fetch(`${url}/${id}/corrections`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ appliance, correction }),
    });
    return { status: response.status, ...((await response.json()) as object) };
  }

  it('shows what was measured and what was recognised in it', async () => {
    const last = await boil();
    const [picture] = await pictures();
    assert.equal(picture?.lines[0]?.parameter, 'power');
    assert.equal(Math.max(...(picture?.lines[0]?.spans ?? []).map(([, , , high]) => high)), 2100);
    assert.deepEqual(
      picture?.runs.map(({ id, state }) => [id, state]),
      [[last.id, 'finished']],
    );
    assert.equal(picture?.correctable, last.id);
    assert.deepEqual(picture?.corrections, []);
  });

  it('says what it goes by, and what was taught', async () => {
    const last = await boil();
    const why = async () => (await pictures())[0]?.why;
    const { levels, facts, sights } = (await why()) as NonNullable<ShownAppliance['why']>;
    assert.deepEqual(levels[0], { parameter: 'power', value: 2100, name: 'full-power' });
    assert.ok(facts.some(({ name, values }) => name === 'reports' && Number(values.seconds) > 2));
    const [boiled] = sights;
    assert.deepEqual([sights.length, boiled?.name, boiled?.from], [1, 'run', Date.parse(last.startedAt)]);
    await correct({ what: 'none', id: last.id });
    // A boil of two minutes may have been a descaling: it is believed the second time.
    assert.ok((await why())?.facts.some(({ name }) => name === 'taught-none-once'));
    await correct({ what: 'undo' });
    assert.ok(!(await why())?.facts.some(({ name }) => name.startsWith('taught-none')));
  });

  it('is there again after a restart', async () => {
    await boil();
    const before = await pictures();
    await helper.unload();
    await deploy();
    await until('it is back', async () => (await pictures()).length === 1);
    assert.deepEqual(await pictures(), before);
  });

  it('takes what was none back, tells it on, and undoes that', async () => {
    const last = await boil();
    assert.deepEqual(await correct({ what: 'none', id: last.id }), { status: 200 });
    assert.deepEqual([activities().at(-1)?.id, activities().at(-1)?.state], [last.id, 'discarded']);
    const [picture] = await pictures();
    assert.deepEqual([picture?.runs[0]?.state, picture?.correctable], ['discarded', undefined]);
    assert.deepEqual(
      picture?.corrections.map(({ number, what, activity, taught }) => [number, what, activity, taught?.[0]?.name]),
      [[1, 'none', 'tea', 'taught-none-once']],
    );
    assert.deepEqual(await correct({ what: 'undo' }), { status: 200 });
    assert.equal(activities().at(-1)?.state, 'finished');
    assert.equal(activities().at(-1)?.revision, last.revision + 2);
  });

  it('takes other times, and one that was missed, by message as well', async () => {
    const last = await boil();
    const iso = (ago: number): string => new Date(NOW - ago * 1000).toISOString();
    const times = { what: 'times', id: last.id, startedAt: iso(700), endedAt: iso(650) };
    helper.getNode('collect').receive({ payload: { correction: times } });
    const moved = await until('it is told', () => activities().find(({ seconds }) => seconds === 50));
    assert.equal(moved.id, last.id);
    const missed = { what: 'missed', startedAt: NOW - 560_000, endedAt: NOW - 500_000 };
    assert.deepEqual(await correct(missed), { status: 200 });
    assert.equal(activities().at(-1)?.seconds, 60);
    assert.notEqual(activities().at(-1)?.id, last.id);
  });

  it('lists what was corrected, undoes an older one, and says where nothing could be learned', async () => {
    const last = await boil();
    const iso = (ago: number): string => new Date(NOW - ago * 1000).toISOString();
    assert.equal((await correct({ what: 'activity', id: last.id, activity: 'soup' })).status, 200);
    assert.deepEqual([activities().at(-1)?.activity, activities().at(-1)?.category], ['soup', 'food-and-beverage']);
    await correct({ what: 'times', id: last.id, startedAt: iso(700), endedAt: iso(650) });
    await correct({ what: 'missed', startedAt: iso(560), endedAt: iso(500) });
    const listed = async () => (await pictures())[0]?.corrections ?? [];
    assert.deepEqual(
      (await listed()).map(({ number, what, activity, before }) => [number, what, activity, before]),
      [
        [3, 'missed', 'tea', undefined],
        [2, 'times', 'soup', undefined],
        [1, 'activity', 'soup', 'tea'],
      ],
    );
    assert.deepEqual((await listed()).at(-1)?.taught, []);
    assert.equal((await correct({ what: 'undo', number: 2 })).status, 200);
    assert.deepEqual([activities().at(-1)?.id, activities().at(-1)?.activity], [last.id, 'soup']);
    assert.equal(activities().at(-1)?.seconds, last.seconds);
    await helper.unload();
    await deploy();
    await until('it is back', async () => (await listed()).length === 2);
    assert.equal((await correct({ what: 'undo', number: 1 })).status, 200);
    const again = await until('it is told', () => activities().at(-1));
    assert.deepEqual([again.id, again.activity], [last.id, 'tea']);
    assert.equal((await correct({ what: 'undo', number: 1 })).problem, 'collect-parameters.error.undone-already');
  });

  it('says what cannot be done', async () => {
    await boil();
    const caught = new Seen('caught');
    assert.equal((await correct({ what: 'none', id: 'another' })).problem, 'collect-parameters.error.unknown-id');
    assert.equal((await correct({ what: 'undo' })).problem, 'collect-parameters.error.nothing-to-undo');
    const span = { startedAt: NOW - 560_000, endedAt: NOW - 500_000 };
    for (const [wrong, problem] of [
      [null, 'correction'],
      ['none', 'correction'],
      [{}, 'correction'],
      [{ what: 'none' }, 'correction-id'],
      [{ what: 'times', ...span }, 'correction-id'],
      [{ what: 'activity', id: 7, activity: 'tea' }, 'correction-id'],
      [{ what: 'times', id: 'a', startedAt: 'yesterday' }, 'correction-times'],
      [{ what: 'missed', startedAt: 'soon', endedAt: 5 }, 'correction-times'],
      [{ what: 'missed', startedAt: span.startedAt / 1000, endedAt: span.endedAt / 1000 }, 'correction-seconds'],
      [{ what: 'none', id: 'a', action: 'sip', startedAt: span.startedAt / 1000 }, 'correction-seconds'],
      [{ what: 'missed', ...span, action: 'jump' }, 'correction-action'],
      [{ what: 'none', id: 'a', action: 'jump' }, 'correction-action'],
      [{ what: 'none', id: 'a', action: 'sip', startedAt: '?' }, 'correction-action-time'],
      [{ what: 'undo', number: '1' }, 'correction-number'],
      [{ what: 'activity', id: 'a', activity: 'Soup!' }, 'correction-activity'],
    ] as const) {
      assert.deepEqual(await correct(wrong), { status: 422, problem: `collect-parameters.error.${problem}` });
      assert.ok(WORDS[problem], `there are words for ${problem}`);
    }
    const missed = { what: 'missed', startedAt: NOW - 560_000, endedAt: NOW - 500_000 };
    assert.equal((await correct(missed, 'collect', 'gone')).problem, 'collect-parameters.error.no-appliance');
    assert.equal((await correct({ what: 'undo' }, 'out')).status, 404);
    assert.equal((await fetch(`${url}/nobody/pictures`)).status, 404);
    helper.getNode('collect').receive({ payload: { correction: { what: 'everything' } } });
    await caught.atLeast(1);
  });

  it('is found from within a subflow where that has one instance; of several there is none', async () => {
    const place = { x: 1, y: 1 };
    const sub = { id: 'sub', type: 'subflow', name: 'sub', in: [{ ...place, wires: [{ id: 'collect' }] }], out: [] };
    const instance = (id: string) => ({ id, z: 'tab', type: 'subflow:sub', ...place, wires: [] });
    const moved = (node: object) => ({ ...node, ...place, z: 'sub', wires: [[], []] });
    const nodes = FLOW.map((node) => (node.id === 'collect' ? moved(node) : node));
    const within = [...nodes, sub, instance('one')];
    await helper.setFlows(within, 'full');
    for (const ago of [20, 10]) helper.getNode('one').receive({ payload: reading(ago, 5) });
    await until('it is seen', async () => (await pictures()).length === 1);
    assert.equal((await correct({ what: 'undo' })).problem, 'collect-parameters.error.nothing-to-undo');
    await helper.setFlows([...within, instance('two')], 'full');
    const several = { status: 409, problem: 'collect-parameters.error.several-instances' };
    assert.deepEqual(await correct({ what: 'undo' }), several);
    await helper.setFlows(within, 'full');
    await until('it is back', async () => (await pictures()).length === 1);
  });

  it('goes without what was saved when that cannot be read', async () => {
    await boil();
    await helper.unload();
    const file = join(house.dir, 'kindred', 'picture-collect.json');
    const good = readFileSync(file, 'utf8');
    const odd = [
      (picture: PictureView) => Object.assign(picture, { appliance: undefined }),
      ({ lines }: PictureView) => Object.assign(lines[0] as object, { spans: 5 }),
      ({ lines }: PictureView) => Object.assign(lines[0] as object, { spans: [5] }),
      (picture: PictureView) => Object.assign(picture, { runs: [null] }),
    ];
    for (const change of odd) {
      const saved = JSON.parse(good);
      change(saved.pictures[0]);
      writeFileSync(file, JSON.stringify(saved));
      await deploy();
      helper.getNode('collect').receive({ payload: reading(1, 0) });
      await until('it is seen', async () => (await pictures()).length === 1);
      await helper.unload();
    }
  });
});
