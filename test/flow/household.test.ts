import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import type { KindredClient, Person } from '../../matching/client/index.js';
import type { Activity } from '../../vocabulary/index.js';
import { freePort, Program, ROOT, until } from '../support/node-red.js';
import { BREW, HouseholdUnderTest, haveCoffee, join } from '../support/node-red-household.js';

const ALL = { from: 0, until: Number.POSITIVE_INFINITY };

async function coffees(client: KindredClient) {
  return (await client.activities()).activities.filter(({ activity }) => activity === 'coffee');
}

/** Resolves when the endpoint has the activity as finished; after an outage the next try may be a minute away. */
function finishedAt(client: KindredClient, id: string) {
  const look = async () => (await coffees(client)).find((one) => one.id === id && one.state === 'finished');
  return until('the endpoint has it finished', look, 120_000);
}

describe('the household in a real Node-RED with a real broker', () => {
  let home: HouseholdUnderTest;

  before(async () => {
    home = await HouseholdUnderTest.start();
  });
  after(() => home?.stop());

  it('turns the recorded brew into one activity, tells it, and finds who is having one, too', async () => {
    const household = await home.deploy('brew');
    const { client: sam } = await join(home.endpoint, 'Sam');
    await haveCoffee(sam);
    await home.publish(ALL.from, BREW.announced);
    const watched = await until('the match arrives while watching', () => home.told<Person[]>('watched')[0]);
    assert.equal(watched[0]?.user.name, 'Sam');
    await home.publish(BREW.announced, ALL.until);

    const finished = await until('a finished activity', () =>
      home.activities().find(({ state }) => state === 'finished'),
    );
    assert.deepEqual(
      home
        .told<Activity>('activity')
        .map(({ state }) => state)
        .filter((state) => state !== 'ongoing'),
      ['started', 'finished'],
    );
    assert.ok(Math.abs(finished.seconds - 298) < 10, `the brewer ran 5 minutes, not ${finished.seconds} s`);
    assert.equal(finished.appliance.name, 'Coffee machine');
    const energy = finished.parameters.energy?.total ?? 0;
    assert.ok(Math.abs(energy - 0.209) < 0.005, `the plug counted 0.209 kWh, not ${energy}`);
    await finishedAt(household, finished.id);
    assert.equal((await coffees(household)).length, 1);

    const people = await until('somebody is found', () =>
      home.told<Person[]>('people').find(({ length }) => length > 0),
    );
    assert.deepEqual(
      people.map(({ user, nearby }) => [user.name, nearby]),
      [['Sam', true]],
    );
    const { people: seen } = await sam.concurrentUsers({ activity: 'coffee', window: 'overlap' });
    assert.ok(seen.some(({ user }) => user.name === 'Household'));
  });

  it('neither loses nor doubles a brew when Node-RED is killed in the middle of it', async () => {
    const household = await home.deploy('killed');
    await home.publish(ALL.from, BREW.announced);
    const started = await until('a start at the endpoint', async () => (await coffees(household))[0]);

    await home.nodeRed.kill();
    await home.nodeRed.restart();
    await home.listening();
    await home.publish(BREW.announced, ALL.until);

    const stored = await finishedAt(household, started.id);
    assert.ok(Math.abs((stored.seconds ?? 0) - 298) < 10, `${stored.seconds} s`);
    assert.equal((await coffees(household)).length, 1);
  });

  it('shows an activity as over when Node-RED is killed once nobody would tell of that again', async () => {
    await home.deploy('shown');
    await home.publish(ALL.from, ALL.until);
    const { id } = await until('a finished activity', () =>
      home.activities().find(({ state }) => state === 'finished'),
    );
    await until('that was told long enough ago', async () => {
      const file = joinPath(home.nodeRed.userDir, 'kindred', 'collect-shown-coffee.json');
      return (JSON.parse(await readFile(file, 'utf8')) as { outbox: unknown[] }).outbox.length === 0;
    });

    await home.nodeRed.kill();
    await home.nodeRed.restart();
    assert.ok(!(id in (await kept<{ open: object }>('now')).open));
    assert.equal((await kept<{ id: string }[]>('last'))[0]?.id, id);
  });

  /** What the flow keeps for its dashboard. */
  async function kept<T>(key: string): Promise<T> {
    const { msg } = await home.nodeRed.admin<{ msg: string }>('GET', `/context/flow/household/${key}?store=default`);
    return JSON.parse(msg) as T;
  }

  it('loses nothing when the endpoint is away while a brew ends', async () => {
    const folder = await mkdtemp(joinPath(tmpdir(), 'kindred-endpoint-'));
    const port = await freePort();
    const cli = joinPath(ROOT, 'dist', 'matching', 'server', 'cli.js');
    const open = () => new Program([cli, '--port', String(port), '--store', `sqlite:${joinPath(folder, 'e.sqlite')}`]);
    let endpoint = open();
    try {
      const household = await home.deploy('away', `http://127.0.0.1:${port}`);
      await home.publish(ALL.from, BREW.announced);
      const started = await until('a start at the endpoint', async () => (await coffees(household))[0]);
      endpoint.signal('SIGKILL');
      await endpoint.exit;

      await home.publish(BREW.announced, ALL.until);
      await until('a finished activity', () => home.activities().find(({ state }) => state === 'finished'));
      endpoint = open();
      const stored = await finishedAt(household, started.id);
      assert.ok(Math.abs((stored.seconds ?? 0) - 298) < 10, `${stored.seconds} s`);
      assert.equal((await coffees(household)).length, 1);
    } finally {
      await endpoint.stop();
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('names what is wrong with a bad payload, and goes on', async () => {
    await home.deploy('bad');
    const topic = 'csn-node-test-brew/tele/SENSOR';
    const bad = [
      'no JSON at all',
      '[]',
      '{"Time":"2020-02-04T08:16:48","ENERGY":{"Power":"NaN"}}',
      JSON.stringify({ Time: 'x'.repeat(10_000_000) }),
    ];
    for (const payload of bad) {
      const before = home.told('problem').length;
      await home.mqtt.publish(topic, payload, { qos: 1, retain: false });
      const [problem] = await until(`a problem with ${payload.slice(0, 40)}`, () => {
        const heard = home.told<{ message: string }>('problem').slice(before);
        return heard.length > 0 && heard;
      });
      assert.match(String(problem?.message), /payload|JSON|power|ENERGY|number|object/i);
      assert.ok(String(problem?.message).length < 500, 'a problem is told in a sentence or two');
    }
    // Somebody else's payload on the kettle's topic.
    await home.mqtt.publish('kitchen/kettle', '{"colour":"red"}', { qos: 1, retain: false });

    await home.publish(ALL.from, ALL.until);
    await until('a finished activity', () => home.activities().find(({ state }) => state === 'finished'));
  });
});
