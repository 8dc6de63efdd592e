import assert from 'node:assert/strict';
import fc from 'fast-check';
import { binsOf } from '../../matching/server/rules/features/bins.js';
import { contributionOf } from '../../matching/server/rules/features/contribution.js';
import { favouriteDrink } from '../../matching/server/rules/features/habits.js';
import { Histogram } from '../../matching/server/rules/features/histogram.js';
import {
  firstDayOfMonth,
  firstDayOfWeek,
  isoDay,
  localDay,
  localTime,
  monthOf,
  utcOffset,
  weekOf,
} from '../../matching/server/rules/features/local-time.js';
import { placeAmong } from '../../matching/server/rules/features/ranks.js';
import { changeRow, daysOf, type FeatureRow, rowOf, tallyOf } from '../../matching/server/rules/features/row.js';
import { localParts } from '../endpoint/features-model.js';

const YEARS = { min: Date.UTC(2000, 0), max: Date.UTC(2035, 0) };
const ZONES = Intl.supportedValuesOf('timeZone');

describe('local time', () => {
  it('is what the calendar says, in every zone', () => {
    const moment = fc.tuple(fc.constantFrom(...ZONES), fc.integer(YEARS));
    const check = ([timeZone, ms]: [string, number]): void => {
      // Twice: the second time from what is remembered of that day.
      for (let times = 0; times < 2; times++) {
        const { day, hour } = localTime(ms, utcOffset(timeZone, ms));
        const { date, hour: expected } = localParts(new Date(ms).toISOString(), timeZone);
        assert.deepEqual([isoDay(day), hour], [date, expected], `${timeZone} ${ms}`);
      }
    };
    fc.assert(fc.property(moment, check), { numRuns: 2000 });
    // The clocks went from 2 to 3 at 1:00 UTC, from 3 to 2 at 1:00 UTC; in Lord Howe by half an hour.
    for (const [zone, day] of [
      ['Europe/Vienna', '2026-03-29'],
      ['Europe/Vienna', '2026-10-25'],
      ['Australia/Lord_Howe', '2026-04-04'],
    ] as const) {
      for (let minute = 0; minute < 1440; minute += 7) check([zone, Date.parse(day) + minute * 60_000]);
    }
  });

  it('refuses what is no zone', () => {
    for (const zone of ['Mars/Olympus', 'Europe/', '']) {
      assert.throws(() => localDay(zone, 0), { name: 'Refusal', code: 'bad-time-zone' });
    }
  });

  it('has weeks from Monday, and months of the calendar', () => {
    fc.assert(
      fc.property(fc.integer({ min: 10_000, max: 30_000 }), (day) => {
        const monday = firstDayOfWeek(weekOf(day));
        assert.equal(new Date(monday * 86_400_000).getUTCDay(), 1);
        assert.ok(monday <= day && day < monday + 7);
        const first = firstDayOfMonth(monthOf(day));
        assert.equal(isoDay(first), `${isoDay(day).slice(0, 7)}-01`);
      }),
    );
  });
});

describe('a row of features', () => {
  const contribution = fc.record({
    day: fc.integer({ min: 10_957, max: 40_000 }),
    hour: fc.nat({ max: 23 }),
    seconds: fc.nat({ max: 14 * 3600 }),
    parameters: fc
      .dictionary(fc.constantFrom('power', 'energy', 'distance', 'temperature'), fc.integer({ min: -1e15, max: 1e15 }))
      .map(Object.entries<number>),
  });

  it('is the same bytes in whatever order activities come, and whatever came and went between', () => {
    const many = fc.array(contribution, { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(
        many,
        fc.array(contribution, { maxLength: 30 }),
        fc.infiniteStream(fc.nat()),
        (stay, pass, random) => {
          const plain = stay.reduce<FeatureRow | undefined>(
            (row, one) => changeRow(row, undefined, one).row,
            undefined,
          );
          const mixed = [...stay, ...pass].sort(() => (Number(random.next().value) % 2 ? 1 : -1));
          let row = mixed.reduce<FeatureRow | undefined>(
            (before, one) => changeRow(before, undefined, one).row,
            undefined,
          );
          for (const one of pass) row = changeRow(row, one, undefined).row;
          assert.deepEqual(row, plain);
          assert.deepEqual(rowOf(tallyOf(plain)), plain);
          for (const one of stay) row = changeRow(row, one, undefined).row;
          assert.equal(row, undefined);
        },
      ),
    );
  });

  it('is small: a year of daily coffee', () => {
    let row: FeatureRow | undefined;
    for (let index = 0; index < 1100; index++) {
      const parameters: [string, number][] = [
        ['power', 655_000_000 + index],
        ['energy', 58_800],
      ];
      row = changeRow(row, undefined, { day: 20_000 + Math.floor(index / 3), hour: 8, seconds: 320, parameters }).row;
    }
    assert.equal(daysOf(row?.days as Uint8Array).length, 367);
    assert.ok((row?.days.length ?? 0) + (row?.sums.length ?? 0) < 2000);
  });

  it('is exact for more than anybody has in a day, which somebody may invent', () => {
    const days = [
      { day: 20_000, count: 90_000, seconds: 90_000 * 50_400 },
      { day: 20_001, count: 2 ** 40, seconds: 2 ** 52 + 1 },
      { day: 20_002, count: 1, seconds: 0 },
    ];
    const tally = { ...tallyOf(undefined), days };
    assert.deepEqual(tallyOf(rowOf(tally)).days, days);
  });

  it('leaves out what cannot be true of a parameter', () => {
    const parameters = {
      temperature: { mean: 1e300 },
      power: { max: 12 },
      nonsense: { mean: 1 },
      energy: {},
      toString: { mean: 1 },
    };
    const body = JSON.stringify({ parameters });
    const counted = contributionOf({ state: 'finished', started: 0, closes: 60_000, body });
    assert.deepEqual(counted, { day: 0, hour: 0, seconds: 60, parameters: [['power', 12_000_000]] });
    assert.equal(contributionOf({ state: 'ongoing', started: 0, closes: 60_000, body }), undefined);
  });

  it('stands in at most fifteen histograms', () => {
    const days = Array.from({ length: 200 }, (_, index) => ({ day: 20_000 + index, count: 1, seconds: 60 }));
    assert.equal(binsOf(days).size, 15);
    assert.equal(binsOf(days).get('streak/ever'), 200);
    assert.equal(binsOf([]).size, 0);
  });
});

describe('a histogram', () => {
  it('knows how many have more', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat({ max: 5000 })),
        fc.array(fc.nat({ max: 5000 })),
        fc.nat({ max: 5000 }),
        (stay, go, value) => {
          const histogram = new Histogram();
          for (const one of [...stay, ...go]) histogram.add(one, 1);
          for (const one of go) histogram.add(one, -1);
          assert.equal(histogram.above(value), stay.filter((one) => one > value).length);
          assert.equal(histogram.total, stay.length);
        },
      ),
    );
  });
});

describe('a place among strangers', () => {
  it('never tells of fewer than five, by itself or as the difference of two answers', () => {
    const counts = fc.record({
      near: fc.nat({ max: 12 }),
      far: fc.nat({ max: 12 }),
      nearFriends: fc.nat({ max: 8 }),
      farFriends: fc.nat({ max: 8 }),
    });
    interface Counts {
      near: number;
      far: number;
      nearFriends: number;
      farFriends: number;
    }
    const check = ({ near, far, nearFriends, farFriends }: Counts): void => {
      const friendsOf = (count = 0, isInArea = false) => Array.from({ length: count }, () => ({ value: 1, isInArea }));
      const [inArea, all] = [near + nearFriends, near + nearFriends + far + farFriends];
      const standing = {
        value: 1,
        everyone: { ahead: 0, others: all },
        area: { ahead: 0, others: inArea },
        friends: [...friendsOf(nearFriends, true), ...friendsOf(farFriends)],
      };
      const [area, everyone] = [placeAmong('area', standing), placeAmong('everyone', standing)];
      assert.equal(everyone.people, near + far >= 5 ? all + 1 : undefined);
      const isOfArea = area.among === 'area' && area.rank !== undefined;
      assert.equal(area.people, isOfArea ? inArea + 1 : everyone.people);
      assert.ok(!isOfArea || (near >= 5 && inArea >= 9 && (far === 0 || far >= 5)));
    };
    fc.assert(fc.property(counts, check), { numRuns: 2000 });
    assert.deepEqual(
      [9, 8].map((near) => {
        const crowd = { ahead: 3, others: near };
        return placeAmong('area', { value: 1, everyone: crowd, area: crowd, friends: [] });
      }),
      [
        { among: 'area', rank: 4, people: 10 },
        { among: 'everyone', rank: 4, people: 9 },
      ],
    );
  });
});

describe('the favourite drink', () => {
  it('is the one named most often; of two, the one named last', () => {
    assert.equal(favouriteDrink([]), undefined);
    assert.equal(favouriteDrink([' ', '']), undefined);
    assert.deepEqual(favouriteDrink(['Mocha', 'espresso', ' Espresso', 'mocha', 'tea']), { name: 'Mocha', count: 2 });
  });
});
