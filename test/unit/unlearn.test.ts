import assert from 'node:assert/strict';
import fc from 'fast-check';
import { learnedBetween, unlearn } from '../../activities/unlearn.js';

const json = fc.jsonValue({ maxDepth: 4 }) as fc.Arbitrary<unknown>;

describe('taking a lesson back', () => {
  it('gives the memory before it when nothing came since', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), json), fc.dictionary(fc.string(), json), (before, after) => {
        const learned = JSON.parse(JSON.stringify(learnedBetween(before, after)));
        assert.deepEqual(
          JSON.parse(JSON.stringify(unlearn(after, learned).memory)),
          JSON.parse(JSON.stringify(before)),
        );
      }),
    );
  });

  it('takes a name that every object has for a name', () => {
    const after = JSON.parse('{ "__proto__": [], "constructor": 1 }');
    const learned = JSON.parse(JSON.stringify(learnedBetween({}, after)));
    assert.deepEqual(unlearn(after, learned).memory, {});
  });

  it('leaves what came since', () => {
    const before = { at: 1, taught: [1], run: { until: 1 }, background: 40, heart: null };
    const after = { at: 1, taught: [2, 1], run: { until: 1, dismissed: true }, background: 44, heart: null };
    const now = { at: 9, taught: [2, 1], run: { until: 8, dismissed: true }, background: 43.5, heart: 60 };
    const learned = learnedBetween(before, after);
    assert.deepEqual(unlearn(now, learned).memory, {
      at: 9,
      taught: [1],
      run: { until: 8 },
      background: 39.5,
      heart: 60,
    });
    assert.deepEqual(unlearn({ ...now, run: null }, learned).memory, {
      at: 9,
      taught: [1],
      run: null,
      background: 39.5,
      heart: 60,
    });
    assert.equal(unlearn(undefined, learned).memory, undefined);
  });

  it('leaves an amount that has gone back by itself: it was measured', () => {
    const learned = learnedBetween({ heat: 2548 }, { heat: 1000 });
    assert.deepEqual(unlearn({ heat: 2400 }, learned).memory, { heat: 2400 });
    assert.deepEqual(unlearn({ heat: 2600 }, learned).memory, { heat: 2600 });
    assert.deepEqual(unlearn({ heat: 1100 }, learned).memory, { heat: 2648 });
  });

  describe('while later ones stand', () => {
    /** As recognisers remember: amounts, what is taught by name, and lists of different teachings. */
    const memory = fc.record({
      heat: fc.integer({ max: 100 }),
      taught: fc.dictionary(fc.constantFrom('pour', 'cup', 'sip'), fc.integer({ min: 0, max: 100 }), {
        noNullPrototype: true,
      }),
      teachings: fc.uniqueArray(fc.integer({ min: 0, max: 9 }), { maxLength: 6 }),
    });
    type Memory = Record<string, unknown> & { teachings: number[] };
    const sorted = (one: unknown) => ({ ...(one as Memory), teachings: [...(one as Memory).teachings].sort() });

    it('leaves what was before all of them once all are undone, in whatever order', () => {
      fc.assert(
        fc.property(
          fc.array(memory, { minLength: 2, maxLength: 11 }),
          fc.infiniteStream(fc.nat()),
          (memories, picks) => {
            let lessons = memories.slice(1).map((one, index) => learnedBetween(memories[index], one));
            let current: unknown = memories.at(-1);
            while (lessons.length > 0) {
              const index = (picks.next().value as number) % lessons.length;
              const undone = unlearn(current, lessons[index] ?? [], lessons.slice(index + 1));
              current = JSON.parse(JSON.stringify(undone.memory));
              lessons = JSON.parse(JSON.stringify([...lessons.slice(0, index), ...undone.newer]));
            }
            assert.deepEqual(sorted(current), sorted(memories[0]));
          },
        ),
        { numRuns: 500 },
      );
    });

    it('leaves what a later one has set, and takes away what is its own', () => {
      const [a, b, c] = [
        { least: 15, teachings: [] as string[] },
        { least: 27, teachings: ['a'] },
        { least: 40, teachings: ['b', 'a'] },
      ];
      const { memory: left, newer } = unlearn(c, learnedBetween(a, b), [learnedBetween(b, c)]);
      assert.deepEqual(left, { least: 40, teachings: ['b'] });
      assert.deepEqual(unlearn(left, newer[0] ?? []).memory, a);
    });
  });
});
