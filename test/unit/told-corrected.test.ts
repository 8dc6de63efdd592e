import assert from 'node:assert/strict';
import type { TrackerInput } from '../../activities/tracker.js';
import type { Correction } from '../../activities/tracker-correction.js';
import { type Outcome, planShares, type Share, ShareQueue, type SharingRules } from '../../sharing/index.js';
import { destination, PlayedWorld, settle } from '../support/sharing.js';
import { at, boil, Run, T0, tick } from '../support/tracker.js';

const RULES: SharingRules = {
  when: 'both',
  startedText: '',
  finishedText: '',
  language: 'en',
  reveal: [],
  ask: 'never',
  dailyCap: 20,
};
const DOWN: Outcome = { outcome: 'failed', permanent: 'no', reason: 'it refuses connections' };

/** An appliance whose activities go to a webhook and to a kindred account, which are told as the node tells them. */
class House {
  readonly webhook: Share[] = [];
  readonly account: Share[] = [];
  isDown = false;
  readonly #run = new Run({ everySeconds: 0 });
  readonly #world = new PlayedWorld();
  readonly #queue: ShareQueue;
  #told = 0;

  constructor() {
    const to = (shares: Share[]) => (share: Share) => {
      if (this.isDown) return Promise.resolve(DOWN);
      shares.push(share);
      return Promise.resolve<Outcome>({ outcome: 'sent' });
    };
    this.#world.destinations.set('hook', destination('hook', { send: to(this.webhook) }));
    this.#world.destinations.set('account', destination('account', { send: to(this.account), standing: true }));
    this.#world.time = T0;
    this.#queue = new ShareQueue(this.#world);
  }

  async feed(...inputs: TrackerInput[]): Promise<this> {
    for (const input of inputs) {
      const now = input.type === 'reading' ? input.arrivedAt : 'now' in input ? input.now : this.#world.time;
      await this.#world.pass(Math.max(0, now - this.#world.time));
      this.#run.feed(input);
      for (const activity of this.#run.activities.slice(this.#told)) {
        const plan = await planShares(activity, [...this.#world.destinations.values()], RULES, this.#world.time);
        await this.#queue.accept(plan.offers, plan.withdrawals);
        await settle();
      }
      this.#told = this.#run.activities.length;
    }
    return this;
  }

  correct(correction: Correction, seconds: number): Promise<this> {
    return this.feed({ type: 'correct', correction, now: T0 + seconds * 1000 });
  }

  get texts(): string[] {
    return this.webhook.map(({ text }) => text);
  }

  get states(): string[] {
    return this.account.map(({ activity }) => `${activity.activity} ${activity.state}`);
  }
}

const SOON = ['Time for tea. Who joins in?', 'Done: tea, 3 minutes.'];
const time = (seconds: number): number => T0 + seconds * 1000;

/** What somebody says of a boil from 0 to 170 s, five minutes after it began. */
const AFTERWARDS: readonly Correction[] = [
  { what: 'none', id: 'id-1' },
  { what: 'times', id: 'id-1', startedAt: time(20), endedAt: time(120) },
  { what: 'activity', id: 'id-1', activity: 'coffee', category: 'food-and-beverage' },
];

describe('what a webhook gets of an activity that is corrected', () => {
  it('nothing once it was told of it, where a kindred account gets it anew', async () => {
    for (const correction of AFTERWARDS) {
      const house = await new House().feed(at(-10, { power: 0 }), ...boil());
      assert.deepEqual(house.texts, SOON);
      const before = house.states.length;
      await house.correct(correction, 310);
      await house.correct({ what: 'undo' }, 320);
      assert.deepEqual(house.texts, SOON, correction.what);
      assert.equal(house.states.length, before + 2, correction.what);
    }
  });

  it('both as they were corrected, as long as they still wait, and nothing of what was none', async () => {
    for (const [index, expected] of [
      [0, []],
      [1, [SOON[0], 'Done: tea, 2 minutes.']],
      [2, ['Time for coffee. Who joins in?', 'Done: coffee, 3 minutes.']],
    ] as const) {
      const house = new House();
      house.isDown = true;
      await house.feed(at(-10, { power: 0 }), ...boil());
      await house.correct(AFTERWARDS[index] as Correction, 310);
      house.isDown = false;
      await house.feed(tick(1500));
      assert.deepEqual(house.texts, expected);
    }
  });

  it('no word that a start was none; of one that is something else the end under its new name', async () => {
    const none = await new House().feed(at(0, { power: 2000 }), at(10, { power: 2000 }));
    await none.correct({ what: 'none', id: 'id-1' }, 15);
    await none.feed(at(20, { power: 0 }), tick(100), tick(200));
    assert.deepEqual([none.texts, none.states.at(-1)], [[SOON[0]], 'tea discarded']);

    const other = await new House().feed(at(0, { power: 2000 }), at(180, { power: 2000 }));
    await other.correct({ what: 'activity', id: 'id-1', activity: 'coffee', category: 'food-and-beverage' }, 181);
    await other.feed(at(190, { power: 0 }), tick(300));
    assert.deepEqual(other.texts, [SOON[0], 'Done: coffee, 3 minutes.']);
    const [start, end] = other.webhook.map(({ activity }) => activity);
    assert.deepEqual([start?.id, start?.activity, end?.activity], [end?.id, 'tea', 'coffee']);
  });

  it('the end of one that nobody saw, unless it is over for two hours', async () => {
    const seen = Array.from({ length: 400 }, (_, index) => at(index * 60, { power: 90 }));
    for (const [to, expected] of [
      [400 * 60 - 60, 'Done: tea, 5 minutes.'],
      [400 * 60 - 7201, undefined],
    ] as const) {
      const house = await new House().feed(...seen);
      await house.correct({ what: 'missed', startedAt: time(to - 300), endedAt: time(to) }, 400 * 60);
      assert.deepEqual([house.texts[0], house.states], [expected, ['tea finished']]);
    }
  });
});
