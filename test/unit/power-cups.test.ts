import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { newTracker, type PowerKind, powerRecogniser, stepTracker, type TrackerInput } from '../../activities/index.js';
import { type Activity, newId } from '../../vocabulary/index.js';
import { leaveOut } from '../support/leave-out.js';
import { listen, readingAt, type Sample, trace } from '../support/power-trace.js';

const DATA = resolve(__dirname, '..', '..', '..', '..', 'shared', 'data', 'power');

type Level = [watts: number, seconds: number];
const HEAT_UP: Level = [1400, 60];
const BREW: Level[] = [
  [120, 8],
  [1450, 32],
  [60, 10],
];
/** The machine has put back the heat of a cup. */
const REHEAT: Level = [1400, 6];

/** The cups of each finish, in the order in which they were told; undefined where nothing was said. */
function cupsOf(kind: PowerKind, samples: readonly Sample[]): (number | undefined)[] {
  return listen(kind, samples).flatMap(({ event }) => (event.type === 'finish' ? [event.cups] : []));
}

function brewed(...levels: Level[]): (number | undefined)[] {
  return cupsOf('coffee_espresso', trace([[2, 900], ...levels, [2, 300]]));
}

describe('cups, from the power of a machine that brews one by one', () => {
  it('counts each brew with its grinder, and neither heating up nor putting heat back', () => {
    assert.deepEqual(brewed(HEAT_UP, [2, 15], ...BREW), [1]);
    assert.deepEqual(brewed(HEAT_UP, [2, 15], ...BREW, [2, 12], REHEAT, [2, 12], ...BREW), [2]);
  });

  it('tells of more when a finish that came too soon is taken back', () => {
    assert.deepEqual(brewed(HEAT_UP, [2, 15], ...BREW, [2, 60], ...BREW), [1, 2]);
  });

  it('says nothing when it is not sure', () => {
    assert.deepEqual(brewed(HEAT_UP), [undefined], 'it only heated up');
    assert.deepEqual(brewed(...BREW), [undefined], 'from cold: heated up and rinsed, or brewed');
    assert.deepEqual(brewed(HEAT_UP, [2, 15], [1400, 30]), [undefined], 'no grinder or pump was seen');
    assert.deepEqual(brewed(HEAT_UP, [2, 15], [120, 8], [1450, 60], [60, 10]), [undefined], 'two cups in one go?');
    assert.deepEqual(brewed(HEAT_UP, [2, 15], ...BREW, [2, 60], [1400, 30]), [1, undefined], 'sure, then not any more');
  });

  it('says nothing of a plug that reports too seldom to see a grinder', () => {
    const samples = trace([[2, 900], HEAT_UP, [2, 15], ...BREW, [2, 300]], 10);
    assert.deepEqual(new Set(cupsOf('coffee_espresso', samples)), new Set([undefined]));
  });

  it('says nothing of other appliances: the energy of a kettle is no count', () => {
    for (const kind of ['kettle', 'coffee_filter', 'washing_machine', 'any'] as const) {
      const samples = trace([[2, 900], HEAT_UP, [2, 15], ...BREW, [2, 15], [2200, 180], [2, 400]]);
      assert.deepEqual(new Set(cupsOf(kind, samples)), new Set([undefined]), kind);
    }
  });

  it('an activity has the cups of its last finish only', () => {
    const told = activitiesOf(trace([[2, 900], HEAT_UP, [2, 15], ...BREW, [2, 60], [1400, 30], [2, 300]]));
    const states = told.map(({ state, cups }) => [state, cups]);
    assert.deepEqual(states, [
      ['started', undefined],
      ['finished', 1],
      ['ongoing', undefined],
      ['finished', undefined],
    ]);
    assert.ok(!('cups' in (told.at(-1) ?? {})));
    assert.equal(new Set(told.map(({ id }) => id)).size, 1);
  });
});

describe('cups, on labelled recordings beside the repository', () => {
  before(function () {
    if (!existsSync(DATA)) leaveOut(this, 'the labelled recordings, not part of the repository, do not lie beside it');
  });

  const recording = (id: string): Sample[] => {
    const { recordings } = JSON.parse(readFileSync(join(DATA, 'labels.json'), 'utf8'));
    const { file } = recordings.find((one: { id: string }) => one.id === id);
    const rows = gunzipSync(readFileSync(join(DATA, '..', file)))
      .toString()
      .trim()
      .split('\n')
      .slice(1);
    return rows.map((row): Sample => {
      const [t = Number.NaN, watts = Number.NaN] = row.split(',').map(Number);
      return [t, watts];
    });
  };
  /** What each finish between two times of the day said. */
  const saidIn = (id: string, from: number, to: number) =>
    listen('coffee_espresso', recording(id)).flatMap(({ event }) =>
      event.type === 'finish' && event.at >= from * 1000 && event.at <= to * 1000 ? [event.cups] : [],
    );

  it('counts the brews of an espresso machine that grinds', () => {
    const [day, another] = ['tb_coffee_735E9D_2012-05-15', 'tb_coffee_735E9D_2012-06-01'];
    assert.deepEqual(saidIn(day, 32_340, 32_430), [1]);
    assert.deepEqual(saidIn(day, 41_140, 41_300), [2]);
    assert.deepEqual(saidIn(another, 33_000, 33_200), [1, 2], 'another one after the first was told');
  });

  it('says nothing where heating up and brewing cannot be told apart', () => {
    assert.deepEqual(saidIn('tb_coffee_735E9D_2012-05-19', 37_600, 37_900), [undefined, undefined]);
    assert.deepEqual(saidIn('tb_coffee_senseoHC_2012-01-03', 37_700, 38_000), [undefined]);
  });
});

/** What was told of one plug, with a tick every 5 s. */
function activitiesOf(samples: readonly Sample[]): Activity[] {
  const options = {
    kind: 'coffee_espresso',
    activity: 'coffee',
    category: 'food-and-beverage' as const,
    everySeconds: 0,
    keep: [],
    place: '',
    recognisers: [powerRecogniser('coffee_espresso')],
  };
  let state = newTracker(readingAt(0, 0).appliance);
  const told: Activity[] = [];
  const take = (input: TrackerInput) => {
    const step = stepTracker(state, input, options, newId);
    state = JSON.parse(JSON.stringify(step.state));
    for (const one of step.told) if (one.type === 'activity') told.push(one.activity);
  };
  for (const [t, watts] of samples) {
    take({ type: 'reading', reading: readingAt(t, watts), arrivedAt: t * 1000 });
    take({ type: 'tick', now: t * 1000 + 1000 });
  }
  return told;
}
