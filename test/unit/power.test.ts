import assert from 'node:assert/strict';
import { listen, type Run, recognise, runsOf, trace } from '../support/power-trace.js';

/** The levels of a machine that keeps warm with pulses at full power. */
function pulses(watts: number, on: number, off: number, times: number): [number, number][] {
  return Array.from({ length: times }, (): [number, number][] => [
    [0, off],
    [watts, on],
  ]).flat();
}

const BREW: [number, number][] = [
  [120, 8], // grinder
  [1450, 32],
  [60, 20], // pump
];

function assertRun(run: Run | undefined, start: number, end: number): void {
  assert.ok(run, 'there is no run');
  assert.ok(Math.abs(run.start - start) <= 10, `it starts at ${run.start}, not at ${start}`);
  assert.ok(run.end !== undefined && Math.abs(run.end - end) <= 30, `it ends at ${run.end}, not at ${end}`);
  assert.ok(run.announced !== undefined && run.announced - end <= 60, `announced at ${run.announced}`);
}

describe('power recogniser, kettle', () => {
  it('tells a boil, with its limits, soon after it', () => {
    const runs = recognise(
      'kettle',
      trace([
        [0, 60],
        [2100, 150],
        [0, 120],
      ]),
    );
    assert.equal(runs.length, 1);
    assertRun(runs[0], 60, 210);
  });

  it('needs no watts: 0.9 kW for six minutes is a boil as well', () => {
    const runs = recognise(
      'kettle',
      trace([
        [0, 60],
        [900, 360],
        [0, 120],
      ]),
    );
    assert.equal(runs.length, 1);
    assertRun(runs[0], 60, 420);
  });

  it('takes a boil that is switched on again at once for one, and one five minutes later for another', () => {
    const again = trace([
      [0, 60],
      [2100, 90],
      [0, 14],
      [2100, 60],
      [0, 300],
      [2100, 90],
      [0, 60],
    ]);
    const runs = recognise('kettle', again);
    assert.equal(runs.length, 2);
    assertRun(runs[0], 60, 224);
    assertRun(runs[1], 524, 614);
  });

  it('takes a finish back when the same boil goes on after it', () => {
    const announced = listen(
      'kettle',
      trace([
        [0, 60],
        [2100, 90],
        [0, 26],
        [2100, 60],
        [0, 60],
      ]),
    );
    assert.deepEqual(
      announced.map(({ event }) => event.type),
      ['start', 'finish', 'resume', 'finish'],
    );
  });

  it('does not take a toaster or a microwave oven for a kettle', () => {
    assert.deepEqual(
      recognise(
        'kettle',
        trace([
          [0, 60],
          [800, 120],
          [0, 120],
        ]),
      ),
      [],
    );
    const oven = trace([
      [3, 7200],
      [26, 14],
      [1400, 100],
      [1365, 80],
      [26, 10],
      [3, 120],
    ]);
    assert.deepEqual(recognise('kettle', oven), []);
  });

  it('takes a start back when it goes on for longer than water can boil', () => {
    const announced = listen(
      'kettle',
      trace([
        [0, 60],
        [1900, 1800],
        [0, 120],
      ]),
    );
    assert.deepEqual(
      announced.map(({ event }) => event.type),
      ['start', 'discard'],
    );
  });
});

describe('power recogniser, coffee', () => {
  it('tells a filter brew from the hotplate that follows it at full power', () => {
    const runs = recognise(
      'coffee_filter',
      trace([[0, 60], [930, 280], ...pulses(930, 15, 50, 3), ...pulses(930, 14, 170, 20)]),
    );
    assert.equal(runs.length, 1);
    assertRun(runs[0], 60, 340);
  });

  for (const [pot, on, every] of [
    [260, 36, 300],
    [260, 42, 300],
    [260, 50, 200],
    [260, 60, 480],
    [100, 32, 500],
    [100, 60, 900],
  ] as const) {
    it(`tells a pot of ${pot} s from a hotplate that draws ${on} s every ${every} s`, () => {
      const plate = pulses(930, on, every - on, 8);
      const runs = recognise('coffee_filter', trace([[0, 60], [930, pot], ...plate, [0, 120]], 1));
      assert.equal(runs.length, 1, JSON.stringify(runs));
      assertRun(runs[0], 60, 60 + pot);
    });
  }

  it('tells a pot of two cups while the plate is warm', () => {
    const plate = pulses(930, 42, 258, 4);
    const pots = recognise('coffee_filter', trace([[0, 60], [930, 260], ...plate, [0, 200], [930, 100], ...plate], 1));
    assert.equal(pots.length, 2, JSON.stringify(pots));
    assertRun(pots[1], 1720, 1820);
  });

  it('tells a second brew whose thermostat cuts in early, on a plate whose pulses are known to be short', () => {
    const cycling: [number, number][] = [[1030, 43], ...pulses(1035, 21, 29, 8)];
    const plate = pulses(1035, 14, 116, 8);
    const levels = [[0, 120] as [number, number], ...cycling, ...plate, [0, 115] as [number, number], ...cycling];
    const starts = recognise('coffee_filter', trace([...levels, ...plate], 1)).map(({ start }) => start);
    assert.deepEqual(starts, [120, 1718]);
  });

  it('takes heat-up, pause and brew for one run and says openly that it spoke too soon', () => {
    const announced = listen(
      'coffee_espresso',
      trace(
        [
          [0, 60],
          [1400, 90],
          [0, 90],
          [1400, 25],
          [0, 120],
        ],
        1,
      ),
    );
    assert.deepEqual(
      announced.map(({ event }) => event.type),
      ['start', 'finish', 'resume', 'finish'],
    );
    const [run] = runsOf(announced);
    assertRun(run, 60, 265);
  });

  it('does not take keep-warm at half power for coffee', () => {
    const runs = recognise('coffee_espresso', trace([[4, 60], [1150, 80], ...pulses(680, 5, 40, 60), [4, 120]], 5));
    assert.equal(runs.length, 1);
  });

  for (const [on, off] of [
    [3, 30],
    [6, 45],
    [10, 90],
    [14, 150],
  ] as const) {
    it(`learns that ${on} s at full power every ${on + off} s keep warm, and finds the brews among them`, () => {
      const morning: [number, number][] = [[0, 60], [1450, 90], ...pulses(1450, on, off, 20)];
      const brew: [number, number][] = [[0, 20], ...BREW, ...pulses(1450, on, off, 10)];
      const samples = trace([...morning, ...brew, ...brew, ...brew, [0, 120]], 1);
      const length = 60 + BREW.reduce((sum, [, seconds]) => sum + seconds, 0) - 60 + 20 + 10 * (on + off);
      const first = 150 + 20 * (on + off) + 20;
      const late = recognise('coffee_espresso', samples).filter(({ start }) => start > first - 15);
      assert.equal(late.length, 3);
      for (const [index, run] of late.entries()) assertRun(run, first + index * length, first + index * length + 60);
    });
  }

  it('takes a start back that turns out to be keep-warm on a machine that was on already', () => {
    const announced = listen('coffee_espresso', trace([[0, 5], ...pulses(1450, 16, 90, 12)], 1));
    assert.equal(announced[0]?.event.type, 'start');
    assert.ok(announced.some(({ event }) => event.type === 'discard' || event.type === 'finish'));
    assert.ok(
      announced.every(({ now }) => now < 12 * 106 - 300),
      'it went on announcing after the rhythm was clear',
    );
  });
});

describe('power recogniser, cycles and unknown plugs', () => {
  it('takes a wash with its soaks for one run', () => {
    const wash: [number, number][] = [
      [0, 60],
      [2000, 900],
      [120, 1200],
      [3, 200],
      [150, 900],
      [3, 240],
      [400, 300],
      [1, 400],
    ];
    const runs = recognise('washing_machine', trace(wash, 10));
    assert.equal(runs.length, 1);
    assert.ok(Math.abs((runs[0]?.end ?? 0) - 3800) <= 60);
  });

  it('waits for the last pumping of a dishwasher after its drying rest', () => {
    const wash: [number, number][] = [
      [1, 60],
      [2000, 1200],
      [60, 1800],
      [1, 600],
      [40, 120],
      [1, 1200],
    ];
    const runs = recognise('dishwasher', trace(wash, 10));
    assert.equal(runs.length, 1);
    assert.ok(Math.abs((runs[0]?.end ?? 0) - 3780) <= 60);
  });

  it('works for a plug of which nothing is known', () => {
    const runs = recognise(
      'any',
      trace(
        [
          [1, 120],
          [700, 300],
          [1, 600],
          [720, 200],
          [1, 300],
        ],
        5,
      ),
    );
    assert.equal(runs.length, 2);
  });

  it('is quiet on an unknown plug with a refrigerator or a television on it', () => {
    const compressor = Array.from({ length: 12 }, (): [number, number][] => [
      [90, 900],
      [2, 1800],
    ]).flat();
    assert.deepEqual(recognise('any', trace([...compressor, [220, 600], [2, 900]], 5)), []);
    const television = trace([
      [1, 600],
      [120, 3600],
      [150, 1800],
      [1, 900],
    ]);
    assert.deepEqual(recognise('any', television), []);
  });
});

describe('power recogniser, what keeps warm', () => {
  const HEAT_UP: [number, number][] = [
    [3, 300],
    [1400, 45],
  ];

  it('takes what a standing machine loses for no coffee, from the first pulse on', () => {
    // 8 s at 1.4 kW every 115 s are 97 W.
    const runs = recognise('coffee_espresso', trace([...HEAT_UP, ...pulses(1400, 8, 107, 8), [3, 300]]));
    assert.equal(runs.length, 1);
    assertRun(runs[0], 300, 345);
  });

  it('takes more heat than that for a part of the run, soon after it', () => {
    const runs = recognise('coffee_espresso', trace([...HEAT_UP, [3, 30], [1400, 8], [3, 300]]));
    assert.equal(runs.length, 1);
    assertRun(runs[0], 300, 383);
  });

  it('finds a brew that is no longer than the pulses by its grinder and pump', () => {
    const brew: [number, number][] = [
      [150, 8],
      [50, 4],
      [1400, 16],
      [50, 5],
    ];
    const runs = recognise(
      'coffee_espresso',
      trace([...HEAT_UP, ...pulses(1400, 14, 220, 6), [3, 200], ...brew, [3, 220], ...pulses(1400, 14, 220, 3)]),
    );
    assert.equal(runs.length, 2);
    assertRun(runs[1], 300 + 45 + 6 * 234 + 200, 300 + 45 + 6 * 234 + 233);
  });

  it('makes no rhythm of brews alike, whose heat no machine loses standing', () => {
    const cups = [...HEAT_UP, ...pulses(1400, 26, 70, 5), [3, 1000]] as [number, number][];
    const days = trace([...cups, ...cups, ...cups, [3, 300]]);
    const runs = recognise('coffee_espresso', days);
    assert.equal(runs.length, 3);
    for (const [day, run] of runs.entries()) {
      const start = 300 + day * (345 + 5 * 96 + 1000);
      assertRun(run, start, start + 45 + 5 * 96);
    }
  });

  it('finds cups of half a minute whose pump is hidden behind the heater, however long it has been since the last', () => {
    const at = (h: number, min = 0) => h * 3600 + min * 60;
    const days = [
      [at(8), at(8, 6), at(8, 18), at(8, 45), at(9, 45), at(11, 45), at(15)],
      [at(8), at(9, 30), at(11), at(13), at(15)],
    ];
    const cups = days.flatMap((day, index) => day.map((cup) => index * at(24) + cup));
    const levels = cups.flatMap((cup, index): [number, number][] => [
      [1, cup - (index === 0 ? 0 : (cups[index - 1] as number) + 28)],
      [1300, 28],
    ]);
    // What follows the last within minutes is no more heat than a machine loses that keeps warm.
    const apart = cups.filter((cup) => cup !== at(8, 6) && cup !== at(8, 18));
    for (const kind of ['coffee_espresso', 'any'] as const) {
      const found = recognise(kind, trace([...levels, [1, 300]])).map(({ start }) => start);
      assert.deepEqual(found, apart, kind);
    }
  });

  it('forgets the night: the first heat-up of the morning is a run again', () => {
    const day = [...HEAT_UP, ...pulses(1400, 14, 220, 12)];
    const runs = recognise('coffee_espresso', trace([...day, [0, 36_000], [1400, 20], [3, 600]]));
    assert.equal(runs.length, 2);
  });

  it('does not take one throttled heater of a hot machine for coffee, and takes one of two that brews for it', () => {
    const throttled = recognise('coffee_espresso', trace([...HEAT_UP, ...pulses(560, 24, 130, 10), [3, 300]]));
    assert.equal(throttled.length, 1);
    const brew: [number, number][] = [
      [150, 8],
      [800, 32],
    ];
    assert.equal(recognise('coffee_espresso', trace([...HEAT_UP, [3, 600], ...brew, [3, 600]])).length, 2);
  });

  it('a filter machine whose thermostat cuts in and out is ready when it only keeps warm', () => {
    // A recording of tracebase (99266D): 43 s, then 20 s every 50 s, then 14 s every 130 s.
    const cycling: [number, number][] = [
      [0, 120],
      [1030, 43],
      ...pulses(1035, 21, 29, 6),
      ...pulses(1035, 14, 116, 6),
      [0, 300],
    ];
    const [run, ...others] = recognise('coffee_filter', trace(cycling));
    assert.deepEqual(others, []);
    assert.ok(run && Math.abs((run.end ?? 0) - (120 + 43 + 6 * 50)) <= 10, JSON.stringify(run));
  });

  it('waits a little longer once it spoke too soon, so that one brew is not told to be ready again and again', () => {
    const cycling: [number, number][] = [[0, 120], [1030, 43], ...pulses(1035, 21, 29, 8), [0, 300]];
    const told = listen('coffee_filter', trace(cycling)).map(({ event }) => event.type);
    assert.deepEqual(told, ['start', 'finish', 'resume', 'finish']);
  });
});

describe('power recogniser, confidence', () => {
  it('trusts its finishes less after it had to take some back', () => {
    const smooth = trace([
      [0, 60],
      ...Array.from({ length: 6 }, (): [number, number][] => [
        [2100, 90],
        [0, 300],
      ]).flat(),
    ]);
    const rough = trace([
      [0, 60],
      ...Array.from({ length: 6 }, (): [number, number][] => [
        [2100, 90],
        [0, 26],
        [2100, 60],
        [0, 300],
      ]).flat(),
    ]);
    const last = (samples: typeof smooth) => {
      const event = listen('kettle', samples).at(-1)?.event;
      assert.equal(event?.type, 'finish');
      return event.confidence;
    };
    assert.ok(last(rough) < last(smooth));
    assert.ok(last(smooth) < 1 && last(rough) > 0);
  });
});
