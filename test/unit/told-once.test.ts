import assert from 'node:assert/strict';
import { newTracker, powerRecogniser, stepTracker, type TrackerInput } from '../../activities/index.js';
import { planShares, ShareQueue, type SharingRules } from '../../sharing/index.js';
import { readingAt, trace } from '../support/power-trace.js';
import { destination, PlayedWorld, settle } from '../support/sharing.js';

const MACHINE = { id: 'a', name: 'A', profile: 'json' };
const OPTIONS = {
  kind: 'coffee_filter',
  activity: 'coffee',
  category: 'food-and-beverage',
  everySeconds: 60,
  keep: [],
  place: '',
  recognisers: [powerRecogniser('coffee_filter')],
} as const;
const RULES: SharingRules = {
  when: 'both',
  startedText: 'Coffee is brewing.',
  finishedText: 'Coffee is ready.',
  language: 'en',
  reveal: [],
  ask: 'never',
  dailyCap: 20,
};

/** From the plug to the receiver: what a machine does whose thermostat cuts in and out, with longer and longer pauses. */
describe('a coffee that goes on after its finish was told', () => {
  it('is told to be ready once, however often that was too soon, and stays one activity', async () => {
    const world = new PlayedWorld();
    const texts: string[] = [];
    const hook = destination('hook', {
      send: (share) => {
        texts.push(share.text);
        return Promise.resolve({ outcome: 'sent' });
      },
    });
    world.destinations.set('hook', hook);
    const queue = new ShareQueue(world);
    await queue.ready();
    const start = world.time / 1000;
    const pauses = [27, 36, 60, 75, 90, 100];
    const samples = trace([
      [0, 120],
      ...pauses.flatMap((pause): [number, number][] => [
        [1000, 90],
        [0, pause],
      ]),
      [0, 600],
    ]);
    let tracker = newTracker(MACHINE);
    let ids = 0;
    const states: string[] = [];
    for (const [t, watts] of samples) {
      const input: TrackerInput = {
        type: 'reading',
        reading: readingAt(start + t, watts),
        arrivedAt: (start + t) * 1000,
      };
      const step = stepTracker(tracker, input, OPTIONS, () => `id-${++ids}`);
      tracker = step.state;
      for (const told of step.told) {
        if (told.type !== 'activity') continue;
        states.push(told.activity.state);
        const { offers, withdrawals } = await planShares(told.activity, [hook], RULES, world.time);
        await queue.accept(offers, withdrawals);
        await settle();
      }
      await world.pass((start + t) * 1000 - world.time);
    }
    await queue.close();
    assert.ok(states.filter((state) => state === 'finished').length > 2, states.join(' '));
    assert.equal(states.at(-1), 'finished');
    assert.equal(ids, 1);
    assert.deepEqual(texts, ['Coffee is brewing.', 'Coffee is ready.']);
  });
});
