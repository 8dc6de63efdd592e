import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import fsp from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { mock } from 'node:test';
import type { Node, NodeAPI, NodeMessage } from 'node-red';
import { RECOGNISER_NAMES } from '../../activities/index.js';
import register from '../../nodes/collect-parameters/collect-parameters.js';
import { Collector, MOST_APPLIANCES } from '../../nodes/collect-parameters/collector.js';
import type { SavedState } from '../../nodes/collect-parameters/saved-state.js';
import { settingsOf } from '../../nodes/collect-parameters/settings.js';
import { statusOf } from '../../nodes/collect-parameters/status.js';
import type { Activity, ControlInstruction, ParameterValues, Reading } from '../../vocabulary/index.js';
import { helper, inNodeRed } from '../support/node-helper.js';

const LOCALES = resolve(__dirname, '..', '..', '..', 'nodes', 'collect-parameters', 'locales');
const T0 = Date.UTC(2026, 10, 22, 8, 41);

function reading(seconds: number, parameters: ParameterValues, id = 'plug'): Reading {
  const appliance = { id, name: 'Kettle', profile: 'tasmota' };
  return { appliance, at: new Date(T0 + seconds * 1000).toISOString(), parameters };
}

/** Until it holds; the test's own time limit ends the waiting. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolved) => setTimeout(resolved, 5));
}

describe('collect-parameters', () => {
  let told: NodeMessage[];
  let actions: NodeMessage[];
  let caught: (NodeMessage & { error: { message: string } })[];
  let instructions: unknown[];
  let control: (instruction: ControlInstruction) => Promise<void>;

  const house = inNodeRed();
  beforeEach(() => {
    told = [];
    actions = [];
    caught = [];
    instructions = [];
    control = async (instruction) => {
      instructions.push(instruction);
    };
  });

  /** Stands in for the node that connects to the appliance. */
  function source(RED: NodeAPI): void {
    RED.nodes.registerType('test-source', function (this: Node, def): void {
      RED.nodes.createNode(this, def);
      Object.assign(this, { control: (instruction: ControlInstruction) => control(instruction) });
    });
  }

  async function deploy(config: object = {}, others: object[] = []): Promise<Node> {
    const flow = [
      { id: 'tab', type: 'tab', label: 'test' },
      {
        id: 'this-node',
        z: 'tab',
        type: 'collect-parameters',
        version: 1,
        kind: 'kettle',
        recogniser: 'auto',
        parameters: [],
        everySeconds: 60,
        wires: [['out'], ['acts']],
        ...config,
      },
      { id: 'out', z: 'tab', type: 'helper' },
      { id: 'acts', z: 'tab', type: 'helper' },
      { id: 'any-error', z: 'tab', type: 'catch', scope: null, uncaught: false, wires: [['caught']] },
      { id: 'caught', z: 'tab', type: 'helper' },
      ...others,
    ];
    await helper.load([register, source], flow);
    helper.getNode('out').on('input', (message) => told.push(structuredClone(message)));
    helper.getNode('acts').on('input', (message) => actions.push(message));
    helper.getNode('caught').on('input', (message) => caught.push(message as (typeof caught)[number]));
    return helper.getNode('this-node');
  }

  /** As Node-RED closes a node that was switched off, or whose tab was. */
  const closed = (node: Node): Promise<void> =>
    (node as unknown as { close(removed: boolean): Promise<void> }).close(true);
  const activities = (): Activity[] => told.map(({ payload }) => payload as Activity);
  const course = (): string[] => activities().map(({ revision, state }) => `${revision} ${state}`);
  const stateFile = (): string => join(house.dir, 'kindred', 'collect-this-node.json');
  const saved = (): SavedState => JSON.parse(readFileSync(stateFile(), 'utf8'));

  function feed(node: Node, ...payloads: unknown[]): void {
    for (const payload of payloads) node.receive({ payload });
  }

  /** Power for so long from a moment on, a reading every 5 s. */
  function heats(from: number, to: number, power: number): Reading[] {
    return Array.from({ length: (to - from) / 5 }, (_, index) => reading(from + index * 5, { power }));
  }

  it('recognises a boil from its power, and tells of it once each time', async () => {
    const node = await deploy({ place: 'Kitchen' });
    feed(node, ...heats(0, 30, 0), ...heats(30, 150, 2100), ...heats(150, 300, 0));
    await until(() => course().at(-1)?.endsWith('finished') ?? false);
    assert.equal(course()[0], '1 started');
    const last = activities().at(-1) as Activity;
    assert.equal(told.at(-1)?.topic, 'tea');
    assert.equal(last.activity, 'tea');
    assert.equal(last.category, 'food-and-beverage');
    assert.equal(last.place, 'Kitchen');
    assert.equal(last.startedAt, new Date(T0 + 30_000).toISOString());
    assert.ok(Math.abs(last.seconds - 120) <= 5, `${last.seconds} s`);
    assert.ok(Math.abs((last.parameters.energy?.total ?? 0) - 0.07) < 0.004, `${last.parameters.energy?.total} kWh`);
  });

  it('tells a finish after the redeploy that came while it was being saved', async () => {
    const node = await deploy({ recogniser: 'none' });
    feed(node, 'start');
    await until(() => told.length === 1);
    feed(node, 'stop');
    // The stop is taken in, and its saving is under way.
    await new Promise((resolved) => setImmediate(() => setImmediate(resolved)));
    await helper.unload();
    await deploy({ recogniser: 'none' });
    await until(() => course().includes('2 finished'));
  });

  it('tells once what was received before a redeploy, also right before it', async () => {
    const node = await deploy({ recogniser: 'none' });
    feed(node, 'start', 'stop');
    await until(() => course().includes('2 finished'));
    await new Promise((resolved) => setTimeout(resolved, 700));
    await helper.unload();
    const again = await deploy({ recogniser: 'none' });
    feed(again, 'start');
    await until(() => told.length === 3);
    assert.deepEqual(course(), ['1 started', '2 finished', '1 started']);
  });

  it('goes on after its tab was switched off in the middle, and leaves no file only when it is deleted idle', async () => {
    const node = await deploy({ recogniser: 'none' });
    feed(node, 'start');
    await until(() => told.length === 1);
    await closed(node);
    assert.ok(existsSync(stateFile()), 'something goes on');
    await helper.unload();
    const again = await deploy({ recogniser: 'none' });
    feed(again, 'stop');
    await until(() => course().includes('2 finished'));
    await until(() => saved().outbox.length === 0);
    await closed(again);
    assert.ok(existsSync(stateFile()), 'what its owner taught it is kept for when it is switched on');
    await helper.unload();
    await deploy({ recogniser: 'none' });
    // The helper waits 0.3 s for the deploy and no longer.
    await helper.setFlows([{ id: 'tab', type: 'tab', label: 'test' }], 'nodes').catch(() => {});
    await until(() => !existsSync(stateFile()));
  });

  it('goes on with the same activity after a restart in the middle', async () => {
    feed(await deploy(), ...heats(0, 60, 2100));
    await until(() => told.length > 0);
    const [first] = activities();
    await helper.unload();
    assert.equal(saved().appliances[0]?.open?.id, first?.id);
    feed(await deploy(), ...heats(60, 150, 2100), ...heats(150, 300, 0));
    await until(() => course().at(-1)?.endsWith('finished') ?? false);
    assert.deepEqual([...new Set(activities().map(({ id }) => id))], [first?.id]);
    // What was sent just before may come again, as the same revision.
    const revisions = [...new Set(activities().map(({ revision }) => revision))];
    assert.deepEqual(
      revisions,
      revisions.map((_, index) => index + 1),
    );
    const starts = course().filter((one) => one.endsWith('started'));
    assert.deepEqual([...new Set(starts)], ['1 started']);
  });

  it('sends again what a killed process had saved and perhaps not sent, with the same id and revision', async () => {
    feed(await deploy({ recogniser: 'none' }), 'start');
    await until(() => told.length > 0);
    const [first] = activities();
    await helper.unload();
    const state = saved();
    writeFileSync(stateFile(), JSON.stringify({ ...state, outbox: [{ type: 'activity', activity: first }] }));
    told = [];
    await deploy({ recogniser: 'none' });
    await until(() => told.length > 0);
    assert.deepEqual(activities(), [first]);
    await new Promise((resolved) => setTimeout(resolved, 600));
    await helper.unload();
    assert.equal(saved().outbox.length, 0);
  });

  it('tells what was held as soon as it may, also between two ticks', async function () {
    this.timeout(10_000);
    const every = mock.method(globalThis, 'setInterval', (task: () => void) => setTimeout(task, 3_600_000));
    try {
      feed(await deploy({ recogniser: 'none' }), 'start');
      await until(() => told.length > 0);
      assert.equal(course()[0], '1 started');
    } finally {
      every.mock.restore();
    }
  });

  it('tells nothing as Node-RED starts until a node for MQTT behind has had time to connect', async () => {
    house.reconnectsIn(60_000);
    feed(await deploy({ recogniser: 'none' }), 'start');
    await until(() => existsSync(stateFile()) && saved().outbox.length === 1);
    // Longer than after a Deploy.
    await new Promise((resolve) => setTimeout(resolve, 1500));
    assert.equal(told.length, 0);
    await helper.unload();
    assert.equal(saved().outbox.length, 1, 'it is told after the next start');
  });

  it('has the state on disk before it tells of it', async () => {
    const node = await deploy({ recogniser: 'none' });
    let onDisk: SavedState | undefined;
    helper.getNode('out').on('input', () => {
      onDisk ??= saved();
    });
    feed(node, 'start');
    await until(() => onDisk !== undefined);
    assert.equal(onDisk?.outbox.length, 1);
    assert.equal(onDisk?.appliances[0]?.open?.state, 'started');
  });

  it('says that a saved state is damaged, and goes on', async () => {
    feed(await deploy({ recogniser: 'none' }), 'start');
    await until(() => told.length > 0);
    await helper.unload();
    writeFileSync(stateFile(), '{"half');
    feed(await deploy({ recogniser: 'none' }), 'start');
    await until(() => told.length > 1);
    assert.equal(course().at(-1), '1 started');
    assert.ok(existsSync(`${stateFile()}.damaged`));
  });

  it('starts with whatever well-formed JSON was saved', async () => {
    feed(await deploy({ recogniser: 'none' }), 'start');
    await until(() => told.length > 0);
    await helper.unload();
    const good = readFileSync(stateFile(), 'utf8');
    const odd: ((state: Record<string, unknown>) => void)[] = [
      (state) => delete (state.history as { held?: unknown }).held,
      (state) => Object.assign(state, { said: 5 }),
      (state) => Object.assign(state.open as object, { startedAt: 'yesterday' }),
      (state) => Object.assign(state.open as object, { startedAt: 1e300 }),
      (state) => Object.assign(state, { last: { ...(state.open as object), settled: { courses: null } } }),
      (state) => Object.assign(state, { offset: 'x' }),
    ];
    for (const change of odd) {
      const state = JSON.parse(good);
      change(state.appliances[0]);
      writeFileSync(stateFile(), JSON.stringify(state));
      const before = told.length;
      feed(await deploy({ recogniser: 'none' }), 'start');
      await until(() => told.length > before);
      assert.equal(activities().at(-1)?.state, 'started');
      await helper.unload();
    }
    assert.equal(readdirSync(dirname(stateFile())).filter((name) => name.includes('.damaged')).length, odd.length);
  });

  it('takes nothing in while its saved state can neither be read nor be set aside', async () => {
    feed(await deploy({ recogniser: 'none' }), 'start');
    await until(() => told.length > 0);
    await helper.unload();
    const before = readFileSync(stateFile(), 'utf8');
    const { readFile, rename } = fsp;
    const failing = () => Promise.reject(Object.assign(new Error('EACCES: not allowed'), { code: 'EACCES' }));
    Object.assign(fsp, { readFile: failing, rename: failing });
    try {
      feed(await deploy({ recogniser: 'none' }), 'stop');
      await until(() => caught.some(({ payload }) => payload === 'stop'));
    } finally {
      Object.assign(fsp, { readFile, rename });
    }
    assert.ok(caught.every(({ error }) => error.message.includes('error.locked')));
    await helper.unload();
    assert.equal(readFileSync(stateFile(), 'utf8'), before);
    assert.equal(told.length, 1);
  });

  it('tells although the disk takes nothing, and says so once', async () => {
    writeFileSync(join(house.dir, 'kindred'), 'a file where the folder should be');
    const node = await deploy({ recogniser: 'none' });
    feed(node, 'start', { rating: 4 }, 'stop');
    await until(() => told.length === 3);
    assert.deepEqual(course(), ['1 started', '2 ongoing', '3 finished']);
    assert.equal(caught.filter(({ error }) => error.message.includes('error.save')).length, 1);
  });

  it('takes bare numbers, as text too, for the parameter that is named', async () => {
    const node = await deploy({ recogniser: 'none', parameter: 'temperature', applianceName: 'Pot' });
    feed(node, 'start', 20, ' 95.5 ', 'stop');
    await until(() => told.length === 2);
    const { appliance, parameters } = activities()[1] as Activity;
    assert.deepEqual(appliance, { id: 'this-node', name: 'Pot', profile: 'json' });
    assert.deepEqual([parameters.temperature?.min, parameters.temperature?.max], [20, 95.5]);
  });

  it('takes what a broker had stored for the past: it neither begins nor rates anything', async () => {
    const node = await deploy({ recogniser: 'none', parameter: 'temperature' });
    for (const payload of ['start', 'stop', { rating: 5 }]) node.receive({ payload, retain: true } as NodeMessage);
    await until(() => caught.length === 3);
    assert.ok(caught.every(({ error }) => error.message.endsWith('error.retained')));
    feed(node, 'start');
    node.receive({ payload: 99, retain: true } as NodeMessage);
    feed(node, 20, 'stop');
    await until(() => told.length === 2);
    assert.equal(activities()[1]?.parameters.temperature?.max, 20);
  });

  it('goes on with a device that has all it says retained, where MQTT 5 passes that on', async () => {
    const node = await deploy({ recogniser: 'none', parameter: 'temperature' });
    feed(node, 'start');
    for (const payload of [20, 60, 90]) node.receive({ payload, topic: 'pot/t', retain: true } as NodeMessage);
    feed(node, 'stop');
    await until(() => told.length === 2);
    const { min, max } = activities()[1]?.parameters.temperature ?? {};
    assert.deepEqual([min, max], [60, 90]);
  });

  it('takes ratings and drinks, with what the message had besides', async () => {
    const node = await deploy({ recogniser: 'none' });
    node.receive({ payload: 'start', button: 7 });
    feed(node, { drink: ' espresso ' }, { rating: '4' }, 'stop', { rating: 5, drink: 'ristretto' });
    await until(() => told.length === 5);
    assert.equal(told[0]?.button, 7);
    assert.deepEqual(course(), ['1 started', '2 ongoing', '3 ongoing', '4 finished', '5 finished']);
    assert.deepEqual([activities()[3]?.drink, activities()[3]?.rating], ['espresso', 4]);
    assert.deepEqual([activities()[4]?.drink, activities()[4]?.rating], ['ristretto', 5]);
  });

  it('follows several appliances, and finds the one that a word is for', async () => {
    const node = await deploy({ recogniser: 'none' });
    feed(node, reading(0, { power: 1 }, 'a'), reading(0, { power: 1 }, 'b'));
    for (const topic of ['a', 'b']) node.receive({ topic, payload: 'start' });
    node.receive({ topic: 'a', payload: { rating: 3 } });
    await until(() => told.length === 3);
    assert.deepEqual(
      activities().map(({ appliance }) => appliance.id),
      ['a', 'b', 'a'],
    );
  });

  it('names what is wrong with a message, and goes on', async () => {
    const node = await deploy();
    const wrong = [
      undefined,
      null,
      {},
      [],
      true,
      'ON',
      'x'.repeat(1e7),
      Number.NaN,
      7,
      { rating: 6 },
      { drink: '' },
      'stop',
      { rating: 3 },
    ];
    feed(node, ...wrong, reading(0, { power: Number.NaN }), { ...reading(0, { power: 1 }), at: 'soon' });
    await until(() => caught.length === wrong.length + 2);
    assert.ok(caught.every(({ error }) => error.message.length > 0 && error.message.length < 300));
    assert.ok(caught.every(({ error }) => !error.message.startsWith('Error')));
    feed(node, 'start');
    await until(() => told.length === 1);
  });

  describe('control instruction', () => {
    const SOURCE = { id: 'plug', z: 'tab', type: 'test-source' };

    it('goes to the node that the readings come from, once', async () => {
      const node = await deploy({ instruction: 'collect', instructionSeconds: '5', parameters: ['power'] }, [SOURCE]);
      feed(node, ...heats(0, 30, 0), reading(31, { power: 0 }, 'elsewhere'));
      await until(() => instructions.length > 0);
      assert.deepEqual(instructions, [{ instruction: 'collect', parameters: ['power'], everySeconds: 5 }]);
    });

    it('waits for a sign of life: what a broker had stored is none', async () => {
      const node = await deploy({ instruction: 'off' }, [SOURCE]);
      feed(node, { ...reading(0, { power: 1 }), retained: true });
      node.receive({ payload: reading(0, { power: 1 }), retain: true } as NodeMessage);
      feed(node, 'stop');
      await until(() => caught.length > 0);
      assert.deepEqual(instructions, []);
      feed(node, reading(1, { power: 1 }));
      await until(() => instructions.length > 0);
    });

    it('switches nothing on because Node-RED was restarted: only what is deployed anew is told', async () => {
      const node = await deploy({ instruction: 'on' }, [SOURCE]);
      assert.match(String((node.warn as unknown as { args: unknown[][] }).args), /warning\.restart/);
      feed(node, ...heats(0, 30, 0), 'stop');
      await until(() => caught.length > 0);
      assert.deepEqual(instructions, []);
      const made = () => ({ control: async () => void instructions.push('on') });
      let there = made();
      const { Instructor } = await import('../../nodes/collect-parameters/instructor.js');
      const instructor = new Instructor({ instruction: 'on' }, () => there, assert.fail, true);
      for (const next of [there, there, made()]) {
        there = next;
        instructor.heard('kettle');
        instructor.check();
      }
      await until(() => instructions.length === 1);
    });

    it('is reported once when it fails', async () => {
      control = () => Promise.reject(new Error('cannot: token=geheim'));
      const node = await deploy({ instruction: 'off' }, [SOURCE]);
      feed(node, ...heats(0, 30, 0));
      await until(() => caught.length > 0);
      feed(node, ...heats(30, 60, 0), 'stop');
      await until(() => caught.length > 1);
      assert.deepEqual(
        caught.map(({ error }) => error.message.replace(/^.*error\./, '')),
        ['control', 'nothing-open'],
      );
      assert.deepEqual(caught[0]?.payload, { instruction: 'off' });
    });

    it('goes out again when that node was deployed anew', async () => {
      const { Instructor } = await import('../../nodes/collect-parameters/instructor.js');
      const made = () => ({ control: async () => void instructions.push('on') });
      let there = made();
      const instructor = new Instructor({ instruction: 'on' }, () => there, assert.fail);
      for (const next of [there, there, made()]) {
        there = next;
        instructor.heard('kettle');
        instructor.check();
      }
      await until(() => instructions.length === 2);
    });
  });

  describe('over time', () => {
    const CONFIG = {
      id: 'n',
      type: '',
      name: '',
      z: '',
      kind: 'kettle',
      activity: '',
      parameters: [],
      instruction: '',
    };
    let now: number;
    let disk: SavedState[];
    let sent: Activity[];

    beforeEach(() => {
      now = T0;
      disk = [];
      sent = [];
    });

    function collector(recogniser = 'auto', more: object = {}): Collector {
      const made = settingsOf({ ...CONFIG, recogniser, everySeconds: 60 });
      assert.ok('settings' in made);
      return new Collector({
        options: made.settings.tracker,
        own: made.settings.own,
        file: { save: async (value) => void disk.push(structuredClone(value)) },
        send: (one) => one.type === 'activity' && sent.push(one.activity),
        onProblem: (_what, problem) => assert.fail(String(problem)),
        now: () => now,
        elapsed: () => now,
        ...more,
      });
    }

    /** As if live: a reading every 5 s. */
    async function live(to: Collector, readings: Reading[]): Promise<void> {
      for (const one of readings) {
        now = Date.parse(one.at);
        await to.read(one);
        to.tick();
      }
    }

    it('writes nothing while nothing goes on, and once a minute while something does', async () => {
      const quiet = collector();
      await live(quiet, heats(0, 600, 0));
      assert.equal(disk.length, 0);
      await live(quiet, heats(600, 1200, 2000));
      assert.ok(disk.length >= 9 && disk.length <= 13, `${disk.length} times`);
    });

    it('writes nothing because time goes on: only what was read, told or said', async () => {
      const made = settingsOf({ ...CONFIG, recogniser: 'none', everySeconds: 0 });
      assert.ok('settings' in made);
      const to = collector('none', { options: made.settings.tracker });
      const goOn = async (minutes: number) => {
        for (let seconds = 0; seconds < minutes * 60; seconds += 2) {
          now += 2000;
          to.tick();
          await null;
        }
      };
      await to.say({ type: 'start' });
      await goOn(10);
      assert.equal(disk.length, 2, 'when it was told, and when it need not be told again');
      await to.read(reading(600, { power: 5 }));
      await goOn(1);
      assert.equal(disk.length, 3);
      assert.ok(disk.at(-1)?.appliances.some(({ at }) => at === T0 + 600_000));
    });

    it('writes what its recogniser has learned of every appliance, but the course of those alone that are at work', async () => {
      const to = collector();
      const stretchesOf = (id: string) =>
        disk.at(-1)?.appliances.find(({ appliance }) => appliance.id === id)?.history.stretches.length ?? -1;
      for (const one of heats(0, 600, 0)) await to.read({ ...one, appliance: { ...one.appliance, id: 'idle' } });
      await live(to, [...heats(0, 150, 2000), ...heats(150, 300, 0)]);
      assert.equal(sent.at(-1)?.state, 'finished');
      assert.deepEqual([stretchesOf('idle'), stretchesOf('plug') > 0], [0, true]);
      assert.ok(disk.at(-1)?.appliances.every(({ recogniser }) => recogniser?.memory));
      now += 5000;
      to.tick();
      assert.equal(stretchesOf('idle'), 0);
      await to.close();
      assert.ok(stretchesOf('idle') > 10, 'there is time for all of it at the end');
    });

    it('ends an activity with the last reading that was seen when the hub was off for long', async () => {
      await live(collector(), heats(0, 60, 2000));
      const later = collector();
      later.restore(disk.at(-1) as SavedState);
      now = T0 + 3 * 3600_000;
      later.tick();
      await until(() => sent.at(-1)?.state === 'finished');
      assert.equal(sent.at(-1)?.id, sent[0]?.id);
      assert.ok((sent.at(-1)?.seconds ?? 0) <= 60);
      now += 5000;
      await later.close();
      assert.deepEqual(disk.at(-1)?.outbox, []);
    });

    it('tells the end of what went on when its recogniser’s memory is none it can go on from', async () => {
      await live(collector(), heats(0, 60, 2000));
      const state = { ...(structuredClone(disk.at(-1)) as SavedState), outbox: [] };
      const { recogniser } = state.appliances[0] as SavedState['appliances'][number];
      Object.assign(recogniser as object, { memory: { of: 'a newer version' } });
      const problems: unknown[] = [];
      const later = collector('auto', { onProblem: (_what: string, problem: unknown) => problems.push(problem) });
      later.restore(state);
      for (const one of [...heats(60, 90, 0), ...heats(90, 150, 2000)]) {
        now = Date.parse(one.at);
        try {
          await later.read(one);
        } catch (problem) {
          problems.push(problem);
        }
        later.tick();
      }
      await until(() => sent.length === 3);
      assert.equal(problems.length, 1, String(problems));
      const [first, ended, next] = sent;
      assert.deepEqual([ended?.id, ended?.state, next?.state], [first?.id, 'finished', 'started']);
    });

    it('keeps what it sent on disk until whoever received it has had time to save it', async () => {
      const to = collector('none');
      await to.say({ type: 'start' });
      await to.say({ type: 'stop' });
      now += 4999;
      to.tick();
      assert.deepEqual(disk.at(-1)?.outbox.length, 2, 'a kill now must not lose it');
      now += 1;
      to.tick();
      await until(() => disk.at(-1)?.outbox.length === 0);
      const after = disk.length;
      to.tick();
      assert.equal(disk.length, after, 'nothing is left to save');
    });

    it('sends nothing from the moment it is held, and all of it after the next start', async () => {
      const first = collector('none');
      await first.say({ type: 'start' });
      const stopped = first.say({ type: 'stop' });
      first.hold();
      await stopped;
      await first.close();
      assert.deepEqual(
        sent.map(({ state }) => state),
        ['started'],
      );
      sent = [];
      const second = collector('none');
      second.restore(disk.at(-1) as SavedState);
      second.tick();
      await until(() => sent.length === 2);
      assert.deepEqual(
        sent.map(({ state, revision }) => `${revision} ${state}`),
        ['1 started', '2 finished'],
      );
    });

    it('after a Deploy sends once more what was perhaps still on its way as it began, and what was told within it', async () => {
      const to = collector('none');
      const course = () => sent.map(({ state, revision }) => `${revision} ${state}`);
      await to.say({ type: 'start' });
      now += 500;
      await to.say({ type: 'stop' });
      to.hold();
      await to.say({ type: 'start' });
      now += 5000;
      to.tick();
      assert.deepEqual(course(), ['1 started', '2 finished']);
      assert.equal(disk.at(-1)?.outbox.length, 2, 'a kill now must not lose it');
      to.goOn();
      now += 999;
      to.tick();
      assert.equal(sent.length, 2, 'whoever should receive it may be connecting yet');
      now += 1;
      to.tick();
      await until(() => sent.length === 4);
      assert.deepEqual(course().slice(2), ['2 finished', '1 started']);
    });

    it('tells nothing after a start until whoever should receive it had time to connect, also where something is deployed meanwhile', async () => {
      await live(collector(), heats(0, 60, 2000));
      const later = collector('auto', { connectingMs: 6000 });
      later.hold();
      later.restore({ ...(disk.at(-1) as SavedState), outbox: [] });
      sent = [];
      now = T0 + 3 * 3600_000;
      later.goOn();
      now += 2000;
      later.tick();
      await until(() => disk.at(-1)?.appliances[0]?.open === undefined);
      now += 1000;
      later.hold();
      later.goOn();
      now += 2999;
      later.tick();
      assert.ok(disk.at(-1)?.outbox.length, 'a kill now must not lose it');
      assert.equal(sent.length, 0);
      now += 1;
      later.tick();
      await until(() => sent.length > 0);
      assert.equal(sent.at(-1)?.state, 'finished');
    });

    it('holds for as long after a start when the hub has its clock set right meanwhile', async () => {
      for (const leap of [365 * 24 * 3600_000, -3600_000]) {
        let passed = 0;
        const to = collector('none', { connectingMs: 6000, elapsed: () => passed });
        sent = [];
        to.hold();
        await to.say({ type: 'start' });
        to.goOn();
        now += leap;
        passed = 5999;
        to.tick();
        assert.equal(sent.length, 0, `${leap} ms`);
        passed = 6000;
        to.tick();
        await until(() => sent.length > 0);
      }
    });

    it('is not held up for longer than a minute by a Deploy that gets stuck', async () => {
      const to = collector('none');
      to.hold();
      await to.say({ type: 'start' });
      now += 59_999;
      to.tick();
      assert.equal(sent.length, 0);
      now += 1;
      to.tick();
      await until(() => sent.length > 0);
    });

    it('keeps one boil one activity when the clock of hub and readings is set in the middle', async () => {
      for (const hours of [3, -3, 24 * 365 * 56]) {
        const leaps: number[] = [];
        const to = collector('auto', { leap: () => leaps.pop() ?? 0 });
        sent = [];
        await live(to, [...heats(0, 30, 0), ...heats(30, 90, 2100)]);
        leaps.push(hours * 3_600_000);
        const later = [...heats(90, 150, 2100), ...heats(150, 300, 0)];
        await live(
          to,
          later.map((one) => ({ ...one, at: new Date(Date.parse(one.at) + hours * 3_600_000).toISOString() })),
        );
        assert.equal(new Set(sent.map(({ id }) => id)).size, 1, `${hours} h`);
        const last = sent.at(-1) as Activity;
        assert.equal(last.state, 'finished');
        assert.ok(Math.abs(last.seconds - 120) <= 5, `${last.seconds} s`);
        assert.equal(Date.parse(last.startedAt), T0 + 30_000 + hours * 3_600_000, 'on the new clock');
      }
    });

    it('leaves what a power cut has ended where it was, on a hub whose clock is right only later', async () => {
      // How far off the hub's clock is as it starts, and for how long it hears readings with such times, in seconds.
      for (const [off, heard] of [
        [-1800, 0],
        [-1800, 30],
        [-1800, 90],
        [70, 0],
      ] as const) {
        const which = `${off} s off, ${heard} s heard`;
        sent = [];
        await live(collector(), heats(0, 60, 2000));
        const first = sent[0] as Activity;
        const leaps: number[] = [];
        const later = collector('auto', { leap: () => leaps.pop() ?? 0 });
        later.restore(disk.at(-1) as SavedState);
        now = T0 + off * 1000;
        later.tick();
        await live(later, heats(off, off + heard, 0));
        leaps.push(9 * 3_600_000);
        const on = off + heard + 9 * 3600;
        await live(later, heats(on, on + 120, 0));
        const last = sent.filter(({ id }) => id === first.id).at(-1);
        assert.deepEqual([last?.state, last?.startedAt], ['finished', first.startedAt], which);
        assert.ok(Date.parse(last?.endedAt ?? '') <= T0 + 60_000, `${which}: ended at ${last?.endedAt}`);
      }
    });

    it('moves what somebody began after such a start with the clock, which is set then', async () => {
      const before = collector('none');
      await before.say({ type: 'start' });
      await before.say({ type: 'stop' });
      const leaps: number[] = [];
      const later = collector('none', { leap: () => leaps.pop() ?? 0 });
      later.restore(disk.at(-1) as SavedState);
      now = T0 - 1_800_000;
      await later.say({ type: 'start' });
      leaps.push(9 * 3_600_000);
      now += 9 * 3_600_000 + 600_000;
      await later.say({ type: 'stop' });
      const { state, startedAt, seconds } = sent.at(-1) as Activity;
      assert.deepEqual([state, seconds], ['finished', 600]);
      assert.equal(Date.parse(startedAt), T0 - 1_800_000 + 9 * 3_600_000);
    });

    it('goes on with an appliance that has its own clock when only the hub’s is set', async () => {
      const leaps: number[] = [];
      const to = collector('auto', { leap: () => leaps.pop() ?? 0 });
      await live(to, [...heats(0, 30, 0), ...heats(30, 90, 2100)]);
      leaps.push(3 * 3_600_000);
      for (const one of [...heats(90, 150, 2100), ...heats(150, 300, 0)]) {
        now = Date.parse(one.at) + 3 * 3_600_000;
        await to.read(one);
        to.tick();
      }
      assert.equal(new Set(sent.map(({ id }) => id)).size, 1);
      assert.equal(sent.at(-1)?.state, 'finished');
      assert.equal(sent.at(-1)?.startedAt, new Date(T0 + 30_000).toISOString());
    });

    it('shows what goes on, and what was last', async () => {
      const words = (key: string, values?: object): string =>
        key === 'number.decimal' ? ',' : [key, ...Object.values(values ?? {})].join(' ');
      const to = collector();
      const text = (): string => statusOf(to.appliances, words).text;
      assert.equal(text(), 'status.waiting');
      await live(to, heats(0, 5, 0));
      assert.equal(text(), 'status.watching');
      await live(to, heats(5, 65, 2000));
      assert.match(text(), /^status\.ongoing tea \d+:\d\d · 2000 W$/);
      await live(to, heats(65, 200, 0));
      assert.equal(text(), 'status.finished tea duration.minutes 1 · 0,03 kWh');
    });

    it('trusts a silence no longer once it finds another word stored than the appliance’s last', async () => {
      const to = collector();
      await live(to, [reading(0, { state: 'idle' }), reading(60, { state: 'heating' })]);
      now = T0 + 3600_000;
      await to.read({ ...reading(3600, { state: 'finished' }), retained: true });
      to.tick();
      assert.ok(sent.every(({ state }) => state !== 'finished'));
      now += 1_801_000;
      to.tick();
      await until(() => sent.at(-1)?.state === 'finished');
      assert.equal(sent.at(-1)?.seconds, 3540);
    });

    it('forgets the appliance that was idle longest, never one with an activity', async () => {
      const to = collector('none');
      for (let index = 0; index < MOST_APPLIANCES; index++) {
        now++;
        await to.read(reading(0, { power: 0 }, `a${index}`));
      }
      await to.say({ type: 'start' }, 'a0');
      await to.read({ ...reading(0, { power: 0 }, 'long gone'), retained: true });
      assert.equal([...to.appliances].length, MOST_APPLIANCES, 'what is stored of another makes nobody leave');
      await to.read(reading(0, { power: 0 }, 'one more'));
      const ids = [...to.appliances].map(({ appliance }) => appliance.id);
      assert.equal(ids.length, MOST_APPLIANCES);
      assert.ok(ids.includes('a0') && !ids.includes('a1') && ids.includes('one more'));
    });
  });

  it('says what is wrong with its settings', () => {
    const config = {
      id: 'n',
      type: '',
      name: '',
      z: '',
      kind: 'kettle',
      activity: '',
      recogniser: 'auto',
      parameters: [],
      everySeconds: 60,
      instruction: '',
    };
    const problem = (change: object): string | undefined => {
      const made = settingsOf({ ...config, ...change });
      return 'problem' in made ? made.problem.key : undefined;
    };
    assert.equal(problem({}), undefined);
    assert.equal(problem({ activity: 'custom', custom: 'Two words' }), 'error.custom');
    assert.equal(problem({ everySeconds: 'often' }), 'error.every');
    assert.equal(problem({ instruction: 'target-temperature', celsius: '' }), 'error.instruction');
    assert.equal(problem({ instruction: 'dance' }), 'error.instruction');
    assert.equal(problem({ kind: 'rocket' }), 'error.kind');
    assert.equal(problem({ recogniser: 'oracle' }), 'error.recogniser');
    const custom = settingsOf({ ...config, activity: 'custom', custom: 'knitting', category: 'entertainment' });
    assert.ok('settings' in custom);
    assert.equal(custom.settings.tracker.activity, 'knitting');
    assert.equal(custom.settings.tracker.category, 'entertainment');
  });

  it('has every text in every language', () => {
    const keysOf = (value: unknown, path = ''): string[] =>
      typeof value === 'object' && value !== null
        ? Object.entries(value).flatMap(([key, one]) => keysOf(one, `${path}.${key}`))
        : [path];
    const catalogue = (language: string): { 'collect-parameters': { recogniser: object } } =>
      JSON.parse(readFileSync(join(LOCALES, language, 'collect-parameters.json'), 'utf8'));
    const english = catalogue('en-US');
    for (const language of ['de', 'zh-CN']) assert.deepEqual(keysOf(catalogue(language)), keysOf(english));
    for (const name of RECOGNISER_NAMES) assert.ok(name in english['collect-parameters'].recogniser, name);
  });
});
