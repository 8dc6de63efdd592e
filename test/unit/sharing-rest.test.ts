import assert from 'node:assert/strict';
import { type Destination, type Outcome, type Share, ShareQueue } from '../../sharing/index.js';
import { newId } from '../../vocabulary/index.js';
import { coffee, destination, offer, PlayedWorld, settle } from '../support/sharing.js';

const MINUTE = 60_000;
const SENT: Outcome = { outcome: 'sent' };
const DOWN: Outcome = { outcome: 'failed', permanent: 'no', reason: 'it refuses connections' };
const CUT: Outcome = { outcome: 'unknown', reason: 'the connection was cut before it answered' };
const BUSY: Outcome = { ...DOWN, reason: 'it asks us to slow down (429)', status: 429, retryAfterMs: 10 * MINUTE };

describe('the rest that a target is given', () => {
  /** A queue in which what is sent to `hook` comes out as `outcome` says at that moment. */
  async function trying(outcome: Outcome) {
    const world = new PlayedWorld();
    const tried: number[] = [];
    const now = { outcome };
    const send = () => {
      tried.push(world.time);
      return Promise.resolve(now.outcome);
    };
    world.destinations.set('hook', destination('hook', { send }));
    const queue = new ShareQueue(world);
    await queue.ready();
    return { world, queue, tried, now };
  }

  it('says when it is tried again, and it is then, with no word of a time while it is tried', async () => {
    for (const outcome of [DOWN, CUT, BUSY]) {
      const { world, queue, tried } = await trying(outcome);
      await queue.accept([offer('hook', { lastsMs: 120 * MINUTE })]);
      await settle();
      for (let times = 1; times < 6; times++) {
        const { retryAt } = queue.summary();
        assert.ok(retryAt && retryAt > world.time, outcome.outcome);
        await world.pass(retryAt - 1 - world.time);
        assert.equal(tried.length, times);
        await world.pass(1);
        assert.deepEqual(tried.at(-1), retryAt);
      }
      let answer = (_: Outcome): void => {};
      const late = new Promise<Outcome>((resolve) => {
        answer = resolve;
      });
      world.destinations.set('hook', destination('hook', { send: () => late }));
      await world.pass((queue.summary().retryAt ?? 0) - world.time);
      assert.deepEqual([queue.summary().waiting, queue.summary().retryAt], [1, undefined]);
      answer(SENT);
      await queue.close();
    }
  });

  it('ends when the target is known to be there again, and is as long as before when it fails all the same', async () => {
    const { world, queue, tried, now } = await trying(DOWN);
    await queue.accept([offer('hook'), offer('hook', { activity: coffee({ id: newId() }) })]);
    await world.pass(2 * MINUTE);
    const [before, { retryAt }] = [tried.length, queue.summary()];
    await queue.wake('other');
    await settle();
    assert.deepEqual([tried.length, queue.summary().retryAt], [before, retryAt]);
    await queue.wake('hook');
    await settle();
    assert.equal(tried.length, before + 1);
    assert.ok((queue.summary().retryAt ?? 0) > (retryAt ?? 0));
    now.outcome = SENT;
    await queue.wake('hook');
    await settle();
    assert.equal(queue.summary().waiting, 0);
  });

  it('is not cut short where the target itself asked for it', async () => {
    const { world, queue, tried } = await trying(BUSY);
    await queue.accept([offer('hook')]);
    await settle();
    await queue.wake('hook');
    await world.pass(10 * MINUTE - 1);
    assert.equal(tried.length, 1);
    await world.pass(MINUTE);
    assert.equal(tried.length, 2);
  });

  it('is the same after a restart: it is told of, and ends when the target is there unless it was asked for', async () => {
    for (const [outcome, isEnded] of [
      [DOWN, true],
      [BUSY, false],
    ] as const) {
      const { world, queue, tried, now } = await trying(outcome);
      await queue.accept([offer('hook')]);
      await settle();
      const { retryAt } = queue.summary();
      await queue.close();
      now.outcome = SENT;
      const again = new ShareQueue(world);
      await again.ready();
      await settle();
      assert.deepEqual([tried.length, again.summary().retryAt], [1, retryAt]);
      // Somebody may say so before the list is back.
      const early = new ShareQueue(world);
      await early.wake('hook');
      await settle();
      assert.equal(tried.length, isEnded ? 2 : 1);
    }
  });

  it('ends with the settings that it was given for, also where the target asked for it, and over a restart', async () => {
    for (const outcome of [DOWN, CUT, BUSY]) {
      for (const isRestarted of [false, true]) {
        const { world, queue, tried, now } = await trying(outcome);
        await queue.accept(['first', 'second'].map((text) => offer('hook', { text, lastsMs: 120 * MINUTE })));
        await world.pass(50 * MINUTE - 1);
        const before = tried.length;
        if (isRestarted) await queue.close();
        const account = world.destinations.get('hook') as Destination;
        const texts: string[] = [];
        const send = (share: Share, signal: AbortSignal) => {
          texts.push(share.text);
          return account.send(share, signal);
        };
        // Of other settings at the same address only a queue that goes on knows.
        const address = String(1 + Number(isRestarted));
        world.destinations.set('hook', destination('hook', { send, settings: '2', address }));
        const last = isRestarted ? new ShareQueue(world) : queue;
        await last.ready();
        last.look();
        await settle();
        assert.deepEqual([tried.length, texts], [before + 1, ['first']], 'at once, and in order');
        const { retryAt } = last.summary();
        const pause = (retryAt ?? 0) - world.time;
        assert.ok(pause >= (outcome === BUSY ? 10 * MINUTE : 1) && (outcome === BUSY || pause < MINUTE), `${pause} ms`);
        last.look();
        await settle();
        assert.deepEqual([tried.length, last.summary().retryAt], [before + 1, retryAt], 'and then it rests again');
        now.outcome = SENT;
        await last.wake('hook');
        await last.close();
      }
    }
  });

  it('leaves nothing on disk that is made with a secret', async () => {
    const { world, queue } = await trying(DOWN);
    const account = world.destinations.get('hook') as Destination;
    world.destinations.set('hook', { ...account, settings: 'made with a secret', address: 'made without' });
    await queue.accept([offer('hook')]);
    await settle();
    const saved = JSON.stringify(await world.load());
    assert.deepEqual([saved.includes('made with a secret'), saved.includes('made without')], [false, true]);
    await queue.close();
  });

  it('is forgotten where the target refuses everything: what comes next is a new trouble', async () => {
    const { world, queue, now } = await trying(DOWN);
    await queue.accept([offer('hook')]);
    await settle();
    now.outcome = { outcome: 'failed', permanent: 'target', reason: 'nothing is there (404)', status: 404 };
    await world.pass(MINUTE);
    now.outcome = DOWN;
    queue.look();
    await world.pass(MINUTE);
    const troubles = world.events.filter((one) => one.event === 'stopped' || ('failures' in one && one.failures === 1));
    assert.deepEqual(
      troubles.map(({ event }) => event),
      ['retry', 'stopped', 'retry'],
    );
  });

  it('counts activities, and not how often and to whom each is told', async () => {
    const { queue } = await trying(DOWN);
    const id = newId();
    const finished = coffee({ id, revision: 2, state: 'finished' });
    await queue.accept([
      offer('hook', { activity: coffee({ id }) }),
      offer('hook', { activity: finished, moment: 'finished' }),
      offer('other', { activity: finished, moment: 'finished' }),
      offer('hook', { activity: coffee({ id: newId() }) }),
    ]);
    const { waiting, activities } = queue.summary();
    assert.deepEqual([waiting, activities], [4, 2]);
  });

  it('tells once that the list cannot be saved, however often it is tried', async () => {
    const { world, queue, tried } = await trying(SENT);
    world.destinations.delete('hook');
    await queue.accept([offer('hook')]);
    world.diskFails = true;
    world.destinations.set('hook', destination('hook', { send: () => Promise.resolve(SENT) }));
    await world.pass(10 * MINUTE);
    assert.equal(tried.length, 0);
    const reasons = world.events.map((event) => [event.event, 'failures' in event && event.failures === 1]);
    assert.deepEqual(
      reasons.filter(([event, isFirst]) => event !== 'retry' || isFirst),
      [['retry', true]],
    );
    world.diskFails = false;
    await world.pass(10 * MINUTE);
    assert.equal(queue.summary().waiting, 0);
  });
});

describe('a deploy', () => {
  const STOP: Outcome = { outcome: 'failed', permanent: 'target', reason: 'nothing is there (404)', status: 404 };

  async function deploying() {
    const world = new PlayedWorld();
    const answers: ((outcome: Outcome) => void)[] = [];
    const keys: string[] = [];
    const send = ({ key }: Share): Promise<Outcome> => {
      keys.push(key);
      return new Promise((answer) => answers.push(answer));
    };
    world.destinations.set('hook', destination('hook', { send }));
    const queue = new ShareQueue(world);
    await queue.ready();
    return { world, queue, answers, keys };
  }

  it('lets what is due wait until the flows are there again, and for no longer than a minute', async () => {
    for (const goOn of ['look', 'a minute']) {
      const { world, queue, keys } = await deploying();
      queue.hold();
      await queue.accept([offer('hook')]);
      await queue.wake('hook');
      await world.pass(MINUTE - 1);
      assert.deepEqual([keys.length, world.told()], [0, []]);
      if (goOn === 'look') queue.look();
      else await world.pass(1);
      await settle();
      assert.equal(keys.length, 1);
    }
  });

  for (const outcome of [DOWN, CUT, STOP]) {
    it(`does not count a try that it came in between of: ${outcome.outcome} ${'status' in outcome ? 404 : ''}`, async () => {
      const { world, queue, answers, keys } = await deploying();
      await queue.accept([offer('hook')]);
      await settle();
      queue.hold();
      answers[0]?.(outcome);
      await world.pass(1000);
      assert.deepEqual([keys.length, world.told()], [1, []]);
      assert.deepEqual(
        [queue.summary().waiting, queue.summary().retryAt, queue.summary().stopped],
        [1, undefined, undefined],
      );
      queue.look();
      await settle();
      answers[1]?.(SENT);
      await settle();
      assert.deepEqual([keys[0] === keys[1], world.told()], [true, ['sent']]);
    });
  }

  it('is followed by a moment in which something may still be starting: a failure is told when it lasts', async () => {
    const { world, queue, answers } = await deploying();
    queue.hold();
    await queue.accept([offer('hook')]);
    queue.look();
    for (const after of [0, 2_900, MINUTE]) {
      await world.pass(after);
      answers.pop()?.(DOWN);
      await settle();
      assert.deepEqual(world.told(), after === MINUTE ? ['retry'] : []);
    }
    assert.deepEqual(
      world.events.map((event) => 'failures' in event && event.failures),
      [1],
    );
  });

  it('does not cut short a wait that the target asked for', async () => {
    const { world, queue, answers, keys } = await deploying();
    await queue.accept([offer('hook')]);
    await settle();
    queue.hold();
    answers[0]?.(BUSY);
    await settle();
    queue.look();
    await world.pass(9 * MINUTE);
    assert.deepEqual([keys.length, world.told()], [1, ['retry']]);
  });
});
