import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  type Destination,
  isQueueState,
  type Outcome,
  reviewShare,
  type Share,
  type ShareItem,
  ShareQueue,
  type SharingRules,
} from '../../sharing/index.js';
import { destination, offer, PlayedWorld, settle } from '../support/sharing.js';

const MINUTE = 60_000;
const DOWN: Outcome = { outcome: 'failed', permanent: 'no', reason: 'it refuses connections' };
const RULES: SharingRules = {
  when: 'both',
  startedText: '',
  finishedText: '',
  language: 'en',
  reveal: ['drink'],
  ask: 'public',
  dailyCap: 20,
};

async function started(world: PlayedWorld, ...destinations: Destination[]): Promise<ShareQueue> {
  for (const one of destinations) world.destinations.set(one.id, one);
  const queue = new ShareQueue(world);
  await queue.ready();
  await settle();
  return queue;
}

describe('a saved list in which something is wrong', () => {
  /** Anything in any place of a saved list; what no JSON can hold is left out. */
  const JUNK = fc.constantFrom<unknown>(null, 0, -1, 1e308, '', 'x', {}, [], true, { a: 1 }, [null]);

  it('is known as such, or goes on: nothing hangs, and nothing ends Node-RED', async () => {
    const good = await listWithEverything();
    await fc.assert(
      fc.asyncProperty(fc.nat(), JUNK, async (which, junk) => {
        const list = JSON.parse(good) as object;
        const places = placesIn(list);
        const [holder, name] = places[which % places.length] as [Record<string, unknown>, string];
        holder[name] = junk;
        if (!isQueueState(list)) return;
        const review = (item: ShareItem) => reviewShare(item, RULES);
        const world = Object.assign(new PlayedWorld(), { disk: JSON.stringify(list), review });
        const stop: Outcome = { outcome: 'failed', permanent: 'target', reason: 'no (401)' };
        const told: string[] = [];
        const send = (share: Share): Promise<Outcome> => {
          told.push(share.text);
          return Promise.resolve({ outcome: 'sent' });
        };
        const refuse = destination('none', { idempotency: 'none', send: () => Promise.resolve(stop), settings: '2' });
        const queue = await started(world, refuse, destination('hook', { send, settings: '2' }));
        await queue.accept([offer('hook', { text: 'the next', lastsMs: 180 * MINUTE })]);
        // No rest is longer than two hours, whatever the list says.
        await world.pass(150 * MINUTE);
        assert.ok(told.includes('the next'), 'the next one gets through');
        await queue.close();
      }),
      { numRuns: 500 },
    );
  });

  async function listWithEverything(): Promise<string> {
    const world = new PlayedWorld();
    const stop: Outcome = { outcome: 'failed', permanent: 'target', reason: 'no (401)' };
    const queue = await started(
      world,
      destination('hook', { send: () => Promise.resolve(DOWN) }),
      destination('none', { idempotency: 'none', send: () => Promise.resolve(stop) }),
    );
    await queue.accept([offer('hook'), offer('none'), offer('none', { ask: true })]);
    await settle();
    assert.ok(isQueueState(JSON.parse(world.disk ?? '')));
    return world.disk ?? '';
  }

  function placesIn(value: object): [object, string][] {
    return Object.entries(value).flatMap(([name, inner]) => [
      [value, name] as [object, string],
      ...(typeof inner === 'object' && inner !== null ? placesIn(inner as object) : []),
    ]);
  }
});
