import assert from 'node:assert/strict';
import {
  type Destination,
  destinationOf,
  type Offer,
  type Outcome,
  reveal,
  type Share,
  ShareQueue,
  TARGETS,
} from '../../sharing/index.js';
import { type Activity, newId } from '../../vocabulary/index.js';
import { coffee, destination, offer, PlayedWorld, settle } from '../support/sharing.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const SENT: Outcome = { outcome: 'sent' };
const DOWN: Outcome = { outcome: 'failed', permanent: 'no', reason: 'it refuses connections' };
const CUT: Outcome = { outcome: 'unknown', reason: 'the connection was cut before it answered' };

/** A destination whose tries stay under way until the test answers them. */
function slow(id: string, changes: Partial<Destination> = {}) {
  const shares: Share[] = [];
  const answers: ((outcome: Outcome) => void)[] = [];
  const send = (share: Share, signal: AbortSignal): Promise<Outcome> => {
    shares.push(share);
    return new Promise((answer) => {
      answers.push(answer);
      signal.addEventListener('abort', () => answer(CUT));
    });
  };
  const answer = async (outcome: Outcome): Promise<void> => {
    answers.shift()?.(outcome);
    await settle();
  };
  return { shares, answer, ...destination(id, { send, ...changes }) };
}

async function started(world: PlayedWorld, ...destinations: Destination[]): Promise<ShareQueue> {
  for (const one of destinations) world.destinations.set(one.id, one);
  const queue = new ShareQueue(world);
  await queue.ready();
  await settle();
  return queue;
}

/** A queue that is just telling `hook` something. */
async function telling(what = offer('hook')) {
  const world = new PlayedWorld();
  const hook = slow('hook');
  const queue = await started(world, hook);
  await queue.accept([what]);
  await settle();
  return { world, hook, queue };
}

/** The states of one activity, by revision, for a target that keeps a copy. */
function statesOf(target: string, more: Partial<Offer> = {}): (revision: number) => Offer {
  const id = newId();
  return (revision) => offer(target, { moment: 'activity', activity: coffee({ id, revision }), lastsMs: DAY, ...more });
}

interface Saved {
  items: { withdrawn?: boolean }[];
  ledger: { target: string; agreed?: boolean }[];
}

const saved = (world: PlayedWorld): Saved => JSON.parse(world.disk ?? '{}') as Saved;

describe('a disk that is full for a while', () => {
  it('leaves everything as it was, also what a newer state would have replaced', async () => {
    const world = new PlayedWorld();
    const copy = slow('copy', { standing: true });
    const queue = await started(world, copy);
    const state = statesOf('copy');
    await queue.accept([state(1)]);
    await settle();
    await copy.answer(DOWN);
    world.diskFails = true;
    await assert.rejects(queue.accept([state(2)]), /not-taken/);
    world.diskFails = false;
    assert.equal((await queue.accept([state(2)]))[0]?.verdict, 'replaced', 'what was refused may come again');
  });

  it('does not make the owner say yes again', async () => {
    const world = new PlayedWorld();
    const queue = await started(world, destination('copy', { standing: true }));
    const state = statesOf('copy', { ask: true });
    const [first] = await queue.accept([state(1)]);
    await queue.confirm(first?.item?.draft?.token ?? '');
    await settle();
    world.diskFails = true;
    await assert.rejects(queue.accept([state(2)]));
    world.diskFails = false;
    assert.equal((await queue.accept([state(2)]))[0]?.verdict, 'waiting');
    assert.equal((await queue.accept([state(1)]))[0]?.verdict, 'known');
  });
});

describe('what is taken back while it is being told', () => {
  const id = newId();
  const began = () => offer('hook', { activity: coffee({ id }), lastsMs: 2 * HOUR });
  const key = { target: 'hook', activityId: id, moment: 'started' as const, revision: 2 };

  it('is not told once it is certain that it was not', async () => {
    const { world, hook, queue } = await telling(began());
    await queue.accept([], [key]);
    await hook.answer(DOWN);
    await world.pass(HOUR);
    assert.equal(hook.shares.length, 1);
    assert.deepEqual(saved(world).items, []);
  });

  it('and may have been seen is told again only when it is true again, under the same key', async () => {
    const { world, hook, queue } = await telling(began());
    await queue.accept([], [key]);
    await hook.answer(CUT);
    await world.pass(HOUR);
    assert.equal(hook.shares.length, 1);
    assert.equal(queue.summary().waiting, 0);
    const again = offer('hook', { activity: coffee({ id, revision: 3 }), text: 'now really', lastsMs: HOUR });
    assert.equal((await queue.accept([again]))[0]?.verdict, 'replaced');
    await world.pass(20 * MINUTE);
    assert.equal(hook.shares.length, 2);
    assert.equal(hook.shares[1]?.key, hook.shares[0]?.key);
    assert.equal(hook.shares[1]?.text, 'now really');
  });

  it('is forgotten without a word when it does not come again', async () => {
    const { world, hook, queue } = await telling(began());
    await queue.accept([], [key]);
    await hook.answer(CUT);
    await world.pass(3 * HOUR);
    assert.deepEqual(world.told(), ['retry']);
    assert.equal((await queue.accept([offer('hook')]))[0]?.verdict, 'waiting');
    assert.equal(saved(world).items.length, 1);
  });

  it('and is true again before the try ends, is told', async () => {
    const { world, hook, queue } = await telling(began());
    await queue.accept([], [key]);
    await queue.accept([offer('hook', { activity: coffee({ id, revision: 3 }), text: 'again', lastsMs: HOUR })]);
    await hook.answer(DOWN);
    await world.pass(20 * MINUTE);
    assert.equal(hook.shares[1]?.text, 'again');
  });
});

describe('a target that is down for long', () => {
  it('does not make the others be told twice', async () => {
    const world = new PlayedWorld();
    const queue = await started(world, destination('hook'));
    const told = offer('hook', { dailyCap: 5000 });
    await queue.accept(Array.from({ length: 1000 }, () => offer('down', { dailyCap: 5000, lastsMs: DAY })));
    await queue.accept([told]);
    await settle();
    await queue.accept([offer('hook', { dailyCap: 5000 })]);
    const later = { ...told, activity: { ...told.activity, revision: 2 } };
    assert.equal((await queue.accept([later]))[0]?.verdict, 'known');
  });

  it('does not keep anything from the others', async () => {
    const world = new PlayedWorld();
    const queue = await started(world);
    const full = await queue.accept(Array.from({ length: 1001 }, () => offer('down', { dailyCap: 5000 })));
    assert.equal(full.at(-1)?.verdict, 'full');
    assert.equal((await queue.accept([offer('hook')]))[0]?.verdict, 'waiting');
  });
});

describe('an account that is missing at the start', () => {
  it('gets no second copy when it is back, where the reader would see two', async () => {
    const world = new PlayedWorld();
    const none = slow('none', { idempotency: 'none' });
    const queue = await started(world, none);
    await queue.accept([offer('none', { lastsMs: HOUR })]);
    await settle();
    assert.equal(none.shares.length, 1);
    const next = Object.assign(new PlayedWorld(), { disk: world.disk });
    await started(next);
    next.destinations.set('none', none);
    await next.pass(10 * MINUTE);
    assert.equal(none.shares.length, 1);
    assert.deepEqual(next.told(), ['unknown']);
  });
});

describe('an account that its owner has taken off the list', () => {
  const waiting = async (): Promise<PlayedWorld> => {
    const world = new PlayedWorld();
    const send = () => Promise.resolve(DOWN);
    const queue = await started(world, destination('kept', { send }), destination('copy', { send, standing: true }));
    const state = statesOf('copy');
    await queue.accept([offer('kept'), offer('asked', { ask: true }), state(1)]);
    await settle();
    queue.hold();
    await queue.accept([offer('asked', { ask: true, activity: coffee({ id: newId() }) })]);
    await queue.close();
    return Object.assign(new PlayedWorld(), { disk: world.disk });
  };

  it('is not waited for, asked about or told of, and a question about it is void', async () => {
    const world = await waiting();
    world.takenOff.add('copy').add('asked');
    const copy = slow('copy', { standing: true });
    const queue = await started(world, copy);
    const { waiting: left, activities, drafts } = queue.summary();
    assert.deepEqual([left, activities, drafts, copy.shares.length, world.told()], [1, 1, 0, 0, ['void']]);
  });

  it('is not one that is missing or switched off', async () => {
    const world = await waiting();
    const queue = await started(world);
    assert.deepEqual([queue.summary().waiting, queue.summary().drafts, world.told()], [2, 2, ['draft']]);
  });

  it('is told of what still goes on when it is back, but of nothing twice', async () => {
    const before = new PlayedWorld();
    const state = statesOf('copy');
    const text = offer('hook');
    const first = await started(before, slow('hook'));
    await first.accept([state(1), text]);
    await settle();
    const without = Object.assign(new PlayedWorld(), { disk: before.disk });
    without.takenOff.add('copy').add('hook');
    await (await started(without)).close();
    const world = Object.assign(new PlayedWorld(), { disk: without.disk });
    const copy = slow('copy', { standing: true });
    const again = await started(world, copy);
    const later = { ...text, activity: { ...text.activity, revision: 2 } };
    const verdicts = (await again.accept([state(2), later])).map(({ verdict }) => verdict);
    assert.deepEqual(verdicts, ['waiting', 'known']);
  });
});

describe('a clock that jumps', () => {
  it('makes nothing that was told be forgotten, and so told again', async () => {
    const world = new PlayedWorld();
    const leaps: number[] = [];
    Object.assign(world, { leap: () => leaps.pop() ?? 0 });
    const queue = await started(world, destination('hook'));
    const told = offer('hook');
    await queue.accept([told]);
    await settle();
    for (const by of [10 * 365 * DAY, -10 * 365 * DAY]) {
      leaps.push(by);
      world.time += by;
      await queue.accept([offer('hook')]);
      await settle();
    }
    const later = { ...told, activity: { ...told.activity, revision: 2 } };
    assert.equal((await queue.accept([later]))[0]?.verdict, 'known');
  });
});

describe('a clock that was set back while everything was off', () => {
  it('lets nothing be told later than it is worth telling', async () => {
    const world = new PlayedWorld();
    const queue = await started(world, destination('hook', { send: () => Promise.resolve(DOWN) }));
    await queue.accept([offer('hook', { lastsMs: HOUR })]);
    await settle();
    await queue.close();
    world.time -= 3 * DAY;
    await started(world);
    await world.pass(2 * HOUR);
    assert.equal(world.told().at(-1), 'expired');
  });
});

describe('a power cut on a hub whose clock stops with it', () => {
  const evening = new Date(2026, 10, 22, 22).getTime();
  const down = destination('hook', { send: () => Promise.resolve(DOWN) });

  const at = (time: number, more: Partial<PlayedWorld> = {}) => Object.assign(new PlayedWorld(), { time, ...more });

  /** The clock is set ahead by so many milliseconds, which the queue then notices. */
  async function setAhead(world: PlayedWorld, queue: ShareQueue, by: number): Promise<void> {
    const leaps = [by];
    Object.assign(world, { leap: () => leaps.pop() ?? 0 });
    world.time += by;
    await queue.accept([]);
    await settle();
  }

  it('tells nothing the next morning, and counts no text of yesterday as one of today', async () => {
    const before = at(evening - 4 * HOUR);
    const texts = () => [1, 2, 3].map(() => offer('hook', { dailyCap: 4 }));
    const first = await started(before, destination('hook'));
    await first.accept(texts());
    await settle();
    before.time = evening;
    before.destinations.set('hook', down);
    await first.accept([offer('hook', { dailyCap: 4 })]);
    await settle();
    const world = at(evening + MINUTE, { disk: before.disk });
    const hook = slow('hook');
    const queue = await started(world);
    world.destinations.set('hook', hook);
    await setAhead(world, queue, 8 * HOUR);
    assert.deepEqual([world.told(), hook.shares.length], [['expired'], 0]);
    const [one, , three] = await queue.accept(texts());
    assert.deepEqual([one?.verdict, three?.verdict], ['waiting', 'waiting']);
  });

  for (const [clock, behind] of [
    ['that stood still for a while', 45 * MINUTE],
    ['that began in 1970', evening],
  ] as const) {
    it(`gives back what a clock ${clock} has taken: what is not too late is told, and nothing twice`, async () => {
      const before = at(evening);
      const [told, waits] = [offer('told'), offer('hook')];
      const first = await started(before, down, destination('told'));
      await first.accept([told, waits]);
      await settle();
      const world = at(evening + 2 * MINUTE - behind, { disk: before.disk });
      const queue = await started(world);
      await queue.accept([offer('other')]);
      const hook = slow('hook');
      world.destinations.set('hook', hook);
      await setAhead(world, queue, behind);
      await world.pass(10 * MINUTE);
      assert.deepEqual(
        hook.shares.map(({ createdAt }) => createdAt),
        [evening],
      );
      const later = { ...told, activity: { ...told.activity, revision: 2 } };
      assert.equal((await queue.accept([later]))[0]?.verdict, 'known');
    });
  }

  it('leaves time for what is told anew after it, also in place of something older', async () => {
    const before = at(evening);
    const state = statesOf('copy', { lastsMs: HOUR });
    await (await started(before)).accept([state(1)]);
    const world = at(evening + MINUTE, { disk: before.disk });
    const queue = await started(world);
    assert.equal((await queue.accept([state(2)]))[0]?.verdict, 'replaced');
    const copy = slow('copy', { standing: true });
    world.destinations.set('copy', copy);
    await setAhead(world, queue, 8 * HOUR);
    assert.deepEqual([world.told(), copy.shares[0]?.activity.revision], [['leapt'], 2]);
  });
});

describe('a queue that closes during a try', () => {
  it('waits a moment for the answer, so that there is no second copy', async () => {
    const { world, hook, queue } = await telling();
    const closed = queue.close();
    await world.pass(1500);
    await hook.answer(SENT);
    await closed;
    await started(world, hook);
    assert.equal(hook.shares.length, 1);
    assert.deepEqual(world.told(), ['sent']);
  });

  it('breaks it off then, and goes on after the next start without having complained', async () => {
    const { world, hook, queue } = await telling();
    const closed = queue.close();
    await world.pass(5000);
    await closed;
    assert.deepEqual(world.told(), []);
    await started(world, hook);
    assert.equal(hook.shares.length, 2);
    assert.equal(hook.shares[1]?.key, hook.shares[0]?.key);
  });

  it('does not complain of a network that is closed with it, as an account is by a Deploy', async () => {
    const { world, hook, queue } = await telling();
    const closed = queue.close();
    await hook.answer(CUT);
    await closed;
    assert.deepEqual(world.told(), []);
    await started(world, hook);
    assert.equal(hook.shares[1]?.key, hook.shares[0]?.key);
  });

  it('leaves behind no older state of a copy whose newer one waits, which would be told after the newest', async () => {
    const world = new PlayedWorld();
    const copy = slow('copy', { standing: true });
    const queue = await started(world, copy);
    const state = statesOf('copy');
    await queue.accept([state(1)]);
    await settle();
    await queue.accept([state(2)]);
    const closed = queue.close();
    await copy.answer(DOWN);
    await closed;
    const told: number[] = [];
    const send = ({ activity }: Share): Promise<Outcome> => {
      told.push(activity.revision);
      return Promise.resolve(SENT);
    };
    // The account comes later than the next state.
    world.destinations.clear();
    const again = await started(world);
    await again.accept([state(3)]);
    world.destinations.set('copy', { ...copy, send });
    await world.pass(HOUR);
    assert.deepEqual(told, [3]);
  });

  it('closes also while the account hangs before there is anything to send', async () => {
    const world = new PlayedWorld();
    const hanging = destinationOf(TARGETS.kindred, {
      id: 'account',
      name: 'Anna',
      settings: '1',
      address: '1',
      credentials: () => new Promise(() => {}),
      explain: ({ key }) => key,
    });
    const queue = await started(world, hanging);
    await queue.accept([offer('account', { moment: 'activity' })]);
    await settle();
    const closed = queue.close();
    await world.pass(5000);
    await closed;
    assert.deepEqual(world.told(), []);
    const sends: Share[] = [];
    const send = (share: Share): Promise<Outcome> => {
      sends.push(share);
      return Promise.resolve(SENT);
    };
    await started(world, destination('account', { standing: true, send }));
    assert.equal(sends.length, 1, 'it was no fault of the account that would stop it');
  });
});

describe('an action that is none', () => {
  it('is left out, so that everything else can be saved', () => {
    const self: Record<string, unknown> = {};
    self.action = self;
    const startedAt = '2026-11-22T08:41:07.000Z';
    const actions = [
      { action: 'sip', startedAt, note: 1n },
      { action: self, startedAt },
      { action: 'sip', startedAt: 1n },
      { action: 'x'.repeat(1000), startedAt },
    ];
    const shared = reveal(coffee({ actions: actions as unknown as Activity['actions'] }), ['actions']);
    assert.deepEqual(shared.actions, [{ action: 'sip', startedAt }]);
  });
});
