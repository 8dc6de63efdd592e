/**
 * Days of kettles, and of other things that heat, that nobody measured: what such appliances are known to do, drawn by lot.
 * Each is on a plug whose owner has said `kettle`; only kettles have deeds.
 */
import { type Chance, Signal } from './signal.js';

export interface Heater {
  name: string;
  day(chance: Chance): Signal;
}

type Span = readonly [least: number, most: number];

/** On and off until a moment, as a thermostat switches. */
function cycle(signal: Signal, chance: Chance, seconds: number, watts: number, on: Span, off: Span): void {
  const until = signal.now + seconds;
  while (signal.now < until) signal.rest(chance.between(...off)).draw(watts, chance.between(...on));
}

/** Heats up, and then keeps its temperature for a while. */
function thermostat(watts: Span, heatUp: Span, on: Span, off: Span, stays: Span): Heater['day'] {
  return (chance) => {
    const signal = new Signal(0).rest(chance.between(3600, 20_000));
    const full = chance.between(...watts);
    signal.draw(full, chance.between(...heatUp));
    cycle(signal, chance, chance.between(...stays), full, on, off);
    return signal.rest(20_000);
  };
}

/** Used a few times a day, for so long each time. */
function uses(times: number, standby: Span, use: (signal: Signal, chance: Chance) => void): Heater['day'] {
  return (chance) => {
    const signal = new Signal(chance.between(...standby));
    for (let i = 0; i < times; i++) use(signal.rest(chance.between(2000, 12_000)), chance);
    return signal.rest(8000);
  };
}

/** A boiler below the sink, or a dispenser: heats up once, and puts back what it has lost all day. */
function keepsHot(watts: Span, litres: number, pulse: Span, loss: Span): Heater['day'] {
  return (chance) => {
    const full = chance.between(...watts);
    const signal = new Signal(chance.between(0, 2)).rest(3000).draw(full, (litres * 340_000) / full);
    const on = chance.between(...pulse);
    const off = (on * full) / chance.between(...loss);
    cycle(signal, chance, 72_000, full, [0.9 * on, 1.1 * on], [0.85 * off, 1.15 * off]);
    return signal;
  };
}

/** A magnetron, whose power falls as it warms. */
function microwave(signal: Signal, chance: Chance): void {
  const [watts, fall] = [chance.between(800, 1600), chance.between(0.02, 0.1)];
  const seconds = chance.between(40, 300);
  for (let t = 0; t < seconds; t += 5) signal.draw(watts * (1 - fall * (1 - Math.exp(-t / 80))), 5);
}

function toast(signal: Signal, chance: Chance, watts: number): void {
  for (let i = chance.whole(1, 2); i > 0; i--) signal.draw(watts, chance.between(90, 200)).rest(chance.between(10, 60));
}

function dryHair(signal: Signal, chance: Chance): void {
  const watts = chance.between(1000, 2100);
  for (let i = chance.whole(2, 6); i > 0; i--)
    signal.draw(watts * chance.pick([1, 1, 0.5]), chance.between(20, 200)).rest(chance.between(0, 15));
}

function wash(signal: Signal, chance: Chance): void {
  for (let i = 0; i < 60; i++) signal.draw(chance.between(80, 250), 10).draw(5, 5);
  signal.draw(chance.between(1800, 2200), chance.between(400, 1200));
  for (let i = 0; i < 90; i++) signal.draw(chance.between(80, 250), 10).draw(5, 5);
}

/** What nobody wants told: they draw as much as a kettle, or heat for as long. */
export const HEATERS: readonly Heater[] = [
  { name: 'iron', day: thermostat([1600, 2600], [50, 150], [5, 20], [20, 60], [900, 4500]) },
  { name: 'oil radiator', day: thermostat([1400, 2400], [800, 2400], [120, 500], [200, 900], [9000, 20_000]) },
  { name: 'oil radiator, evenly', day: evenly([1400, 2400], [800, 2400], [120, 500], [200, 900], [9000, 20_000]) },
  { name: 'fan heater, evenly', day: evenly([1200, 2200], [300, 1500], [60, 400], [60, 400], [3600, 14_000]) },
  { name: 'fan heater', day: thermostat([1200, 2200], [300, 1500], [60, 400], [60, 400], [3600, 14_000]) },
  { name: 'oven', day: thermostat([2000, 3000], [400, 900], [20, 60], [60, 120], [1800, 4000]) },
  { name: 'fryer', day: thermostat([1800, 2300], [400, 700], [20, 60], [20, 80], [900, 1800]) },
  { name: 'tumble dryer', day: thermostat([1800, 2600], [1000, 2400], [60, 200], [30, 90], [900, 1800]) },
  { name: 'steam cleaner', day: thermostat([1200, 2200], [240, 600], [8, 30], [10, 60], [1200, 3000]) },
  { name: 'contact grill', day: thermostat([700, 2000], [150, 360], [15, 50], [20, 90], [300, 1500]) },
  { name: 'pressure cooker', day: thermostat([850, 1200], [500, 1500], [5, 15], [30, 90], [1200, 2400]) },
  { name: 'boiler below the sink', day: keepsHot([1500, 2200], 5, [20, 45], [60, 110]) },
  { name: 'hot-water dispenser', day: keepsHot([700, 2600], 3, [10, 60], [40, 80]) },
  { name: 'microwave, no clock, no lamp', day: uses(6, [0, 1], microwave) },
  { name: 'microwave', day: uses(6, [1.6, 4], microwave) },
  { name: 'toaster', day: uses(3, [0, 0.5], (signal, chance) => toast(signal, chance, chance.between(700, 1100))) },
  {
    name: 'toaster, 4 slices',
    day: uses(3, [0, 0.5], (signal, chance) => toast(signal, chance, chance.between(1500, 1900))),
  },
  { name: 'hair dryer', day: uses(2, [0, 0], dryHair) },
  { name: 'washing machine', day: uses(1, [0, 1.5], wash) },
];

function boils(
  times: number,
  watts: Span,
  boil: (signal: Signal, chance: Chance, watts: number) => void,
): Heater['day'] {
  return (chance) => {
    const full = chance.between(...watts);
    return uses(times, [0, 0.5], (signal) => boil(signal, chance, full))(chance);
  };
}

/** Left open once, until somebody comes, and after that a party: twelve boils, each within 20 minutes of the last. */
function leftOpen(boilsBefore: number): Heater['day'] {
  return (chance) => {
    const watts = chance.between(1800, 3000);
    const signal = new Signal(chance.between(0, 0.5));
    for (let i = 0; i < boilsBefore; i++) litres(0.25, 1.7)(signal.rest(chance.between(2000, 12_000)), chance, watts);
    once([750, 900])(signal.rest(chance.between(2000, 12_000)), chance, watts);
    for (let i = 0; i < 12; i++) litres(0.25, 1.7)(signal.rest(chance.between(65, 1100)), chance, watts);
    return signal.rest(8000);
  };
}

/** A thermostat that switches evenly, as most do: each pulse and each pause is as long as the last, within a sixth. */
function evenly(watts: Span, heatUp: Span, on: Span, off: Span, stays: Span): Heater['day'] {
  return (chance) => {
    const [a, b] = [chance.between(...on), chance.between(...off)];
    return thermostat(watts, heatUp, [a / 1.17, a * 1.17], [b / 1.17, b * 1.17], stays)(chance);
  };
}

const once = (seconds: Span) => (signal: Signal, chance: Chance, watts: number) =>
  void signal.deed(watts / 2, () => signal.draw(watts, chance.between(...seconds)));

/** So many litres from the tap's temperature to boiling. */
const litres = (least: number, most: number) => (signal: Signal, chance: Chance, watts: number) =>
  void signal.deed(watts / 2, () => signal.draw(watts, (chance.between(least, most) * 400_000) / watts));

export const KETTLES: readonly Heater[] = [
  { name: 'kettle', day: boils(8, [1800, 3000], litres(0.25, 1.7)) },
  { name: 'hardly any water', day: boils(8, [1800, 3000], once([20.5, 35])) },
  { name: 'for 110 V', day: boils(8, [1100, 1500], litres(0.25, 1.5)) },
  { name: 'for travelling', day: boils(8, [650, 1000], litres(0.25, 0.5)) },
  {
    name: 'lifted and put back',
    day: boils(8, [1800, 3000], (signal, chance, watts) =>
      signal.deed(watts / 2, () => {
        signal.draw(watts, chance.between(15, 60)).rest(chance.between(2, 20)).draw(watts, chance.between(15, 120));
      }),
    ),
  },
  {
    name: 'filled anew, twice in a row',
    day: boils(6, [1800, 3000], (signal, chance, watts) => {
      once([60, 200])(signal, chance, watts);
      once([60, 200])(signal.rest(chance.between(65, 150)), chance, watts);
    }),
  },
  {
    name: 'boils up again after minutes',
    day: boils(6, [1800, 3000], (signal, chance, watts) => {
      once([60, 200])(signal, chance, watts);
      once([10, 35])(signal.rest(chance.between(180, 600)), chance, watts);
    }),
  },
  {
    name: 'keeps its water hot',
    day: boils(5, [1700, 3000], (signal, chance, watts) => {
      once([60, 240])(signal, chance, watts);
      const on = chance.between(3, 22);
      const off = (on * watts) / chance.between(40, 90);
      cycle(signal, chance, 1500, watts, [0.8 * on, 1.2 * on], [0.8 * off, 1.2 * off]);
    }),
  },
  { name: 'left open once, when it is new', day: leftOpen(0) },
  { name: 'left open once, after two boils', day: leftOpen(2) },
  {
    name: 'ten times in a row, as full each time',
    day: boils(1, [1800, 3000], (signal, chance, watts) => {
      const on = chance.between(150, 200);
      for (let i = 0; i < 10; i++) once([0.9 * on, 1.1 * on])(signal.rest(chance.between(65, 200)), chance, watts);
    }),
  },
];
