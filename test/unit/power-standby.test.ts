import assert from 'node:assert/strict';
import { type PowerKind, recognisersFor } from '../../activities/index.js';
import { hears, type Part, type Reports, spans, watts } from '../support/course.js';
import { assertNear } from '../support/readings.js';
import { Run } from '../support/tracker.js';

const HOURS = 3 * 3600;

function tracked(kind: PowerKind): Run {
  return new Run({ kind, recognisers: recognisersFor('auto', kind, 'food-and-beverage') });
}

/** Parts, each of so many watts (or as drawn) for so many seconds. */
function course(...levels: readonly (readonly [power: number | Part[1], seconds: number])[]): Part[] {
  let until = 0;
  return levels.map(([power, seconds]): Part => {
    until += seconds;
    return [until, typeof power === 'number' ? watts(power) : power];
  });
}

/** What a drum draws that turns and rests, and a pump of a wash. */
const turns = (second: number) => ({ power: second % 90 < 60 ? 130 + (second % 70) : 14 });
const drains = (second: number) => ({ power: 250 + (second % 60) });
/** A programme of 50 minutes: filling, pump, heating, wash, pumping. */
const PROGRAMME = [
  [90, 20],
  [30, 40],
  [120, 240],
  [2050, 700],
  [turns, 1700],
  [drains, 300],
] as const;

function assertSpans(run: Run, wanted: readonly (readonly [from: number, to: number, early?: number])[]): void {
  const found = spans(run);
  assert.equal(found.length, wanted.length, JSON.stringify(found));
  wanted.forEach(([from, to, tolerance = 45], index) => {
    assertNear(found[index]?.[0], from, tolerance);
    assertNear(found[index]?.[1], to, 60);
  });
}

describe('a plug of which nothing is known, and a standby of some watts', () => {
  const used = (standby: number, lead: number, reports: Reports): Run =>
    hears(course([0.5, 600], [standby, lead], [1500, 600], [standby, HOURS]), tracked('any'), 0, reports);

  for (const standby of [3, 8, 20]) {
    for (const reports of [1, 10, 60, 'on change'] as const) {
      it(`is used for as long as it heats: ${standby} W, reports every ${reports}`, () => {
        for (const lead of [120, 300, 1200]) {
          const run = used(standby, lead, reports);
          assertSpans(run, [[600 + lead, 1200 + lead]]);
          assert.ok(
            run.activities.every(({ state }) => state !== 'discarded'),
            'and nothing was taken back',
          );
        }
      });
    }
  }

  it('is no programme for a grinder or a lamp between the standby and the heat, nor for another use before it', () => {
    const lamp = course([0.5, 600], [8, 300], [45, 6], [1500, 400], [8, HOURS]);
    assertSpans(hears(lamp, tracked('any'), 0, 1), [[906, 1306]]);
    const twice = course([0.5, 600], [8, 30], [1400, 60], [8, 400], [1400, 300], [8, HOURS]);
    assertSpans(hears(twice, tracked('any')), [
      [630, 690],
      [1090, 1390],
    ]);
  });

  it('is over when its standby goes on, where that had been taken for a pump after all', () => {
    const begins = course([0.5, 600], [60, 70], [8, 20], [1500, 600], [8, HOURS]);
    assertSpans(hears(begins, tracked('any')), [[600, 1290]]);
  });

  it('tells a programme whose heating rests at the level of its display', () => {
    const [, , , heating, ...wash] = PROGRAMME;
    const heats = [[2050, 150], [9, 50], heating] as const;
    const run = hears(course([0.5, 600], ...PROGRAMME.slice(0, 3), ...heats, ...wash, [9, HOURS]), tracked('any'));
    assertSpans(run, [[600, 3800]]);
  });

  it('tells a whole programme before and after which a display is on', () => {
    const run = hears(course([0.5, 600], [8, 400], ...PROGRAMME, [8, HOURS]), tracked('any'));
    assertSpans(run, [[1000, 4000, 420]]);
  });
});

for (const [kind, display, waits] of [
  ['dishwasher', 8, 900],
  ['washing_machine', 15, 300],
] as const) {
  describe(`a display of ${display} W that stays on, ${kind}`, () => {
    for (const reports of [10, 'on change'] as const) {
      it(`does not go on with a programme, reports every ${reports}`, () => {
        const run = hears(course([0.5, 600], ...PROGRAMME, [display, HOURS]), tracked(kind), 0, reports);
        assertSpans(run, [[600, 3600]]);
        const told = run.told.findIndex((one) => one.type === 'activity' && one.activity.state === 'finished');
        assert.equal(told, run.told.length - 1, 'and it is told once');
      });
    }

    it('is no programme, and leads into none once it has been on for longer than any pause', () => {
      const run = hears(course([0.5, 600], [display, waits + 300], ...PROGRAMME, [display, HOURS]), tracked(kind));
      assertSpans(run, [[900 + waits, 3900 + waits]]);
    });

    it('of a machine that is never off leads into no programme, and one after the other is told', () => {
      const days = [[display, 7200], ...PROGRAMME, [display, 7200], ...PROGRAMME, [display, HOURS]] as const;
      assertSpans(hears(course(...days), tracked(kind)), [
        [7200, 10_200],
        [17_400, 20_400],
      ]);
    });

    it('may be all that is on in a pause within the programme', () => {
      const rest = waits - 60;
      const run = hears(course([0.5, 600], ...PROGRAMME, [display, rest], [90, 120], [0.5, HOURS]), tracked(kind));
      assertSpans(run, [[600, 3720 + rest]]);
    });
  });
}

describe('a low level that is seen and may not have lasted', () => {
  const drum = (turning: number, every: number, rest: number) => (second: number) => ({
    power: second % every < turning ? 130 : rest,
  });
  const washed = (power: Part[1], reports: Reports): Run =>
    hears(course([0.5, 600], [2050, 500], [power, 5500], [0.5, HOURS]), tracked('washing_machine'), 0, reports);

  for (const [turning, every, reports] of [
    [20, 61, 30],
    [20, 61, 60],
    [20, 61, 120],
    [20, 61, 300],
    [3, 61, 10],
    [5, 37, 60],
  ] as const) {
    it(`may be the pauses of a drum: it turns ${turning} of ${every} s, reports every ${reports}`, () => {
      for (const rest of [14, 20]) assertSpans(washed(drum(turning, every, rest), reports), [[600, 6600]]);
    });
  }

  it('is the standby once many reports have shown it, of a plug that reports once a minute', () => {
    const run = hears(course([0.5, 600], ...PROGRAMME, [15, HOURS]), tracked('washing_machine'), 0, 60);
    assertSpans(run, [[600, 3600]]);
  });

  for (const [kind, lead, gap] of [
    ['washing_machine', 60, 250],
    ['dishwasher', 600, 320],
    ['dishwasher', 800, 120],
    ['dishwasher', 870, 60],
  ] as const) {
    it(`is not known to have gone on without readings: ${kind}, ${lead} s and a gap of ${gap} s`, () => {
      const run = hears(course([0.5, 600], [2050, 700], [20, lead]), tracked(kind));
      const on = 1300 + lead + gap;
      const later = course([130, on + 900], [0.5, HOURS]);
      assertSpans(hears(later, run, on), [[600, on + 900]]);
    });
  }

  for (const silence of [600, 1800]) {
    it(`goes on through the silence of a plug that tells of changes, and of none every ${silence} s`, () => {
      const run = hears(course([0.5, 600], ...PROGRAMME), tracked('dishwasher'), 0, 5);
      assertSpans(hears([[3600 + 2 * HOURS, watts(8)]], run, 3600, silence), [[600, 3600]]);
    });
  }
});
