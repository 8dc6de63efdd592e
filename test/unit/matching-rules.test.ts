import assert from 'node:assert/strict';
import { createCipheriv } from 'node:crypto';
import fc from 'fast-check';
import {
  cellToCenterChild,
  cellToLatLng,
  getPentagons,
  greatCircleDistance,
  gridDisk,
  latLngToCell,
  UNITS,
} from 'h3-js';
import { cellOf } from '../../matching/client/index.js';
import {
  displayName,
  openApi,
  PROBLEMS,
  type ProblemCode,
  type PublishedActivity,
  problemCode,
  problemType,
  RADII_KM,
  ROUTES,
} from '../../matching/schema/index.js';
import { Refusal } from '../../matching/server/refusal.js';
import { checkExtraActivities } from '../../matching/server/rules/allowed.js';
import { cellCodeOf, coverOf, homeOf, isNearby, regionCodeOf } from '../../matching/server/rules/cells.js';
import { claimedOf } from '../../matching/server/rules/claims.js';
import { wordsOf } from '../../matching/server/rules/id-batch.js';
import { claimIn, type StoredSpan, shownSpans } from '../../matching/server/rules/live.js';
import { changeCell } from '../../matching/server/rules/people.js';
import { spansOf, toPublication } from '../../matching/server/rules/publication.js';
import { newShownIds, ShownIds, wordsOfId } from '../../matching/server/rules/shown-ids.js';
import { minutesOf, sharedSeconds, windowAt } from '../../matching/server/rules/time.js';
import { ACTIVITIES, isNeverMatched, newId } from '../../vocabulary/index.js';

const NOW = Date.UTC(2026, 10, 22, 8, 41, 7);

function refusedAs(code: ProblemCode) {
  return (error: unknown) => error instanceof Refusal && error.code === code;
}

describe('activities that are matched', () => {
  it('are a list, to which an operator adds what is nobody’s secret', () => {
    checkExtraActivities(['knitting', 'home-brewing', 'coffee', 'board-game', 'chess']);
    assert.throws(() => checkExtraActivities(['Räder']), /is no name for an activity/);
    const never = ['presence', 'home', 'not-home', 'front-door', 'bathroom', 'shower', 'sleep', 'deep-sleep', 'health'];
    for (const name of [...never, 'medication', 'baby', 'children-room', 'away']) {
      assert.throws(() => checkExtraActivities(['knitting', name]), /cannot be matched/, name);
    }
  });

  it('are never the ones that no operator can add', () => {
    for (const name of ['sleep', 'front-door', 'away']) assert.ok(isNeverMatched(name), name);
    for (const name of ['coffee', 'home-brewing', 'chess', 'constructor']) assert.ok(!isNeverMatched(name), name);
  });

  it('have none of what is never matched among the known ones', () => {
    for (const name of Object.keys(ACTIVITIES)) {
      assert.doesNotMatch(name, /presence|door|sleep|health|bath|child|baby|home|bed|medic/);
    }
  });
});

describe('claimed minutes', () => {
  const minute = Math.floor(NOW / 60_000);
  const told = (span: [number, number], now = minute, ...earlier: [number, number][]) => {
    const claims = earlier.map(([from, to]) => ({ from: minute + from, to: minute + to }));
    const { from, to } = claimedOf({ from: minute + span[0], to: minute + span[1] }, claims, now * 60_000);
    return [from - minute, to - minute];
  };

  it('are those of which was told within a quarter of an hour, or ahead', () => {
    assert.deepEqual(told([0, 60]), [0, 60]);
    assert.deepEqual(told([-15, 60]), [-15, 60]);
    assert.deepEqual(told([-50, 60]), [-15, 60]);
    assert.deepEqual(told([-50, -10]), [-15, -10]);
    assert.deepEqual(told([-50, -15]), [-50, -50]);
  });

  it('stay claimed as long as the activity has them, and grow only in time', () => {
    assert.deepEqual(told([-50, 20], minute, [-50, 10]), [-50, 20]);
    assert.deepEqual(told([-50, -20], minute, [-50, 10]), [-50, -20]);
    assert.deepEqual(told([-200, -20], minute, [-50, 10]), [-50, -20]);
    // Away from the twentieth minute on, and back at the end: the longer piece.
    assert.deepEqual(told([-200, 0], minute, [-200, -180]), [-200, -180]);
    assert.deepEqual(told([-200, 0], minute, [-200, -195]), [-15, 0]);
  });

  it('never reach behind a quarter of an hour before they were told, whatever is told in whatever order', () => {
    const publish = fc.record({
      from: fc.integer({ min: -300, max: 0 }),
      length: fc.integer({ min: 1, max: 300 }),
      pause: fc.nat(60),
    });
    fc.assert(
      fc.property(fc.array(publish, { minLength: 1, maxLength: 8 }), (publishes) => {
        let now = minute;
        let claims: { from: number; to: number }[] = [];
        const inTime = new Set<number>();
        for (const { from, length, pause } of publishes) {
          now += pause;
          const span = { from: now + from, to: now + from + length };
          for (let one = Math.max(span.from, now - 15); one < span.to; one++) inTime.add(one);
          const claimed = claimedOf(span, claims, now * 60_000);
          assert.ok(claimed.from >= span.from && claimed.to <= span.to);
          for (let one = claimed.from; one < claimed.to; one++) assert.ok(inTime.has(one));
          claims = [claimed];
        }
      }),
    );
  });
});

describe('what somebody has shown of an activity', () => {
  const MINUTE = 60_000;
  const since = (minute: number) => ({ shown_since: minute * MINUTE + 7000 });
  const spans: StoredSpan[] = [
    [1, 100, 160],
    [2, 110, 112],
    [2, 120, 140, 125, 128],
    [2, 150, 152],
  ];

  it('is all of it where they have shown themselves all the while', () => {
    for (const shown of [{ shown_since: 0 }, since(100)]) {
      assert.deepEqual(shownSpans(spans, 160 * MINUTE, shown), spans);
    }
  });

  it('begins with the minute in which they began to show themselves, and so does what they claimed of it', () => {
    const shown = shownSpans(spans, 160 * MINUTE, since(130));
    assert.deepEqual(
      shown.map(([topic, from, to]) => [topic, from, to]),
      [
        [1, 130, 160],
        [2, 130, 140],
        [2, 150, 152],
      ],
    );
    const claims = shown.map(claimIn).map(({ from, to }) => (from < to ? [from, to] : []));
    assert.deepEqual(claims, [[130, 160], [], [150, 152]]);
  });

  it('is nothing of what was over by then, be it in the same minute', () => {
    assert.deepEqual(shownSpans([[1, 100, 131]], 130 * MINUTE + 6999, since(130)), []);
    assert.deepEqual(shownSpans([[1, 130, 131]], 130 * MINUTE + 6999, since(130)), []);
    assert.deepEqual(shownSpans([[1, 130, 131]], 130 * MINUTE + 7000, since(130)), [[1, 130, 131]]);
  });
});

describe('windows', () => {
  it('are the clock minute and the clock quarter', () => {
    const minute = Math.floor(NOW / 60_000);
    assert.deepEqual(windowAt(minute, 'minute'), { from: minute, to: minute + 1 });
    assert.deepEqual(windowAt(minute, 'quarter-hour'), { from: minute - 11, to: minute + 4 });
  });

  it('are touched by an interval at its first and last moment, and not at its end', () => {
    assert.deepEqual(minutesOf(60_000, 120_000), { from: 1, to: 2 });
    assert.deepEqual(minutesOf(119_999, 120_001), { from: 1, to: 3 });
    assert.deepEqual(minutesOf(60_000, 60_000), { from: 1, to: 2 });
  });

  it('tell the same shared time wherever in its window an interval begins and ends', () => {
    const other = { from: 0, to: 40 };
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 14 }), fc.integer({ min: 16, max: 30 }), (from, to) => {
        assert.equal(sharedSeconds({ from, to }, other, 'quarter-hour'), 1800);
      }),
    );
    assert.equal(sharedSeconds({ from: 3, to: 5 }, { from: 4, to: 9 }, 'overlap'), 60);
    assert.equal(sharedSeconds({ from: 3, to: 5 }, { from: 6, to: 9 }, 'overlap'), 0);
  });
});

/** Places where grids go wrong: the antimeridian, both poles, a pentagon and its border, and anywhere. */
const PENTAGONS = getPentagons(6).map((cell) => cellToLatLng(cell));
const place = fc.oneof(
  fc.tuple(fc.double({ min: -90, max: 90, noNaN: true }), fc.double({ min: -180, max: 180, noNaN: true })),
  fc.tuple(fc.double({ min: -70, max: 70, noNaN: true }), fc.constantFrom(179.99, -179.99, 180, -180)),
  fc.tuple(fc.constantFrom(90, 89.95, -89.95, -90), fc.double({ min: -180, max: 180, noNaN: true })),
  fc
    .tuple(fc.constantFrom(...PENTAGONS), fc.double({ min: -0.3, max: 0.3, noNaN: true }))
    .map(([[latitude, longitude], shift]): [number, number] => [latitude + shift, longitude - shift]),
);

describe('cover', () => {
  it('holds every cell within the radius, and of the fine cells no other', () => {
    fc.assert(
      fc.property(place, fc.constantFrom(...RADII_KM), ([latitude, longitude], km) => {
        const cell = latLngToCell(latitude, longitude, 6);
        const cover = coverOf(homeOf(cell), km);
        const centre = cellToLatLng(cell);
        for (const other of gridDisk(cell, Math.ceil(km / 4) + 2)) {
          const near = greatCircleDistance(centre, cellToLatLng(other), UNITS.km) <= km;
          const covered = [cellCodeOf, regionCodeOf].some((codeOf) => cover.includes(codeOf(homeOf(other))));
          assert.ok(covered || !near, `${other} is near ${cell} and not covered`);
          if (km === 10) assert.equal(covered, near);
          assert.equal(isNearby(homeOf(cell), homeOf(other), km), near);
        }
      }),
      { numRuns: 150 },
    );
  });

  it('takes a coarser cell for its centre child, and no number for a cell', () => {
    const coarse = cellOf(48.2, 16.37, 4);
    assert.equal(homeOf(coarse), homeOf(cellToCenterChild(coarse, 6)));
    assert.throws(() => homeOf('861fffffffffff0'), refusedAs('bad-cell'));
  });
});

describe('what others see of a user', () => {
  it('is an id that differs for every viewer and stays the same for each', () => {
    const [anna, ben] = [new ShownIds(Buffer.alloc(16, 1)), new ShownIds(Buffer.alloc(16, 2))];
    const [user, other] = [newId(), newId()];
    const shown = anna.of(user);
    assert.notEqual(anna.of(other), shown);
    assert.equal(anna.of(user), shown);
    assert.equal(new ShownIds(Buffer.alloc(16, 1)).of(user), shown);
    assert.notEqual(ben.of(user), shown);
    assert.match(shown, /^[\w-]{22}$/);
  });

  it('is what it has always been, because people keep it: a known permutation with the key added before and after', () => {
    const user = '0199ffee-8001-7fff-bf00-00ff80fe7f01';
    const key = Buffer.from('00ff80017ffe8080c0ffee00deadbeef', 'hex');
    const added = (bytes: Buffer): Buffer => Buffer.from(bytes.map((byte, at) => byte ^ (key[at] as number)));
    const cipher = createCipheriv('aes-128-ecb', Buffer.alloc(16), null).setAutoPadding(false);
    const block = cipher.update(added(Buffer.from(user.replaceAll('-', ''), 'hex')));
    assert.equal(new ShownIds(key).of(user), added(block).toString('base64url'));
    const ids = newShownIds(1);
    const numbers = Array.from({ length: 5 }, () => ids.add(wordsOfId(user), wordsOf(key)));
    assert.deepEqual(new Set(numbers.map((number) => ids.id(number))), new Set([new ShownIds(key).of(user)]));
  });

  it('leads back to the user for that viewer alone, and to nobody when it is none', () => {
    const [anna, ben] = [new ShownIds(Buffer.alloc(16, 1)), new ShownIds(Buffer.alloc(16, 2))];
    const user = newId();
    assert.equal(anna.whose(anna.of(user)), user);
    assert.notEqual(ben.whose(anna.of(user)), user);
    const other = anna.of(user).replace(/.$/, (last) => String.fromCharCode(last.charCodeAt(0) + 1));
    for (const none of ['', 'x', 'x'.repeat(64), other]) assert.notEqual(anna.whose(none), user);
  });
});

describe('cell change', () => {
  const DAY = 86_400_000;
  const [vienna, graz] = [cellOf(48.2, 16.37), cellOf(47.07, 15.44)];
  const none = { cell: null, lastCell: null, cellSetAt: null };

  it('is free the first time, and then once in seven days', () => {
    const first = changeCell(none, vienna, NOW);
    assert.throws(() => changeCell(first, graz, NOW + 7 * DAY - 1), refusedAs('cell-changed-recently'));
    assert.equal(changeCell(first, graz, NOW + 7 * DAY).cell, graz);
  });

  it('cannot be got round by taking the cell away in between', () => {
    const away = changeCell(changeCell(none, vienna, NOW), null, NOW);
    assert.throws(() => changeCell(away, graz, NOW + DAY), refusedAs('cell-changed-recently'));
    assert.equal(changeCell(away, vienna, NOW + DAY).cell, vienna);
  });
});

describe('publication', () => {
  const id = newId(NOW);
  const started = new Date(NOW - 600_000).toISOString();
  const given = { revision: 1, activity: 'coffee', state: 'started', startedAt: started } as const;
  const iso = (ms: number): string => new Date(ms).toISOString();

  it('ends an open activity by itself an hour after its last news, and never later than its kind can last', () => {
    assert.equal(toPublication(id, given, NOW).closes, NOW + 3_600_000);
    const old = toPublication(id, { ...given, startedAt: iso(NOW - 4 * 3_600_000) }, NOW);
    assert.equal(old.closes, NOW);
  });

  it('brings what a fast clock says back to now', () => {
    const ahead = toPublication(id, { ...given, startedAt: iso(NOW + 121_000) }, NOW);
    assert.equal(ahead.started, NOW);
    assert.equal(toPublication(id, { ...given, startedAt: iso(NOW + 119_000) }, NOW).started, NOW + 119_000);
    const finished = { ...given, state: 'finished', endedAt: iso(NOW + 86_400_000) } as const;
    assert.equal(toPublication(id, finished, NOW).ended, NOW);
  });

  it('takes what a fast clock says whole, also where the end is brought back to now and the start is not', () => {
    const [startedAt, endedAt] = [iso(NOW + 100_000), iso(NOW + 200_000)];
    const finished = toPublication(id, { ...given, state: 'finished', startedAt, endedAt }, NOW);
    assert.deepEqual([finished.started, finished.ended, finished.closes], Array(3).fill(NOW + 100_000));
    // The wrong way round it stays, whichever of the two is brought back.
    const [later, earlier] = [iso(NOW + 300_000), iso(NOW + 200_000)];
    const wrong = { ...given, state: 'finished', startedAt: later, endedAt: earlier } as const;
    assert.throws(() => toPublication(id, wrong, NOW), refusedAs('bad-time'));
  });

  it('takes the end from the duration when it is not told', () => {
    assert.equal(toPublication(id, { ...given, state: 'finished', seconds: 60 }, NOW).ended, NOW - 540_000);
    // Stores keep whole milliseconds.
    const { ended, closes } = toPublication(id, { ...given, state: 'finished', seconds: 12.34567 }, NOW);
    assert.deepEqual([ended, closes], [NOW - 587_654, NOW - 587_654]);
  });

  it('refuses times that do not exist, that are long gone or the wrong way round', () => {
    for (const wrong of [
      { startedAt: '2026-13-01T00:00:00Z' },
      { startedAt: '0001-01-01T00:00:00Z' },
      { startedAt: '2026-02-30T08:00:00Z' },
      { startedAt: '2025-02-29T08:00:00+01:00' },
      { startedAt: '2026-04-31T08:00:00.123Z' },
      { endedAt: iso(NOW - 700_000) },
      { actions: [{ action: 'sip', startedAt: '2026-02-30T99:00:00Z' }] },
    ] as const) {
      const body = { ...given, ...wrong } as Parameters<typeof toPublication>[1];
      assert.throws(() => toPublication(id, body, NOW), refusedAs('bad-time'), JSON.stringify(wrong));
    }
    const leapDay = { ...given, startedAt: '2024-02-29T23:59:59+14:00' };
    assert.equal(toPublication(id, leapDay, NOW).started, Date.UTC(2024, 1, 29, 9, 59, 59));
  });

  it('leaves out the appliance and the place', () => {
    const body = { ...given, place: 'Kitchen', appliance: { id: 'x', name: 'Grandma’s kettle' } };
    assert.doesNotMatch(JSON.stringify(toPublication(id, body, NOW)), /Kitchen|kettle/);
  });

  it('is found under itself and under its actions, in the minutes of each', () => {
    const at = (second: number): string => iso(NOW - 600_000 + second * 1000);
    const actions = [
      { action: 'raise-cup', startedAt: at(0), endedAt: at(5) },
      { action: 'raise-cup', startedAt: at(60), endedAt: at(65) },
      { action: 'raise-cup', startedAt: at(300) },
      { action: 'stir', startedAt: at(-3600) },
    ] satisfies PublishedActivity['actions'];
    const finished = { ...given, state: 'finished', endedAt: iso(NOW), actions } as const;
    const spans = spansOf(toPublication(id, finished, NOW));
    const from = Math.floor((NOW - 600_000) / 60_000);
    assert.deepEqual(spans, [
      { topic: 'coffee', from, to: from + 11 },
      { topic: 'coffee/raise-cup', from: from + 5, to: from + 6 },
      { topic: 'coffee/raise-cup', from, to: from + 2 },
    ]);
  });
});

describe('interface', () => {
  it('has an OpenAPI document with every route, and every reference in it leads somewhere', () => {
    const document = openApi('/kindred') as {
      paths: Record<string, Record<string, { operationId: string }>>;
      components: { schemas: Record<string, unknown> };
    };
    const operations = Object.values(document.paths).flatMap((path) =>
      Object.values(path).map((one) => one.operationId),
    );
    assert.deepEqual(operations.sort(), Object.keys(ROUTES).sort());
    const references = [...JSON.stringify(document).matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(
      ([, name]) => name,
    );
    assert.ok(references.length > 10);
    for (const name of references) assert.ok(document.components.schemas[name as string], name);
  });

  it('has words for every operation, and says more of it than its name', () => {
    const { info, paths } = openApi('/') as {
      info: { description: string };
      paths: Record<string, Record<string, { operationId: string; summary: string; description: string }>>;
    };
    assert.ok(info.description.length > 100);
    for (const { operationId, summary, description } of Object.values(paths).flatMap((path) => Object.values(path))) {
      assert.ok(summary.length > 3 && !summary.endsWith('.'), operationId);
      assert.match(description, /^[A-Z].*\.$/, operationId);
      assert.ok(!description.includes(summary), operationId);
    }
  });

  it('says in its OpenAPI document what is rounded, and what becomes of the future', () => {
    const { components } = openApi('/') as {
      components: { schemas: Record<string, { properties: Record<string, { description: string }> }> };
    };
    const described = (schema: string, property: string) =>
      components.schemas[schema]?.properties[property]?.description ?? '';
    assert.match(described('Person', 'overlapSeconds'), /rounded for privacy/);
    for (const time of ['startedAt', 'endedAt']) {
      assert.match(described('PublishedActivity', time), /more than 2 minutes in the future is taken as now/, time);
    }
  });

  it('has patterns that read the same in Unicode mode and without it', () => {
    const patterns = new Set(
      [...JSON.stringify(openApi('/')).matchAll(/"pattern":("(?:[^"\\\\]|\\\\.)*")/g)].map(([, one]) => one),
    );
    assert.ok(patterns.size > 8);
    const names = [
      'Anna',
      'A',
      'Zoë',
      'Zoe\u0308',
      '茶',
      '🫖',
      '🫖 茶 ❤️',
      'Anna 🏴',
      ' Anna',
      'Anna ',
      '',
      ' ',
      'a\nb',
      'a\u202eb',
      '\u200b',
    ];
    for (const given of patterns) {
      const pattern = JSON.parse(given as string) as string;
      const [unicode, plain] = [new RegExp(pattern, 'u'), new RegExp(pattern)];
      for (const name of names)
        assert.equal(plain.test(name), unicode.test(name), `${pattern}: ${JSON.stringify(name)}`);
      assert.doesNotMatch(pattern, /\(\?<?[=!]|\\p\{|\\u\{|ud[89a-f]/, 'not every client knows that');
    }
    const name = new RegExp(displayName.pattern);
    assert.deepEqual(
      names.map((one) => name.test(one)),
      [...Array(8).fill(true), ...Array(7).fill(false)],
    );
  });

  it('has a stable type for every problem', () => {
    for (const code of Object.keys(PROBLEMS) as ProblemCode[]) assert.equal(problemCode(problemType(code)), code);
    assert.equal(problemCode('about:blank'), undefined);
  });
});
