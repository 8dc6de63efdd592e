import assert from 'node:assert/strict';
import type { NodeMessage } from 'node-red';
import connect from '../../nodes/appliance-connect/appliance-connect.js';
import collect from '../../nodes/collect-parameters/collect-parameters.js';
import type { Activity } from '../../vocabulary/index.js';
import { helper, inNodeRed, Seen } from '../support/node-helper.js';

const COLLECTS = { kind: 'kettle', activity: '', recogniser: 'auto', parameters: [], everySeconds: 60 };
const RECORDED = { transport: 'recording', recording: 'kettle-uk-house-5.csv', loop: false };
/** Seconds that the kettle of the recording boiled. */
const BOILED = 120;

describe('a recording that is deployed again', () => {
  inNodeRed();

  async function deploy(speed = 200): Promise<Seen> {
    await helper.load(
      [connect, collect],
      [
        { id: 'tab', type: 'tab', label: 'test' },
        {
          id: 'kettle',
          z: 'tab',
          type: 'appliance-connect',
          version: 1,
          profile: 'auto',
          ...RECORDED,
          speed,
          wires: [['boils']],
        },
        { id: 'boils', z: 'tab', type: 'collect-parameters', version: 1, ...COLLECTS, wires: [['out']] },
        { id: 'out', z: 'tab', type: 'helper' },
      ],
    );
    return new Seen('out');
  }

  /** What has been received for so long is not sent again after a Deploy. */
  const received = () => new Promise((done) => setTimeout(done, 700));
  const told = (messages: NodeMessage[]) => messages.map(({ payload }) => payload as Activity);

  /** @param before the activity that the Deploy interrupts */
  async function played(before?: Activity): Promise<Activity[]> {
    const seen = await deploy();
    const deployedAt = Date.now();
    for (let count = 1; ; count++) {
      const activities = told(await seen.atLeast(count));
      const { id, state, endedAt = '' } = activities.at(-1) as Activity;
      if (state !== 'finished' || id === before?.id) continue;
      await received();
      assert.ok(Date.parse(endedAt) <= Date.now() && Date.parse(endedAt) > deployedAt - 400_000, endedAt);
      await helper.unload();
      return activities;
    }
  }

  it('at speed tells the same activities again', async () => {
    const ids = new Set<string>();
    for (let time = 1; time <= 3; time++) {
      const activities = await played();
      assert.equal(activities[0]?.state, 'started', `${time}. time`);
      assert.deepEqual([activities.at(-1)?.activity, activities.at(-1)?.seconds], ['tea', BOILED]);
      for (const { id } of activities) ids.add(id);
    }
    assert.equal(ids.size, 3);
  });

  it('in the middle of an activity ends that one, and tells it anew', async () => {
    // What is told as it begins is held back for a second after the start.
    const first = told(await (await deploy(20)).atLeast(1))[0];
    await received();
    await helper.unload();
    const again = await played(first);
    const ended = again.filter(({ id }) => id === first?.id).at(-1);
    assert.equal(ended?.state, 'finished');
    assert.ok((ended?.seconds ?? 0) > 0 && (ended?.seconds ?? 999) <= BOILED + 30, `${ended?.seconds} s`);
    assert.equal(again.at(-1)?.seconds, BOILED);
  });
});
