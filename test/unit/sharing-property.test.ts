import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  type Offer,
  type Outcome,
  planShares,
  type Share,
  ShareQueue,
  type SharingRules,
} from '../../sharing/index.js';
import { type Activity, newId } from '../../vocabulary/index.js';
import { coffee, destination, offer, PlayedWorld, settle } from '../support/sharing.js';

type Step =
  | { do: 'accept'; which: number }
  | { do: 'hear'; state: Activity['state']; activity: 'tea' | 'coffee'; again: number }
  | { do: 'answer'; how: 'sent' | 'lost' | 'refused' | 'busy' }
  | { do: 'pass'; minutes: number }
  | { do: 'crash' };

const STEPS: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant('accept' as const), which: fc.nat(5) }),
  fc.record({ do: fc.constant('answer' as const), how: fc.constantFrom('sent', 'lost', 'refused', 'busy' as const) }),
  fc.record({ do: fc.constant('pass' as const), minutes: fc.integer({ min: 1, max: 20 }) }),
  fc.record({ do: fc.constant('crash' as const) }),
);

/** Of one activity, after its start: what is said of it next, or once more what was said some messages ago. */
const HEARD: fc.Arbitrary<Step> = fc.record({
  do: fc.constant('hear' as const),
  state: fc.constantFrom('ongoing', 'ongoing', 'finished', 'discarded' as const),
  activity: fc.constantFrom('tea', 'coffee' as const),
  again: fc.constantFrom(0, 0, 0, 1, 2, 3),
});

const RULES: SharingRules = {
  ...{ when: 'both', startedText: '', finishedText: '', language: 'en', reveal: [], ask: 'never', dailyCap: 500 },
};

const OUTCOMES: Record<'sent' | 'lost' | 'refused' | 'busy', Outcome> = {
  sent: { outcome: 'sent' },
  lost: { outcome: 'unknown', reason: 'the connection was cut before it answered' },
  refused: { outcome: 'failed', permanent: 'no', reason: 'it refuses connections' },
  busy: { outcome: 'failed', permanent: 'no', reason: 'it asks us to slow down (429)', retryAfterMs: 1000 },
};

/** A receiver that keeps one copy of each key, and a hub in front of it that can lose power at any moment. */
class Household {
  readonly world = new PlayedWorld();
  readonly offers: Offer[] = Array.from({ length: 6 }, (_, number) =>
    offer('hook', { text: `share ${number}`, activity: coffee({ id: newId() }), lastsMs: 1e12 }),
  );
  /** Activities and moments that somebody reads, by key. */
  readonly read = new Map<string, string>();
  readonly accepted = new Set<string>();
  #pending: { share: Share; answer: (outcome: Outcome) => void }[] = [];
  #queue!: ShareQueue;

  constructor(readonly idempotency: 'deduplicates' | 'none') {
    this.start();
  }

  /** Whatever the former process still wanted to do is lost with it. */
  start(): void {
    this.#pending = [];
    const world = Object.assign(new PlayedWorld(), { disk: this.world.disk, time: this.world.time });
    this.#unplug();
    const { save } = world;
    world.save = async (state) => {
      await save(state);
      this.world.disk = world.disk;
    };
    const hook = destination('hook', {
      idempotency: this.idempotency,
      send: (share) => new Promise((answer) => this.#pending.push({ share, answer })),
    });
    this.reachable = () => void world.destinations.set('hook', hook);
    this.unreachable = () => void world.destinations.delete('hook');
    this.reachable();
    this.#unplug = () => {
      world.save = () => new Promise(() => {});
      world.destinations.clear();
    };
    this.pass = async (minutes) => {
      await world.pass(minutes * 60_000);
      this.world.time = world.time;
    };
    this.#queue = new ShareQueue(world);
  }
  #unplug = () => {};
  unreachable = (): void => {};
  reachable = (): void => {};
  pass: (minutes: number) => Promise<void> = () => Promise.resolve();

  accept(which: number): void {
    const one = this.offers[which] as Offer;
    void this.#queue.accept([one]).then(() => this.accepted.add(`${one.activity.id} ${one.moment}`));
  }

  readonly #id = newId();
  /** Of the one activity, in order. */
  readonly #heard: Activity[] = [];

  async hear({ state, activity, again }: Extract<Step, { do: 'hear' }>): Promise<void> {
    const now = this.world.time;
    const before = this.#heard.length;
    const next = { id: this.#id, activity, startedAt: new Date(now).toISOString(), revision: before + 1 };
    if (again === 0 || before === 0) this.#heard.push(coffee({ ...next, state: before === 0 ? 'started' : state }));
    const heard = this.#heard.at(-Math.max(1, again)) ?? (this.#heard[0] as Activity);
    const plan = await planShares(heard, [destination('hook')], RULES, now);
    await this.#queue.accept(plan.offers, plan.withdrawals);
  }

  /** The newest that was said of the activity. */
  newest(): Activity | undefined {
    return this.#heard.at(-1);
  }

  answer(how: keyof typeof OUTCOMES): void {
    const next = this.#pending.shift();
    if (!next) return;
    // A lost answer is one to something that arrived.
    if (how === 'sent' || how === 'lost') this.#deliver(next.share);
    next.answer(OUTCOMES[how]);
  }

  copies: string[] = [];
  /** What was said to go on, by copy. */
  readonly names: string[] = [];
  #deliver(share: Share): void {
    const what = `${share.activity.id} ${share.moment}`;
    this.copies.push(what);
    this.names.push(share.activity.activity);
    this.read.set(share.key, what);
  }

  /** From now on everything works: what was accepted gets there. */
  async calm(): Promise<void> {
    for (let round = 0; round < 60; round++) {
      await this.pass(20);
      this.answer('sent');
      await settle();
    }
  }
}

async function live(household: Household, steps: readonly Step[]): Promise<void> {
  for (const step of steps) {
    if (step.do === 'accept') household.accept(step.which);
    else if (step.do === 'hear') void household.hear(step);
    else if (step.do === 'answer') household.answer(step.how);
    else if (step.do === 'pass') await household.pass(step.minutes);
    else household.start();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('whatever happens in whatever order', () => {
  it('a receiver that knows keys reads every accepted moment exactly once', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(STEPS, { maxLength: 25 }), async (steps) => {
        const household = new Household('deduplicates');
        await live(household, steps);
        await household.calm();
        const read = [...household.read.values()];
        assert.equal(new Set(read).size, read.length, 'no moment under two keys');
        for (const one of household.accepted) assert.ok(read.includes(one), 'nothing accepted is lost');
      }),
      { numRuns: 60 },
    );
  });

  it('a receiver that knows no keys never gets a second copy', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(STEPS, { maxLength: 25 }), async (steps) => {
        const household = new Household('none');
        await live(household, steps);
        await household.calm();
        assert.equal(new Set(household.copies).size, household.copies.length);
      }),
      { numRuns: 60 },
    );
  });

  for (const idempotency of ['deduplicates', 'none'] as const) {
    it(`each moment of an activity is told once, however it is corrected, taken back and brought again: ${idempotency}`, async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(fc.oneof(HEARD, STEPS), { maxLength: 30 }), async (steps) => {
          const household = new Household(idempotency);
          await live(household, steps);
          await household.calm();
          const read = idempotency === 'none' ? household.copies : [...household.read.values()];
          assert.equal(new Set(read).size, read.length);
        }),
        { numRuns: 150 },
      );
    });

    it(`what could not be sent for long is told as it is known by then, and not at all when it was none: ${idempotency}`, async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(HEARD, { maxLength: 12 }), fc.boolean(), async (steps, isOpen) => {
          const household = new Household(idempotency);
          if (!isOpen) household.unreachable();
          for (const step of steps) if (step.do === 'hear') await household.hear(step);
          household.reachable();
          household.answer('refused');
          await settle();
          await household.calm();
          const { state, activity } = household.newest() ?? {};
          const told = new Set(household.names);
          assert.deepEqual([...told], state === 'discarded' || told.size === 0 ? [] : [activity]);
        }),
        { numRuns: 100 },
      );
    });
  }
});
