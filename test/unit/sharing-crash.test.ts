import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StateFile } from '../../nodes/shared/state-file.js';
import {
  type Destination,
  isQueueState,
  type Outcome,
  QueueChanges,
  type QueueState,
  type Share,
  ShareQueue,
} from '../../sharing/index.js';
import { newId } from '../../vocabulary/index.js';
import { coffee, destination, offer, PlayedWorld } from '../support/sharing.js';

const MINUTE = 60_000;
const CUT: Outcome = { outcome: 'unknown', reason: 'the connection was cut before it answered' };
const DOWN: Outcome = { outcome: 'failed', permanent: 'no', reason: 'it refuses connections' };
const SENT: Outcome = { outcome: 'sent' };

/** What was on disk, delivered and promised at one moment of a day. */
interface Moment {
  text: string;
  delivered: Share[];
  promised: string[];
}

describe('a hub that loses power at any moment', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'kindred-'));
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  const listIn = (name: string) => new StateFile<QueueState>(dir, name, isQueueState, new QueueChanges());

  /** A network that gives these outcomes in turn, then takes everything. */
  function network(idempotency: Destination['idempotency'], delivered: Share[], outcomes: Outcome[] = []): Destination {
    return destination('hook', {
      idempotency,
      send: (share) => {
        const outcome = outcomes.shift() ?? SENT;
        // What is cut off has arrived, too.
        if (outcome !== DOWN) delivered.push(share);
        return Promise.resolve(outcome);
      },
    });
  }

  function worldWith(file: StateFile<QueueState>, hook: Destination): PlayedWorld {
    const world = new PlayedWorld();
    world.load = () => file.load();
    world.save = (state) => file.save(state);
    world.destinations.set('hook', hook);
    return world;
  }

  /** The clock goes on, and writing to the disk takes as long as it takes. */
  async function passing(world: PlayedWorld, queue: ShareQueue): Promise<void> {
    for (let times = 0; times < 12 || queue.summary().waiting > 0; times++) {
      await world.pass(2 * MINUTE);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }

  /** A day with shares that get through, are refused, are cut off, are taken back and come again. */
  async function day(idempotency: Destination['idempotency']): Promise<Moment[]> {
    const [delivered, promised, moments]: [Share[], string[], Moment[]] = [[], [], []];
    const file = listIn('day');
    const world = worldWith(file, network(idempotency, delivered, [SENT, DOWN, CUT, SENT, CUT, DOWN]));
    const note = () =>
      moments.push({ text: readFileSync(file.path, 'utf8'), delivered: [...delivered], promised: [...promised] });
    world.save = async (state) => {
      await file.save(state);
      note();
    };
    const queue = new ShareQueue(world);
    const ids = Array.from({ length: 6 }, () => newId());
    for (const [index, id] of ids.entries()) {
      const began = offer('hook', { activity: coffee({ id }), lastsMs: 600 * MINUTE });
      await queue.accept([began]);
      const isTakenBack = index === 2;
      if (isTakenBack) await queue.accept([], [{ target: 'hook', activityId: id, moment: 'started', revision: 2 }]);
      else promised.push(id);
      await world.pass(MINUTE);
      if (!isTakenBack) continue;
      await queue.accept([{ ...began, activity: coffee({ id, revision: 3 }) }]);
      promised.push(id);
    }
    await passing(world, queue);
    await queue.close();
    note();
    return moments;
  }

  /** Where the last line of a text can have been cut off; of a text that was written whole, nowhere. */
  function cutsOf(text: string, before: string): string[] {
    if (!text.startsWith(before) || text === before) return [text];
    const length = text.length - before.length;
    const cuts = [0, 1, 2, 0.5, 0.9].map((part) =>
      text.slice(0, before.length + (part >= 1 ? part : Math.floor(length * part))),
    );
    // A file can have become longer before what is in it was written.
    return [...cuts, before + '\0'.repeat(length)];
  }

  /** @returns what the network has got in the end, when the hub begins again with this on its disk */
  async function after(text: string, delivered: Share[], idempotency: Destination['idempotency']): Promise<Share[]> {
    const received = [...delivered];
    writeFileSync(listIn('after').path, text);
    const world = worldWith(listIn('after'), network(idempotency, received));
    const queue = new ShareQueue(world);
    await queue.ready();
    await passing(world, queue);
    await queue.close();
    return received;
  }

  for (const idempotency of ['deduplicates', 'none'] as const) {
    it(`loses nothing that it took, and makes no second share: ${idempotency}`, async () => {
      const moments = await day(idempotency);
      let points = 0;
      for (const [index, { text, delivered, promised }] of moments.entries()) {
        // Until the next save is through, what is on disk is older than what has happened.
        const next = moments[index + 1] ?? { text, delivered };
        for (const there of cutsOf(next.text, text)) {
          points++;
          const received = await after(there, next.delivered, idempotency);
          const where = `after save ${index}, ${there.length} of ${next.text.length} characters`;
          const keys = new Map(received.map((share) => [share.key, share.activity.id]));
          const ids = [...keys.values()];
          assert.equal(new Set(ids).size, ids.length, `a moment under two keys ${where}`);
          if (idempotency === 'none') assert.equal(received.length, ids.length, `a second copy ${where}`);
          else
            assert.deepEqual(
              promised.filter((id) => !ids.includes(id)),
              [],
              `something is lost ${where}`,
            );
        }
      }
      assert.ok(points > 60, `${points} points`);
    }).timeout(60_000);
  }
});
