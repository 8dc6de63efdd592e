import assert from 'node:assert/strict';
import { type Destination, type Outcome, type Share, type ShareItem, ShareQueue } from '../../sharing/index.js';
import { newId } from '../../vocabulary/index.js';
import { coffee, destination, offer, PlayedWorld, settle } from '../support/sharing.js';

const MINUTE = 60_000;

/** A destination that gives these outcomes in turn, the last one for ever, and notes what it was sent. */
function scripted(id: string, outcomes: Outcome[], changes: Partial<Destination> = {}) {
  const shares: Share[] = [];
  const send = (share: Share): Promise<Outcome> => {
    shares.push(share);
    return Promise.resolve((outcomes.length > 1 ? outcomes.shift() : outcomes[0]) as Outcome);
  };
  return { shares, ...destination(id, { send, ...changes }) };
}

const SENT: Outcome = { outcome: 'sent' };
const DOWN: Outcome = { outcome: 'failed', permanent: 'no', reason: 'it refuses connections' };
const CUT: Outcome = { outcome: 'unknown', reason: 'the connection was cut before it answered' };

async function started(...destinations: Destination[]): Promise<{ world: PlayedWorld; queue: ShareQueue }> {
  const world = new PlayedWorld();
  for (const one of destinations) world.destinations.set(one.id, one);
  const queue = new ShareQueue(world);
  await queue.ready();
  return { world, queue };
}

async function restarted(world: PlayedWorld): Promise<ShareQueue> {
  const queue = new ShareQueue(world);
  await queue.ready();
  await settle();
  return queue;
}

describe('the share queue', () => {
  it('sends what it accepted, once, and knows the same moment again after a restart', async () => {
    const hook = scripted('hook', [SENT]);
    const { world, queue } = await started(hook);
    const same = offer('hook');
    assert.equal((await queue.accept([same]))[0]?.verdict, 'waiting');
    await settle();
    assert.equal((await queue.accept([same]))[0]?.verdict, 'known');
    await queue.close();
    const again = await restarted(world);
    assert.equal((await again.accept([same]))[0]?.verdict, 'known');
    await settle();
    assert.equal(hook.shares.length, 1);
  });

  it('has it on disk before it counts as accepted, and sends nothing that could not be saved', async () => {
    const hook = scripted('hook', [SENT]);
    const { world, queue } = await started(hook);
    world.diskFails = true;
    const same = offer('hook');
    await assert.rejects(queue.accept([same]), /not-taken no space left/);
    await settle();
    assert.equal(hook.shares.length, 0);
    world.diskFails = false;
    assert.equal((await queue.accept([same]))[0]?.verdict, 'waiting', 'it was never accepted, so it may come again');
  });

  it('keeps the order of a target while it is down, and uses the same key on every try', async () => {
    const hook = scripted('hook', [DOWN, DOWN, DOWN, DOWN, DOWN, SENT]);
    const { world, queue } = await started(hook);
    const offers = ['one', 'two', 'three'].map((text) => offer('hook', { text }));
    await queue.accept(offers);
    await world.pass(10 * MINUTE);
    assert.deepEqual(
      hook.shares.map(({ text }) => text),
      ['one', 'one', 'one', 'one', 'one', 'one', 'two', 'three'],
    );
    assert.equal(new Set(hook.shares.slice(0, 6).map(({ key }) => key)).size, 1);
  });

  it('backs off exponentially with jitter, up to a cap', async () => {
    const hook = scripted('hook', [DOWN]);
    const { world, queue } = await started(hook);
    await queue.accept([offer('hook', { lastsMs: 7 * 24 * 60 * MINUTE })]);
    await world.pass(24 * 60 * MINUTE);
    const waits = world.events.flatMap((event) => (event.event === 'retry' ? [event.at] : []));
    const gaps = waits.slice(1).map((at, index) => at - (waits[index] as number));
    assert.deepEqual(gaps.slice(0, 3), [5_000, 10_000, 20_000], 'half of 10, 20, 40 seconds: chance is 0.5 here');
    assert.equal(gaps.at(-1), 7.5 * MINUTE);
  });

  it('is not late for what comes due while it looks at the clock', async () => {
    for (let first = 0; first < 20; first++) {
      const hook = scripted('hook', [DOWN, SENT]);
      const { world, queue } = await started(hook);
      Object.assign(world, { now: () => world.time++, backOff: { first, longest: first } });
      await queue.accept([offer('hook')]);
      await world.pass(MINUTE / 2);
      assert.deepEqual(world.told(), ['retry', 'sent'], `after a failure it is told to wait for ${first / 2} ms`);
    }
  });

  it('waits as long as the server asks', async () => {
    const hook = scripted('hook', [{ ...DOWN, retryAfterMs: 200_000 } as Outcome, SENT]);
    const { world, queue } = await started(hook);
    await queue.accept([offer('hook')]);
    await world.pass(199_000);
    assert.equal(hook.shares.length, 1);
    await world.pass(30_000);
    assert.equal(hook.shares.length, 2);
  });

  it('lets a poisoned item step aside', async () => {
    const shares: string[] = [];
    const hook = destination('hook', {
      send: ({ text }) => {
        shares.push(text);
        return Promise.resolve(
          text === 'poison' ? { outcome: 'unknown', reason: 'it has a problem of its own (500)' } : SENT,
        );
      },
    });
    const { world, queue } = await started(hook);
    await queue.accept([
      offer('hook', { text: 'poison' }),
      offer('hook', { text: 'good' }),
      offer('hook', { text: 'fine' }),
    ]);
    await world.pass(5 * MINUTE);
    assert.deepEqual(shares.slice(0, 3), ['poison', 'poison', 'poison']);
    assert.ok(shares.includes('good') && shares.includes('fine'));
    assert.equal(queue.summary().waiting, 1);
    await world.pass(30 * MINUTE);
    assert.ok(world.told().includes('expired'));
  });

  it('drops an item that is refused, and goes on with the next', async () => {
    const refused: Outcome = {
      outcome: 'failed',
      permanent: 'item',
      reason: 'it does not accept the message (422)',
      status: 422,
    };
    const hook = scripted('hook', [refused, SENT]);
    const { world, queue } = await started(hook);
    await queue.accept([offer('hook', { text: 'bad' }), offer('hook', { text: 'good' })]);
    await settle();
    assert.deepEqual(world.told(), ['failed', 'sent']);
    assert.equal(queue.summary().waiting, 0);
  });

  /** Of each state that was refused, whether that was told as something new. */
  const newsIn = ({ events }: PlayedWorld) =>
    events.flatMap((event) => (event.event === 'failed' ? [!event.again] : []));

  it('knows what is no news of a copy whose every state is refused: not another reason, name, or after a success', async () => {
    const refused = (reason: string): Outcome => ({ outcome: 'failed', permanent: 'item', reason, status: 400 });
    const now = { outcome: refused('it is not known') };
    const send = () => Promise.resolve(now.outcome);
    const { world, queue } = await started(destination('account', { standing: true, send }));
    const id = newId();
    let revision = 0;
    const tell = async (outcome: Outcome, activity = 'laundry', to = queue): Promise<boolean | undefined> => {
      now.outcome = outcome;
      revision += 1;
      await to.accept([offer('account', { moment: 'activity', activity: coffee({ id, revision, activity }) })]);
      await settle();
      return newsIn(world).at(-1);
    };
    assert.deepEqual([await tell(now.outcome), await tell(now.outcome), await tell(now.outcome)], [true, false, false]);
    assert.deepEqual([await tell(refused('too long')), await tell(refused('too long'))], [true, false]);
    assert.deepEqual([await tell(refused('too long'), 'ironing'), await tell(now.outcome, 'ironing')], [true, false]);
    await tell(SENT, 'ironing');
    assert.equal(await tell(refused('too long'), 'ironing'), true);
    await queue.close();
    assert.equal(await tell(now.outcome, 'ironing', await restarted(world)), false);
  });

  it('knows that also of a state that was refused while the next one was waiting', async () => {
    const answers: ((outcome: Outcome) => void)[] = [];
    const send = () => new Promise<Outcome>((answer) => answers.push(answer));
    const { world, queue } = await started(destination('account', { standing: true, send }));
    const id = newId();
    for (const revision of [1, 2]) {
      await queue.accept([offer('account', { moment: 'activity', activity: coffee({ id, revision }) })]);
    }
    for (const turn of [0, 1]) {
      await settle();
      answers[turn]?.({ outcome: 'failed', permanent: 'item', reason: 'it is not known', status: 400 });
    }
    await settle();
    assert.deepEqual([answers.length, newsIn(world)], [2, [true, false]]);
  });

  const encouragements: Record<string, (house: { world: PlayedWorld; queue: ShareQueue }) => unknown> = {
    'other settings': ({ world }) => {
      world.destinations.set('hook', { ...(world.destination('hook') as Destination), settings: newId() });
      return world.pass(MINUTE);
    },
    'a deploy': ({ queue }) => queue.look(),
    'a word that it is there': ({ queue }) => queue.wake('hook'),
    'a restart': async (house) => {
      await house.queue.close();
      house.queue = await restarted(house.world);
    },
  };
  for (const [what, encourage] of Object.entries(encouragements)) {
    it(`stops a target after 404, loses nothing meanwhile, and gives it another try with ${what}`, async () => {
      const stop: Outcome = { outcome: 'failed', permanent: 'target', reason: 'nothing is there (404)', status: 404 };
      const hook = scripted('hook', [stop, stop, SENT]);
      const house = await started(hook);
      const { world } = house;
      await house.queue.accept([offer('hook', { lastsMs: 120 * MINUTE })]);
      for (const tries of [1, 2]) {
        await world.pass(20 * MINUTE);
        assert.deepEqual([hook.shares.length, world.told()], [tries, Array(tries).fill('stopped')]);
        const { stopped, waiting } = house.queue.summary();
        assert.deepEqual([stopped?.status, waiting], [404, 1]);
        await encourage(house);
        await settle();
      }
      assert.equal(new Set(hook.shares.map(({ key }) => key)).size, 1);
      assert.deepEqual(world.told(), ['stopped', 'stopped', 'sent']);
      assert.equal(house.queue.summary().stopped, undefined);
    });
  }

  it('sends again what may have arrived where the receiver knows the key, and never where it does not', async () => {
    const knows = scripted('knows', [CUT, SENT]);
    const doubles = scripted('doubles', [CUT, SENT], { idempotency: 'none' });
    const { world, queue } = await started(knows, doubles);
    await queue.accept([offer('knows'), offer('doubles')]);
    await world.pass(10 * MINUTE);
    assert.deepEqual([knows.shares.length, doubles.shares.length], [2, 1]);
    assert.equal(world.events.filter(({ event }) => event === 'unknown').length, 1);
  });

  it('after a crash in the middle of a try: resent where that is harmless, unknown where not', async () => {
    const never = (): Promise<Outcome> => new Promise(() => {});
    const { world, queue } = await started(
      destination('knows', { send: never }),
      destination('doubles', { send: never, idempotency: 'none' }),
    );
    await queue.accept([offer('knows'), offer('doubles')]);
    await settle();
    const knows = scripted('knows', [SENT]);
    const doubles = scripted('doubles', [SENT], { idempotency: 'none' });
    world.destinations.set('knows', knows).set('doubles', doubles);
    await restarted(world);
    assert.deepEqual([knows.shares.length, doubles.shares.length], [1, 0]);
    assert.deepEqual(world.told(), ['unknown', 'sent']);
  });

  it('drops what is too late, also when that happened while it was off', async () => {
    const hook = scripted('hook', [DOWN, SENT]);
    const { world, queue } = await started(hook);
    await queue.accept([offer('hook')]);
    await settle();
    await queue.close();
    world.time += 31 * MINUTE;
    const again = await restarted(world);
    assert.equal(hook.shares.length, 1);
    assert.equal(world.told().at(-1), 'expired');
    assert.equal(again.summary().waiting, 0);
  });

  it('goes on after the clock was set back by hours', async () => {
    const hook = scripted('hook', [DOWN, SENT]);
    const { world, queue } = await started(hook);
    await queue.accept([offer('hook')]);
    await settle();
    await queue.close();
    world.time -= 10 * 60 * MINUTE;
    await restarted(world);
    await world.pass(2 * 60 * MINUTE);
    assert.equal(hook.shares.length, 2);
  });

  it('replaces a waiting copy of an activity by its newer revision, and takes no older one', async () => {
    const account = scripted('account', [DOWN, SENT], { standing: true });
    const { world, queue } = await started(account);
    const id = newId();
    const revision = (number: number) =>
      offer('account', { moment: 'activity', activity: coffee({ id, revision: number }) });
    await queue.accept([revision(1)]);
    await settle();
    assert.equal((await queue.accept([revision(2)]))[0]?.verdict, 'replaced');
    assert.equal((await queue.accept([revision(3)]))[0]?.verdict, 'replaced');
    assert.equal((await queue.accept([revision(2)]))[0]?.verdict, 'known');
    await world.pass(MINUTE);
    assert.deepEqual(
      account.shares.map(({ activity }) => activity.revision),
      [1, 3],
    );
    assert.equal((await queue.accept([revision(4)]))[0]?.verdict, 'waiting');
  });

  it('holds no more than it can, and says so', async () => {
    const { queue } = await started();
    const offers = Array.from({ length: 1001 }, () => offer('gone', { dailyCap: 5000 }));
    const accepted = await queue.accept(offers);
    assert.equal(accepted.filter(({ verdict }) => verdict === 'waiting').length, 1000);
    assert.equal(accepted.at(-1)?.verdict, 'full');
  });

  it('keeps the daily cap for texts, and counts anew the next day', async () => {
    const { world, queue } = await started(scripted('hook', [SENT]));
    const three = () => [1, 2, 3].map(() => offer('hook', { dailyCap: 2 }));
    assert.deepEqual(
      (await queue.accept(three())).map(({ verdict }) => verdict),
      ['waiting', 'waiting', 'capped'],
    );
    await world.pass(24 * 60 * MINUTE);
    assert.equal((await queue.accept(three()))[0]?.verdict, 'waiting');
  });

  it('counts no text to the daily cap that certainly did not arrive, and every one that may have', async () => {
    const refused: Outcome = { outcome: 'failed', permanent: 'item', reason: 'it does not accept the message (422)' };
    for (const [outcomes, idempotency, verdict] of [
      [[refused], 'deduplicates', 'waiting'],
      [[CUT], 'none', 'capped'],
      [[CUT, refused], 'deduplicates', 'capped'],
    ] as const) {
      const hook = scripted('hook', [...outcomes], { idempotency });
      const { world, queue } = await started(hook);
      await queue.accept([offer('hook', { dailyCap: 1 })]);
      await world.pass(MINUTE);
      assert.equal(hook.shares.length, outcomes.length);
      assert.equal((await queue.accept([offer('hook', { dailyCap: 1 })]))[0]?.verdict, verdict);
    }
  });

  it('keeps no text of what is over, and nothing after thirty days, whether anything is sent or not', async () => {
    const { world, queue } = await started(scripted('hook', [SENT]));
    await queue.accept([offer('hook', { text: 'a very private coffee' })]);
    await settle();
    assert.doesNotMatch(world.disk ?? '', /a very private coffee/);
    await world.pass(31 * 24 * 60 * MINUTE);
    await queue.accept([offer('held', { ask: true })]);
    const { ledger } = JSON.parse(world.disk ?? '{}') as { ledger: { target: string }[] };
    assert.deepEqual(
      ledger.map(({ target }) => target),
      ['held'],
    );
  });

  it('remembers a thousand shares that are over, and then forgets the oldest', async () => {
    const { world, queue } = await started(scripted('hook', [SENT]));
    const offers = Array.from({ length: 600 }, () => offer('hook', { dailyCap: 5000 }));
    for (const batch of [offers, offers.map(() => offer('hook', { dailyCap: 5000 }))]) {
      await queue.accept(batch);
      await world.pass(MINUTE);
      while (queue.summary().waiting > 0) await settle();
    }
    const last = offer('hook', { dailyCap: 5000 });
    await queue.accept([last]);
    const { ledger } = JSON.parse(world.disk ?? '{}') as { ledger: { activityId: string }[] };
    assert.equal(ledger.length, 1001);
    assert.equal(ledger.at(-1)?.activityId, last.activity.id);
    assert.ok(!ledger.some(({ activityId }) => activityId === offers[0]?.activity.id));
  });

  it('lets nothing become too late because the clock was set', async () => {
    const hook = scripted('hook', [DOWN, SENT]);
    const { world, queue } = await started(hook);
    const leaps: number[] = [];
    Object.assign(world, { leap: () => leaps.pop() ?? 0 });
    await queue.accept([offer('hook', { moment: 'finished', lastsMs: 120 * MINUTE })]);
    await settle();
    leaps.push(3 * 60 * MINUTE);
    world.time += 3 * 60 * MINUTE;
    await queue.accept([]);
    await world.pass(20 * MINUTE);
    assert.equal(hook.shares.length, 2);
    assert.ok(world.told().includes('leapt') && !world.told().includes('expired'));
  });

  it('gives a target that was stopped another try once the clock is set: a signature carries the time', async () => {
    const stop: Outcome = { outcome: 'failed', permanent: 'target', reason: 'it refuses the signature', status: 401 };
    const hook = scripted('hook', [stop, SENT]);
    const { world, queue } = await started(hook);
    const leaps: number[] = [];
    Object.assign(world, { leap: () => leaps.pop() ?? 0 });
    await queue.accept([offer('hook')]);
    await world.pass(5 * MINUTE);
    assert.deepEqual([hook.shares.length, queue.summary().stopped?.status], [1, 401]);
    leaps.push(3 * 60 * MINUTE);
    world.time += 3 * 60 * MINUTE;
    await world.pass(MINUTE);
    assert.deepEqual([hook.shares.length, queue.summary().stopped], [2, undefined]);
  });

  it('takes nothing in when it is closed: the list may be another queue’s by then', async () => {
    const hook = scripted('hook', [SENT]);
    const { world, queue } = await started(hook);
    await queue.close();
    const next = await restarted(world);
    await next.accept([offer('hook', { text: 'new' })]);
    await settle();
    const before = world.disk;
    await assert.rejects(queue.accept([offer('hook', { text: 'old' })]), /closed/);
    assert.equal(world.disk, before);
  });

  it('sets a damaged list aside and goes on', async () => {
    const world = new PlayedWorld();
    world.disk = '{"version":9}';
    const queue = await restarted(world);
    assert.deepEqual(world.told(), ['unread']);
    assert.equal((await queue.accept([offer('hook')]))[0]?.verdict, 'waiting');
  });
});

describe('drafts', () => {
  const asking = (changes = {}) => offer('hook', { ask: true, lastsMs: 120 * MINUTE, ...changes });

  it('wait for the yes, and a token is good for one', async () => {
    const hook = scripted('hook', [SENT]);
    const { world, queue } = await started(hook);
    const [accepted] = await queue.accept([asking()]);
    const token = accepted?.item?.draft?.token ?? '';
    await world.pass(MINUTE);
    assert.deepEqual([accepted?.verdict, hook.shares.length], ['draft', 0]);
    assert.ok(await queue.confirm(token));
    await settle();
    assert.equal(hook.shares.length, 1);
    assert.equal(await queue.confirm(token), undefined);
    assert.equal(await queue.discard(token), undefined);
  });

  it('survive a restart', async () => {
    const hook = scripted('hook', [SENT]);
    const { world, queue } = await started(hook);
    const [accepted] = await queue.accept([asking()]);
    await queue.close();
    const again = await restarted(world);
    assert.equal(hook.shares.length, 0);
    assert.ok(await again.confirm(accepted?.item?.draft?.token ?? ''));
    await settle();
    assert.equal(hook.shares.length, 1);
  });

  it('are asked once, when no deploy is under way, also over a restart', async () => {
    const { world, queue } = await started(scripted('hook', []));
    queue.hold();
    const [before] = await queue.accept([asking()]);
    await queue.close();
    assert.deepEqual(world.told(), []);
    const again = await restarted(world);
    const [after] = await again.accept([asking()]);
    await again.close();
    await restarted(world);
    const asked = world.events.flatMap((one) => (one.event === 'draft' ? [one.item.draft?.token] : []));
    assert.deepEqual(asked, [before?.item?.draft?.token, after?.item?.draft?.token]);
  });

  it('are asked again under another token when they are edited', async () => {
    const hook = scripted('hook', [SENT]);
    const { queue } = await started(hook);
    const [accepted] = await queue.accept([asking()]);
    const first = accepted?.item?.draft?.token ?? '';
    const edited = await queue.confirm(first, 'In other words');
    await settle();
    assert.equal(hook.shares.length, 0);
    assert.notEqual(edited?.draft?.token, first);
    assert.equal(await queue.confirm(first), undefined);
    await queue.confirm(edited?.draft?.token ?? '', 'In other words');
    await settle();
    assert.equal(hook.shares[0]?.text, 'In other words');
  });

  it('go as they were agreed to: a correction that comes while they wait changes none of their words', async () => {
    const hook = scripted('hook', [DOWN, SENT]);
    const { world, queue } = await started(hook);
    const id = newId();
    const [accepted] = await queue.accept([asking({ text: 'Coffee.', activity: coffee({ id }) })]);
    await queue.confirm(accepted?.item?.draft?.token ?? '');
    await settle();
    const corrected = asking({ text: 'Coffee, ★☆☆☆☆', activity: coffee({ id, revision: 2 }) });
    assert.equal((await queue.accept([corrected]))[0]?.verdict, 'known');
    await world.pass(MINUTE);
    assert.deepEqual(
      hook.shares.map(({ text }) => text),
      ['Coffee.', 'Coffee.'],
    );
  });

  it('are asked again where what was taken back after the yes comes again in other words', async () => {
    for (const answer of ['confirm', 'discard'] as const) {
      const hook = scripted('hook', [CUT, SENT]);
      const { world, queue } = await started(hook);
      const id = newId();
      const [accepted] = await queue.accept([asking({ text: 'For 2 minutes.', activity: coffee({ id }) })]);
      await queue.confirm(accepted?.item?.draft?.token ?? '');
      await settle();
      await queue.accept([], [{ target: 'hook', activityId: id, moment: 'started', revision: 2 }]);
      const [again] = await queue.accept([asking({ text: 'For 9 minutes.', activity: coffee({ id, revision: 3 }) })]);
      await world.pass(MINUTE);
      assert.deepEqual([again?.verdict, hook.shares.length, queue.summary().drafts], ['replaced', 1, 1]);
      assert.ok(await queue[answer](again?.item?.draft?.token ?? ''));
      await settle();
      const [first, second] = hook.shares;
      assert.deepEqual(
        [second?.text, second?.key],
        answer === 'confirm' ? ['For 9 minutes.', first?.key] : [undefined, undefined],
      );
      const next = await queue.accept([asking({ dailyCap: 1 })]);
      assert.equal(next[0]?.verdict, 'capped', 'the first one may have arrived');
    }
  });

  it('are discarded by a no and by ten minutes of silence, and not asked again', async () => {
    const hook = scripted('hook', [SENT]);
    const { world, queue } = await started(hook);
    const [one, other] = [asking(), asking()];
    const [first, second] = await queue.accept([one, other]);
    assert.ok(await queue.discard(first?.item?.draft?.token ?? ''));
    await world.pass(10 * MINUTE);
    assert.equal(await queue.confirm(second?.item?.draft?.token ?? ''), undefined);
    assert.deepEqual(world.told(), ['draft', 'draft', 'discarded', 'discarded', 'void']);
    assert.deepEqual(
      (await queue.accept([one, other])).map(({ verdict }) => verdict),
      ['known', 'known'],
    );
    assert.equal(hook.shares.length, 0);
  });

  it('promise no more time than there is to tell it, and are asked about no more when there is none', async () => {
    const hook = scripted('hook', [SENT]);
    const { world, queue } = await started(hook);
    const [accepted, late] = await queue.accept([asking({ lastsMs: 3 * MINUTE }), asking({ lastsMs: -MINUTE })]);
    const item = accepted?.item;
    assert.deepEqual([item?.draft?.until, late?.verdict], [world.time + 3 * MINUTE, 'draft']);
    const edited = await queue.confirm(item?.draft?.token ?? '', 'In other words');
    assert.equal(edited?.draft?.until, world.time + 3 * MINUTE);
    await world.pass(3 * MINUTE);
    assert.deepEqual(world.told(), ['expired', 'draft', 'draft', 'discarded', 'void']);
  });

  it('are asked again after a start, also after the yes, where their words say what is not revealed any more', async () => {
    const hook = scripted('hook', [DOWN, SENT]);
    const { world, queue } = await started(hook);
    const offers = [1, 2].map(() => asking({ text: 'In the kitchen' }));
    const [agreed, open] = (await queue.accept(offers)).map(({ item }) => item?.draft?.token ?? '');
    await queue.confirm(agreed ?? '');
    await settle();
    await queue.close();
    const before = world.events.length;
    const review = ({ activity }: ShareItem) => Promise.resolve({ activity, text: 'At home' });
    const again = await restarted(Object.assign(world, { review }));
    const asked = world.events.slice(before).flatMap((one) => (one.event === 'draft' ? [one.item] : []));
    assert.deepEqual(
      asked.map(({ text }) => text),
      ['At home', 'At home'],
    );
    assert.equal(await again.confirm(open ?? ''), undefined);
    for (const { draft } of asked) assert.ok(await again.confirm(draft?.token ?? ''));
    await world.pass(MINUTE);
    assert.deepEqual(
      hook.shares.map(({ text }) => text),
      ['In the kitchen', 'At home', 'At home'],
    );
  });

  it('of a standing copy are asked once for all its states', async () => {
    const account = scripted('hook', [SENT], { standing: true });
    const { queue } = await started(account);
    const id = newId();
    const state = (revision: number) => asking({ moment: 'activity', activity: coffee({ id, revision }) });
    const [accepted] = await queue.accept([state(1)]);
    assert.equal((await queue.accept([state(2)]))[0]?.verdict, 'replaced');
    await queue.confirm(accepted?.item?.draft?.token ?? '');
    await settle();
    assert.equal((await queue.accept([state(3)]))[0]?.verdict, 'waiting');
    await settle();
    assert.deepEqual(
      account.shares.map(({ activity }) => activity.revision),
      [2, 3],
    );
  });
});
