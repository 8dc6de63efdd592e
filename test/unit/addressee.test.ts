import assert from 'node:assert/strict';
import type { Correction, Told } from '../../activities/index.js';
import { Collector, SayingProblem } from '../../nodes/collect-parameters/collector.js';
import type { Activity } from '../../vocabulary/index.js';
import { KETTLE, OPTIONS, T0 } from '../support/tracker.js';

const HOUR = 3_600_000;

describe('what is said of one appliance of several', () => {
  let now: number;
  let told: Activity[];
  let collector: Collector;
  beforeEach(() => {
    now = T0;
    told = [];
    collector = new Collector({
      options: { ...OPTIONS, recognisers: [] },
      own: KETTLE,
      file: { save: async () => {} },
      send: (one: Told) => one.type === 'activity' && told.push(one.activity),
      onProblem: (_what, problem) => assert.fail(String(problem)),
      now: () => now,
    });
  });

  /** A minute by hand, an hour after what was before. @param clock how far the appliance's own clock is ahead */
  async function minute(id: string, clock = 0): Promise<Activity> {
    now += HOUR;
    const at = new Date(now + clock).toISOString();
    await collector.read({ appliance: { ...KETTLE, id, name: id }, at, parameters: { power: 1 } });
    await collector.say({ type: 'start' }, id);
    now += 60_000;
    await collector.say({ type: 'stop' }, id);
    return told.at(-1) as Activity;
  }

  const correct = async (correction: Correction, address?: string): Promise<string> => {
    await collector.say({ type: 'correct', correction }, address);
    const last = told.at(-1) as Activity;
    return `${last.appliance.id} ${last.activity} ${last.state}`;
  };

  const refused = (correction: Correction, reason: string, address?: string): Promise<void> =>
    assert.rejects(
      async () => collector.say({ type: 'correct', correction }, address),
      (problem) => problem instanceof SayingProblem && problem.reason === reason,
    );

  it('undoes the newest correction of all, whichever was at work last, and by whichever clock', async () => {
    const boil = await minute('boiler', -2 * HOUR);
    const brew = await minute('brewer', 2 * HOUR);
    await correct({ what: 'activity', id: brew.id, activity: 'coffee' });
    now += 1000;
    assert.equal(await correct({ what: 'none', id: boil.id }), 'boiler tea discarded');
    await minute('brewer', 2 * HOUR);
    assert.equal(await correct({ what: 'undo' }), 'boiler tea finished');
    assert.equal(await correct({ what: 'undo' }), 'brewer tea finished');
    await refused({ what: 'undo' }, 'nothing-to-undo');
  });

  it('undoes the correction of a number where one appliance has it, and asks which where several do', async () => {
    const boil = await minute('boiler');
    const brew = await minute('brewer');
    await correct({ what: 'none', id: boil.id });
    assert.equal(await correct({ what: 'undo', number: 1 }), 'boiler tea finished');
    await refused({ what: 'undo', number: 1 }, 'undone-already');
    await correct({ what: 'activity', id: boil.id, activity: 'meal' });
    await correct({ what: 'activity', id: brew.id, activity: 'coffee' });
    await correct({ what: 'activity', id: brew.id, activity: 'drink' });
    await refused({ what: 'undo', number: 2 }, 'which-appliance');
    assert.equal(await correct({ what: 'undo', number: 2 }, 'boiler'), 'boiler tea finished');
    assert.equal(await correct({ what: 'undo', number: 2 }), 'brewer coffee finished');
    await refused({ what: 'undo', number: 7 }, 'unknown-number');
  });

  it('knows whose an activity was that was taken for none', async () => {
    const boil = await minute('boiler');
    await minute('brewer');
    await correct({ what: 'none', id: boil.id });
    await refused({ what: 'none', id: boil.id }, 'taken-back');
  });
});
