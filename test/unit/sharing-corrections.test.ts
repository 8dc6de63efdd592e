import assert from 'node:assert/strict';
import {
  type Acceptance,
  type Destination,
  type Outcome,
  planShares,
  reviewShare,
  type Share,
  ShareQueue,
  type SharingRules,
} from '../../sharing/index.js';
import { type Activity, newId } from '../../vocabulary/index.js';
import { coffee, destination, PlayedWorld, settle } from '../support/sharing.js';

const MINUTE = 60_000;
const DOWN: Outcome = { outcome: 'failed', permanent: 'no', reason: 'it refuses connections' };
const CUT: Outcome = { outcome: 'unknown', reason: 'the connection was cut before it answered' };
const SENT: Outcome = { outcome: 'sent' };

const RULES: SharingRules = {
  ...{ when: 'both', startedText: '', finishedText: '', language: 'en', reveal: [], ask: 'public', dailyCap: 20 },
};

/** A household whose activities are told by a plan; what its one account answers is the test's. */
class Household {
  readonly world = new PlayedWorld();
  readonly shares: Share[] = [];
  outcome: Outcome = DOWN;
  hangs = false;
  /** Ends the try that hangs. */
  answer: (outcome: Outcome) => void = () => {};
  queue: ShareQueue;
  /** As their owner was asked about them. */
  readonly drafts: { token: string; text: string }[] = [];
  readonly #id = newId();
  readonly #startedAt = new Date(this.world.time - 3 * MINUTE).toISOString();
  readonly rules: SharingRules;
  readonly #account: Destination;

  constructor(rules: Partial<SharingRules> = {}, changes: Partial<Destination> = {}) {
    this.rules = { ...RULES, ...rules };
    const send = (share: Share): Promise<Outcome> => {
      this.shares.push(share);
      return this.hangs ? new Promise((answer) => (this.answer = answer)) : Promise.resolve(this.outcome);
    };
    this.#account = destination('hook', { send, ...changes });
    this.world.destinations.set('hook', this.#account);
    Object.assign(this.world, { review: (item: Share) => reviewShare(item, this.rules) });
    const { tell } = this.world;
    this.world.tell = (event) => {
      tell(event);
      if (event.event === 'draft') this.drafts.push({ token: event.item.draft?.token ?? '', text: event.item.text });
    };
    this.queue = new ShareQueue(this.world);
  }

  async restarts(): Promise<void> {
    await this.queue.close();
    this.queue = new ShareQueue(this.world);
  }

  crashes(): void {
    this.hangs = false;
    this.queue = new ShareQueue(this.world);
  }

  /** Everything of the one activity that the test is about. */
  async hears(state: Activity['state'], revision: number, changes: Partial<Activity> = {}): Promise<Acceptance[]> {
    const activity = coffee({ id: this.#id, state, revision, startedAt: this.#startedAt, ...changes });
    const plan = await planShares(activity, [this.#account], this.rules, this.world.time);
    const accepted = await this.queue.accept(plan.offers, plan.withdrawals);
    await settle();
    return accepted;
  }

  /** From now on everything that is sent arrives. */
  async recovers(): Promise<string[]> {
    this.outcome = SENT;
    const before = this.shares.length;
    await this.world.pass(20 * MINUTE);
    return this.shares.slice(before).map(({ text }) => text);
  }
}

const TEA = 'Time for tea. Who joins in?';
const COFFEE = 'Time for coffee. Who joins in?';
const tea = { activity: 'tea' };

describe('a start that waits', () => {
  it('is told as it was corrected since, as a start, and once', async () => {
    for (const [state, changes] of [
      ['ongoing', {}],
      ['finished', { seconds: 60 }],
    ] as const) {
      const house = new Household({ when: 'started' });
      await house.hears('started', 1, tea);
      await house.hears(state, 2, { seconds: 100, ...changes });
      await house.restarts();
      assert.deepEqual(await house.recovers(), [COFFEE]);
      const { activity, moment } = house.shares.at(-1) as Share;
      assert.deepEqual(
        [moment, activity.state, activity.revision, activity.endedAt],
        ['started', 'started', 2, undefined],
      );
      await house.hears('started', 1, tea);
      await house.hears('ongoing', 3, tea);
      assert.deepEqual(await house.recovers(), []);
    }
  });

  it('keeps what it says of the moment of the start, and is not asked about anew with every reading', async () => {
    const startedText = 'At {{power}}, {{duration}}';
    const house = new Household({ ask: 'always', reveal: ['power'], startedText });
    const power = (last: number) => ({ parameters: { power: { last } }, seconds: last });
    await house.hears('started', 1, power(1));
    await house.world.pass(1000);
    await house.hears('ongoing', 2, power(2));
    await house.hears('ongoing', 3, power(3));
    await house.world.pass(1000);
    assert.equal(house.drafts.length, 1);
  });

  it('takes no late copy of an older state for a correction', async () => {
    const house = new Household();
    await house.hears('started', 1, tea);
    await house.hears('ongoing', 3, tea);
    await house.hears('ongoing', 2);
    assert.deepEqual(await house.recovers(), [TEA]);
  });

  it('is added by nothing but a start', async () => {
    const house = new Household();
    await house.hears('ongoing', 2);
    await house.hears('ongoing', 3, tea);
    assert.deepEqual(await house.recovers(), []);
  });

  it('and may have been seen is told again as it was, so that both copies are the same', async () => {
    const house = new Household();
    house.outcome = CUT;
    await house.hears('started', 1, tea);
    await house.hears('ongoing', 2);
    assert.deepEqual(await house.recovers(), [TEA]);
  });

  it('is told when it was taken for none and was one all the same, also over a restart', async () => {
    const house = new Household();
    await house.hears('started', 1, tea);
    await house.hears('discarded', 2, tea);
    await house.restarts();
    await house.world.pass(MINUTE);
    assert.equal(house.queue.summary().waiting, 0);
    await house.hears('started', 1, tea);
    assert.equal(house.queue.summary().waiting, 0, 'a late copy of the start changes nothing');
    await house.hears('ongoing', 3);
    await house.hears('ongoing', 3);
    assert.deepEqual(await house.recovers(), [COFFEE]);
    await house.hears('ongoing', 4, tea);
    assert.deepEqual(await house.recovers(), []);
  });

  it('is forgotten without a word when that comes too late for it', async () => {
    const house = new Household();
    await house.hears('started', 1, tea);
    await house.hears('discarded', 2, tea);
    await house.world.pass(40 * MINUTE);
    await house.hears('ongoing', 3);
    assert.deepEqual([await house.recovers(), house.world.told().slice(1)], [[], []]);
  });

  it('is not told when its owner said no, whatever it turned out to be since', async () => {
    const house = new Household({ ask: 'always' });
    await house.hears('started', 1, tea);
    await house.world.pass(1000);
    assert.ok(await house.queue.discard(house.drafts[0]?.token ?? ''));
    for (const [revision, state] of (['ongoing', 'discarded', 'ongoing'] as const).entries()) {
      await house.hears(state, revision + 2);
    }
    await house.world.pass(1000);
    assert.equal(house.drafts.length, 1);
  });
});

describe('a draft that nobody answered yet', () => {
  const corrected = { endedAt: new Date().toISOString(), activity: 'coffee', seconds: 60 };
  const DONE = ['Done: tea, 1 minute.', 'Done: coffee, 1 minute.'];

  it('is asked about anew where a correction changes its words; only the newest token counts', async () => {
    const house = new Household({ ask: 'always', when: 'finished' });
    house.outcome = SENT;
    const end = () => ({ ...corrected, endedAt: new Date(house.world.time).toISOString() });
    await house.hears('finished', 1, { ...end(), ...tea });
    await house.world.pass(1000);
    await house.hears('finished', 2, end());
    await house.world.pass(1000);
    await house.hears('finished', 2, end());
    await house.hears('finished', 3, end());
    await house.restarts();
    await house.world.pass(1000);
    const [first, second, ...more] = house.drafts;
    assert.deepEqual([first?.text, second?.text, more], [...DONE, []]);
    assert.equal(await house.queue.confirm(first?.token ?? ''), undefined);
    assert.ok(await house.queue.confirm(second?.token ?? ''));
    assert.deepEqual([await house.recovers(), house.shares[0]?.activity.revision], [[DONE[1]], 3]);
  });

  it("keeps its owner's own words while the automatic ones stay, and is asked about anew when those change", async () => {
    for (const isTea of [true, false]) {
      const house = new Household({ ask: 'always', when: 'finished' });
      house.outcome = SENT;
      const end = { ...corrected, ...tea, endedAt: new Date(house.world.time).toISOString() };
      await house.hears('finished', 1, end);
      await house.world.pass(1000);
      assert.ok(await house.queue.confirm(house.drafts[0]?.token ?? '', 'Tea, at last.'));
      await house.world.pass(1000);
      await house.restarts();
      await house.hears('finished', 2, { ...end, rating: 4, activity: isTea ? 'tea' : 'coffee' });
      await house.world.pass(1000);
      assert.deepEqual(
        house.drafts.map(({ text }) => text),
        [DONE[0], 'Tea, at last.', ...(isTea ? [] : [DONE[1]])],
      );
      assert.equal((await house.queue.confirm(house.drafts[1]?.token ?? '')) !== undefined, isTea);
      await house.recovers();
      assert.deepEqual(
        house.shares.map(({ text, activity }) => [text, activity.revision]),
        isTea ? [['Tea, at last.', 2]] : [],
      );
    }
  });

  it('is said to be void when it is taken back, replaced or runs out, also over a restart, and not when answered', async () => {
    for (const isRestart of [false, true]) {
      const house = new Household({ ask: 'always' });
      const voided = () => house.world.events.flatMap((event) => (event.event === 'void' ? [event.token] : []));
      const tokens = () => house.drafts.map(({ token }) => token);
      await house.hears('started', 1, tea);
      await house.hears('ongoing', 2);
      assert.deepEqual(voided(), tokens().slice(0, 1));
      await house.hears('discarded', 3);
      assert.deepEqual(voided(), tokens());
      await house.hears('ongoing', 4);
      if (isRestart) await house.restarts();
      await house.world.pass(20 * MINUTE);
      assert.deepEqual([voided(), tokens().length], [tokens(), 3]);
      const other = new Household({ ask: 'always' });
      await other.hears('started', 1);
      assert.ok(await other.queue.confirm(other.drafts[0]?.token ?? ''));
      await other.world.pass(40 * MINUTE);
      assert.ok(!other.world.told().includes('void'));
    }
  });

  it('is as it was when the correction cannot be saved', async () => {
    const house = new Household({ ask: 'always' });
    house.outcome = SENT;
    await house.hears('started', 1, tea);
    await house.world.pass(1000);
    house.world.diskFails = true;
    await assert.rejects(house.hears('ongoing', 2));
    house.world.diskFails = false;
    assert.ok(await house.queue.confirm(house.drafts[0]?.token ?? ''));
    await settle();
    assert.deepEqual(
      house.shares.map(({ text }) => text),
      [TEA],
    );
  });
});

describe('an end that waits', () => {
  const end = { seconds: 60 };
  const DONE = 'Done: coffee, 1 minute.';

  it('is not taken back by what came before it and comes late, or twice', async () => {
    const house = new Household({ when: 'finished' });
    await house.hears('finished', 3, { ...end, endedAt: new Date(house.world.time).toISOString() });
    for (const revision of [2, 3]) await house.hears('ongoing', revision);
    await house.hears('discarded', 2);
    await house.restarts();
    await house.hears('ongoing', 2);
    assert.deepEqual(await house.recovers(), [DONE]);
  });

  it('is taken back by what came after it, for good where a late copy follows, and told when it is over again', async () => {
    const house = new Household({ when: 'finished' });
    const over = () => ({ ...end, endedAt: new Date(house.world.time).toISOString() });
    await house.hears('finished', 2, over());
    await house.hears('ongoing', 3);
    await house.restarts();
    await house.hears('finished', 2, over());
    assert.equal(house.queue.summary().waiting, 0);
    await house.hears('discarded', 5);
    await house.hears('finished', 4, over());
    assert.equal(house.queue.summary().waiting, 0);
    await house.hears('finished', 6, over());
    await house.hears('finished', 6, over());
    assert.deepEqual(await house.recovers(), [DONE]);
  });
});

describe('a copy that waits for a yes', () => {
  const ACCOUNT = { standing: true, network: 'kindred' };
  const state = (house: Household): [number, number] => [house.queue.summary().drafts, house.drafts.length];

  it('is forgotten when it turned out to be of nothing, and asked about when it was something all the same', async () => {
    const house = new Household({ ask: 'always' }, ACCOUNT);
    house.outcome = SENT;
    await house.hears('started', 1);
    await house.hears('ongoing', 2);
    await house.hears('discarded', 3);
    await house.restarts();
    await house.hears('discarded', 3);
    await house.hears('ongoing', 2);
    assert.deepEqual(state(house), [0, 1]);
    assert.equal(await house.queue.confirm(house.drafts[0]?.token ?? ''), undefined);
    await house.hears('ongoing', 4);
    assert.deepEqual(state(house), [1, 2]);
    assert.ok(await house.queue.confirm(house.drafts[1]?.token ?? ''));
    await house.hears('discarded', 5);
    assert.deepEqual(
      house.shares.map(({ activity }) => activity.revision),
      [4, 5],
    );
  });

  it('is told to be of nothing where an earlier state may have arrived before the hub went down', async () => {
    const house = new Household({}, ACCOUNT);
    house.hangs = true;
    await house.hears('started', 1);
    house.rules.ask = 'always';
    await house.hears('ongoing', 2);
    house.crashes();
    house.outcome = SENT;
    await house.hears('discarded', 3);
    await house.world.pass(1000);
    assert.deepEqual(state(house), [0, 2], 'nobody has to say yes to that');
    assert.deepEqual(
      house.shares.map(({ activity }) => activity.state),
      ['started', 'discarded'],
    );
  });

  it('is told to be of nothing without a yes where it was told before that was asked for, even after a no', async () => {
    for (const isNo of [false, true]) {
      const house = new Household({}, ACCOUNT);
      house.outcome = { ...SENT, remoteId: 'there' };
      await house.hears('started', 1);
      house.rules.ask = 'always';
      if (isNo) {
        await house.hears('ongoing', 2);
        assert.ok(await house.queue.discard(house.drafts[0]?.token ?? ''));
      }
      await house.hears('discarded', 3);
      assert.deepEqual(
        [house.shares.map(({ activity }) => activity.state), house.queue.summary().drafts],
        [['started', 'discarded'], 0],
      );
    }
  });

  it('is not asked about where it is of nothing that was ever told', async () => {
    const house = new Household({ ask: 'always' }, ACCOUNT);
    await house.hears('discarded', 3);
    assert.deepEqual([state(house), house.shares], [[0, 0], []]);
  });

  it('is agreed to with other words as well, for it has none', async () => {
    const house = new Household({ ask: 'always' }, ACCOUNT);
    house.outcome = SENT;
    await house.hears('started', 1);
    assert.ok(await house.queue.confirm(house.drafts[0]?.token ?? '', 'Tea, at last.'));
    await settle();
    assert.deepEqual([state(house), house.shares.length], [[0, 1], 1]);
  });

  it('is asked about anew when it is of another activity, and not with each of its states', async () => {
    const house = new Household({ ask: 'always' }, ACCOUNT);
    house.outcome = SENT;
    await house.hears('started', 1, tea);
    await house.hears('ongoing', 2, { ...tea, seconds: 60 });
    assert.deepEqual(state(house), [1, 1]);
    await house.hears('ongoing', 3, { seconds: 90 });
    assert.deepEqual(state(house), [1, 2]);
    assert.equal(await house.queue.confirm(house.drafts[0]?.token ?? ''), undefined);
    assert.ok(await house.queue.confirm(house.drafts[1]?.token ?? ''));
    await house.hears('ongoing', 4, tea);
    assert.deepEqual(
      house.shares.map(({ activity }) => activity.activity),
      ['coffee', 'tea'],
    );
  });

  it('is asked about on, whatever it says, where an earlier state was told, or may have been', async () => {
    for (const outcome of [{ ...SENT, remoteId: 'there' }, CUT]) {
      const house = new Household({}, ACCOUNT);
      house.outcome = outcome;
      await house.hears('started', 1);
      house.outcome = DOWN;
      house.rules.ask = 'always';
      await house.hears('ongoing', 2);
      await house.hears('discarded', 3);
      const { drafts, waiting } = house.queue.summary();
      assert.equal(drafts + waiting, 1);
    }
  });
});

describe('what waits when its owner changes what is told', () => {
  it('is asked about where everything is asked about from now on, with all its later states', async () => {
    for (const account of [{}, { standing: true, network: 'kindred' } as const]) {
      const house = new Household({}, account);
      await house.hears('started', 1);
      house.rules.ask = 'always';
      await house.restarts();
      house.outcome = SENT;
      await house.world.pass(MINUTE);
      await house.hears('ongoing', 2);
      await house.world.pass(2 * MINUTE);
      assert.deepEqual([house.shares.length, house.drafts.map(({ text }) => text)], [1, [COFFEE]]);
      assert.ok(await house.queue.confirm(house.drafts[0]?.token ?? ''));
      await house.world.pass(20 * MINUTE);
      assert.equal(house.shares.length, 2);
      await house.restarts();
      await house.world.pass(MINUTE);
      assert.equal(house.drafts.length, 1);
    }
  });

  it('is not asked about again where its owner has said yes', async () => {
    const house = new Household({ ask: 'always' });
    await house.hears('started', 1);
    assert.ok(await house.queue.confirm(house.drafts[0]?.token ?? ''));
    await house.restarts();
    assert.deepEqual([await house.recovers(), house.drafts.length], [[COFFEE], 1]);
  });

  it('goes where only the end is told from now on, and the end is told', async () => {
    const house = new Household();
    await house.hears('started', 1);
    house.rules.when = 'finished';
    await house.restarts();
    await house.hears('finished', 2, { seconds: 60 });
    assert.deepEqual(await house.recovers(), ['Done: coffee, 1 minute.']);
  });
});

describe('a correction that comes while a try is under way', () => {
  const end = (house: Household) => ({ seconds: 60, endedAt: new Date(house.world.time).toISOString() });
  const hanging = async (): Promise<Household> => {
    const house = new Household({ when: 'finished' });
    house.hangs = true;
    await house.hears('finished', 2, { ...tea, ...end(house) });
    await house.hears('finished', 3, end(house));
    house.hangs = false;
    return house;
  };
  const WORDS = { tea: 'Done: tea, 1 minute.', coffee: 'Done: coffee, 1 minute.' };

  it('is what is told where the try comes to nothing, also over a restart', async () => {
    for (const isRestart of [false, true]) {
      const house = await hanging();
      const closed = isRestart ? house.restarts() : undefined;
      await settle();
      house.answer(DOWN);
      await closed;
      await house.hears('finished', 2, { ...tea, ...end(house) });
      assert.deepEqual(await house.recovers(), [WORDS.coffee]);
      assert.equal(house.shares.at(-1)?.activity.revision, 3);
    }
  });

  it('is forgotten where the try may have arrived, or has', async () => {
    for (const [outcome, more] of [
      [CUT, [WORDS.tea]],
      [SENT, []],
    ] as const) {
      const house = await hanging();
      house.answer(outcome);
      await settle();
      assert.deepEqual(await house.recovers(), more);
      await house.hears('finished', 4, end(house));
      assert.deepEqual(await house.recovers(), []);
    }
  });

  it('is forgotten in a power cut, for the try may have arrived', async () => {
    const house = await hanging();
    house.crashes();
    assert.deepEqual(await house.recovers(), [WORDS.tea]);
  });

  it('does not come back where the activity was none since, and was one all the same', async () => {
    const house = await hanging();
    await house.hears('discarded', 4);
    await house.hears('finished', 5, { ...tea, ...end(house) });
    house.answer(DOWN);
    assert.deepEqual(await house.recovers(), [WORDS.tea]);
    assert.equal(house.shares.at(-1)?.activity.revision, 5);
  });
});
