import assert from 'node:assert/strict';
import { setTimeout as wait } from 'node:timers/promises';
import fastify from 'fastify';
import { type BuildOptions, StoreFailure } from '../../matching/server/index.js';
import type { Handling } from '../../matching/server/web/handlers.js';
import { takePlainPublishes } from '../../matching/server/web/plain-publish.js';
import { type Door, NOW, Pair } from './doors.js';
import { ANNA, NOBODY, put } from './publish-requests.js';
import { Cleanup, UNLIMITED, until } from './support.js';

/** The store answers nothing until it is told to. @returns what tells it, and how many it was asked for */
function hold(door: Door): { answer: () => void; asked: () => number } {
  const publish = door.store.publish.bind(door.store);
  let answer = (): void => {};
  const held = new Promise<void>((resolve) => (answer = resolve));
  let asked = 0;
  door.store.publish = async (call) => {
    asked++;
    await held;
    return await publish(call);
  };
  return { answer, asked: () => asked };
}

/** A clock that can break. */
class Clock {
  /** How many times more it is to fail. */
  failures = 0;

  readonly now = (): number => {
    if (this.failures === 0) return NOW;
    this.failures--;
    throw new TypeError('the clock is full of holes');
  };

  /** It breaks as soon as the store has taken a publish. */
  breakAfterPublish(door: Door, failures: number): void {
    const publish = door.store.publish.bind(door.store);
    door.store.publish = async (call) => {
      const published = await publish(call);
      this.failures = failures;
      return published;
    };
  }
}

describe('plain publishes of which something goes wrong', () => {
  const cleanup = new Cleanup();
  afterEach(() => cleanup.run());

  const open = (options: Partial<BuildOptions> & { handed?: boolean } = {}) => Pair.open(cleanup, [ANNA], options);

  it('are refused with what the store says, and survive what fails', async () => {
    const pair = await open();
    const failures = [new StoreFailure('the disk is full'), new Error('unexpected')];
    const ways = failures.flatMap((failure) => [
      () => Promise.reject(failure),
      () => {
        throw failure;
      },
    ]);
    for (const publish of ways) {
      for (const { store } of pair.both) store.publish = publish;
      const { text, behind } = await pair.ask([put()]);
      assert.match(text, /^HTTP\/1\.1 50[03] /);
      assert.doesNotMatch(text, /disk|unexpected/);
      assert.equal(behind, 0);
    }
    assert.equal(pair.ahead.events.length, ways.length);
    await pair.assertSame();
  });

  it('survive a listener that fails, as Fastify does', async () => {
    const onEvent: BuildOptions['onEvent'] = ({ event }) => {
      if (event === 'published') throw new Error('full of holes');
    };
    const pair = await open({ onEvent });
    const { text, behind } = await pair.ask([put()]);
    assert.match(text, /^HTTP\/1\.1 500 /);
    assert.equal(behind, 0);
    await pair.assertSame();
  });

  it('survive a listener that cannot be told that something failed, either', async () => {
    const onEvent: BuildOptions['onEvent'] = () => {
      throw new Error('full of holes');
    };
    const pair = await open({ onEvent });
    const { text, behind } = await pair.ask([put()]);
    assert.match(text, /^HTTP\/1\.1 500 /);
    assert.doesNotMatch(text, /holes/);
    assert.equal(behind, 0);
    await pair.assertSame();
  });

  it('are Fastify’s where looking at them fails, and its operator is told', async () => {
    const clock = new Clock();
    const { ahead } = await open({ clock: clock.now });
    clock.failures = 1;
    assert.match(await ahead.ask([put()]), /^HTTP\/1\.1 201 /);
    assert.equal(ahead.behind, 1);
    assert.deepEqual(ahead.events[0], { event: 'failed', problem: 'the clock is full of holes' });
    assert.equal(ahead.events.length, 2);
    // What is refused is nothing to tell.
    for (const body of ['{', '{}', '{"revision":0}']) await ahead.ask([put({ body })]);
    assert.equal(ahead.events.length, 2);
  });

  it('are answered also when what is said of their limits fails', async () => {
    const clock = new Clock();
    const { ahead } = await open({ clock: clock.now, limits: { ...UNLIMITED, callsPerMinute: 10 } });
    await ahead.ask([put()]);
    clock.breakAfterPublish(ahead, 1);
    assert.match(await ahead.ask([put()]), /^HTTP\/1\.1 500 /);
    assert.deepEqual(ahead.events.at(-1), { event: 'failed', problem: 'the clock is full of holes' });
    assert.equal(ahead.behind, 0);
    assert.ok((await ahead.counted()).some((line) => /"publish",status="500"} 1$/.test(line)));
  });

  it('are cut off when nothing can be said at all, and the endpoint goes on', async () => {
    const clock = new Clock();
    const { ahead } = await open({ clock: clock.now, limits: { ...UNLIMITED, callsPerMinute: 10 } });
    await ahead.ask([put()]);
    clock.breakAfterPublish(ahead, 10);
    assert.equal(await ahead.ask([put()]), '');
    clock.failures = 0;
    const me = `GET /v1/me HTTP/1.1\r\nhost: here\r\nauthorization: Bearer ${ANNA}\r\n\r\n`;
    assert.match(await ahead.ask([me]), /^HTTP\/1\.1 200 /);
  });

  for (const way of ['end', 'resetAndDestroy'] as const) {
    for (const handed of [false, true]) {
      it(`are counted as Fastify counts, when who asked hangs up first: ${way}${handed ? ', handed in' : ''}`, async () => {
        const pair = await open({ handed, limits: { ...UNLIMITED, callsPerMinute: 9, failuresPerMinute: 9 } });
        const calls = [put(), put({ token: NOBODY })];
        const hangUp = async (door: Door): Promise<void> => {
          const held = hold(door);
          const wires = calls.map(() => door.connect());
          for (const [index, call] of calls.entries()) await wires[index]?.send([call]);
          await until(() => held.asked() === wires.length);
          for (const wire of wires) wire.socket[way]();
          await until(() => door.requests.every(({ destroyed }) => destroyed));
          held.answer();
        };
        await Promise.all(pair.both.map(hangUp));
        await until(() => pair.both.every(({ events }) => events.length === 1));
        await wait(20);
        assert.equal(pair.ahead.behind, 0);
        await pair.assertSame();
      });
    }
  }

  it('are not taken without what says whether they are valid', async () => {
    for (const compiler of [undefined, () => undefined as never]) {
      const app = fastify();
      cleanup.add(() => app.close());
      void app.register((scope, _options, done) => {
        if (compiler) scope.setValidatorCompiler(compiler);
        takePlainPublishes(app, scope, { prefix: '' } as Handling);
        done();
      });
      await assert.rejects(async () => await app.ready(), /no validator/);
    }
  });
});
