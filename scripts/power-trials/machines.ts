/**
 * Coffee machines that nobody measured: what such machines are known to do, with every level, length and pause drawn
 * by lot. Each makes one day. They are meant to be hard: the heater that keeps warm is the heater that brews.
 */
import { type Chance, Signal } from './signal.js';

const DAY = 86_400;

export interface Machine {
  name: string;
  profile: 'coffee_espresso' | 'coffee_filter';
  day(chance: Chance): Signal;
}

/** A thermostat that puts back what is lost: pulses of a length, as often as the loss asks for. */
interface Warmth {
  watts: number;
  /** Seconds of a pulse. */
  pulse: number;
  /** Watts that leave the machine while it stands hot. */
  loss: number;
  stray: number;
}

/** Keeps warm until a moment. Just after something was heated its cold parts take up to twice the loss, for some minutes. */
function keepWarm(signal: Signal, chance: Chance, until: number, { watts, pulse, loss, stray }: Warmth): void {
  const from = signal.now;
  const soak = chance.between(0, 1);
  const pause = () => (pulse * watts) / loss / (1 + soak * Math.exp(-(signal.now - from) / 240)) - pulse;
  const rest = (share: number) => signal.rest(Math.min(until - signal.now, Math.max(5, pause() * share)));
  rest(chance.between(0.3, 1));
  while (signal.now < until) {
    signal.draw(watts, Math.min(until - signal.now, chance.about(pulse, stray)));
    rest(chance.about(1, stray));
  }
}

/** Moments at which somebody comes for coffee: in crowds at times, never while one is at it. */
function visits(chance: Chance, from: number, to: number, count: number): number[] {
  const moments: number[] = [];
  while (moments.length < count) {
    const at = chance.between(from, to);
    moments.push(at);
    if (chance.next() < 0.3) moments.push(at + chance.between(50, 400));
  }
  return moments.sort((a, b) => a - b);
}

/** Grinder, pump, and the heater for most of the time. */
function grindAndBrew(signal: Signal, chance: Chance, watts: number, cups = 1): void {
  const pump = chance.between(40, 70);
  signal.deed(watts * 0.5, () => {
    for (let cup = 0; cup < cups; cup++) {
      if (cup > 0) signal.draw(chance.between(3, 60), chance.between(3, 15));
      signal.draw(chance.between(100, 250), chance.between(4, 9)).draw(chance.between(30, pump), chance.between(2, 6));
      const until = signal.now + chance.between(17, 45);
      while (signal.now < until) {
        signal.draw(watts + pump, chance.between(5, 18)).draw(pump, chance.between(1, 4));
      }
    }
  });
}

function rinse(signal: Signal, chance: Chance, watts: number): void {
  signal.deed(watts * 0.5, () => {
    signal.draw(watts, chance.between(25, 90)).draw(chance.between(3, 8), chance.between(1, 8));
    for (let i = chance.whole(2, 4); i > 0; i--)
      signal.draw(watts + 50, chance.between(2, 6)).draw(50, chance.between(2, 5));
  });
}

/** Bean-to-cup in an office: full-power pulses around the clock, or from the first coffee until the evening. */
function beanToCup(chance: Chance, short: boolean): Signal {
  const watts = chance.between(1200, 1600);
  const signal = new Signal(chance.between(1, 6));
  const pulse = short ? chance.between(1.5, 6) : chance.between(6, 20);
  const warmth = { watts, pulse, loss: chance.between(30, 130), stray: chance.between(0.05, 0.35) };
  const off = chance.next() < 0.7;
  const opens = chance.between(6, 8.5) * 3600;
  const closes = chance.between(16, 19) * 3600;
  if (off) {
    signal.rest(opens);
    rinse(signal, chance, watts);
  }
  for (const at of visits(chance, opens + 300, closes, chance.whole(8, 40))) {
    if (at < signal.now + 40) continue;
    keepWarm(signal, chance, at, warmth);
    grindAndBrew(signal, chance, watts, chance.next() < 0.2 ? 2 : 1);
    if (chance.next() < 0.15) signal.deed(watts * 0.5, () => signal.draw(watts, chance.between(30, 80)));
  }
  keepWarm(signal, chance, off ? Math.max(closes + 1800, signal.now) : DAY, warmth);
  return signal.rest(Math.max(0, DAY - signal.now));
}

/** Several sittings a day: heat-up, one to three coffees, pulses until the machine switches itself off. */
function sittings(
  chance: Chance,
  standby: number,
  heatUp: (signal: Signal) => void,
  brew: (signal: Signal) => void,
  warmth: Warmth,
  stays: [number, number],
): Signal {
  const signal = new Signal(standby);
  const count = chance.whole(2, 5);
  for (let i = 0; i < count; i++) {
    const at = (6 + (15 / count) * (i + chance.next() * 0.6)) * 3600;
    if (at < signal.now) continue;
    signal.rest(at - signal.now);
    heatUp(signal);
    for (let cups = chance.whole(1, 3); cups > 0; cups--) {
      keepWarm(
        signal,
        chance,
        signal.now + chance.pick([chance.between(5, 60), chance.between(5, 100), chance.between(250, 900)]),
        warmth,
      );
      brew(signal);
    }
    keepWarm(signal, chance, signal.now + chance.between(...stays), warmth);
  }
  return signal.rest(Math.max(0, DAY - signal.now));
}

function capsules(chance: Chance): Signal {
  const watts = chance.between(1150, 1550);
  const pump = chance.between(40, 60);
  const warmth = { watts, pulse: chance.between(1.5, 4), loss: chance.between(30, 130), stray: 0.25 };
  const heatUp = (signal: Signal) => signal.deed(watts * 0.5, () => signal.draw(watts, chance.between(22, 35)));
  const brew = (signal: Signal) =>
    signal.deed(watts * 0.5, () => {
      const until = signal.now + chance.between(22, 50);
      signal.draw(pump, chance.between(1, 3));
      while (signal.now < until) signal.draw(watts + pump, chance.between(3, 9)).draw(pump, chance.between(1, 4));
    });
  return sittings(chance, chance.between(0, 3), heatUp, brew, warmth, [300, 1800]);
}

/** A boiler with a thermostat: minutes of heating up, then long pulses at full power; steam heats for a minute and more. */
function portafilter(chance: Chance): Signal {
  const watts = chance.between(900, 1500);
  const pulse = chance.between(8, 22);
  const warmth = { watts, pulse, loss: chance.between(40, 140), stray: 0.2 };
  const heatUp = (signal: Signal) => signal.deed(watts * 0.5, () => signal.draw(watts, chance.between(120, 320)));
  const brew = (signal: Signal) =>
    signal.deed(watts * 0.5, () => {
      signal
        .draw(50, chance.between(3, 8))
        .draw(watts + 50, chance.between(18, 28))
        .draw(watts, chance.between(5, 25));
      if (chance.next() < 0.3) signal.rest(chance.between(3, 10)).draw(watts, chance.between(50, 95));
    });
  return sittings(chance, chance.between(0, 2), heatUp, brew, warmth, [600, 3600]);
}

/** The electronics give the thermoblock a part of its power, and all of it for a brew. */
function modulating(chance: Chance): Signal {
  const watts = chance.between(1200, 1900);
  const warmth = {
    watts: watts * chance.between(0.1, 0.45),
    pulse: chance.between(3, 25),
    loss: chance.between(30, 100),
    stray: 0.4,
  };
  const heatUp = (signal: Signal) =>
    signal.deed(watts * 0.5, () => {
      signal.draw(watts, chance.between(25, 50));
      for (let share = 0.9; share > 0.55; share -= 0.1) signal.draw(watts * share, chance.between(2, 6));
    });
  const brew = (signal: Signal) =>
    signal.deed(watts * 0.5, () => {
      signal.draw(60, 3);
      for (let i = chance.whole(6, 14); i > 0; i--)
        signal.draw(watts * chance.between(0.6, 1) + 60, chance.between(2, 5));
      signal.draw(60, chance.between(0, 8));
    });
  return sittings(chance, chance.between(0, 3), heatUp, brew, warmth, [300, 2400]);
}

/** Two heaters: both for heating up and steam, one of them for a brew. */
function twoHeaters(chance: Chance): Signal {
  const one = chance.between(700, 1000);
  const both = one + chance.between(600, 1100);
  const warmth = {
    watts: one * chance.between(0.3, 0.6),
    pulse: chance.between(2, 10),
    loss: chance.between(30, 100),
    stray: 0.3,
  };
  const heatUp = (signal: Signal) => signal.deed(one * 0.8, () => signal.draw(both, chance.between(40, 120)));
  const brew = (signal: Signal) =>
    signal.deed(one * 0.8, () => {
      signal.draw(180, chance.between(4, 8)).draw(one + 50, chance.between(20, 40));
      if (chance.next() < 0.3) signal.draw(both, chance.between(30, 90));
    });
  return sittings(chance, chance.between(0, 5), heatUp, brew, warmth, [300, 2400]);
}

/** A tube that boils the water up and, at the same power, keeps the plate warm. */
function filterHotplate(chance: Chance): Signal {
  const watts = chance.between(600, 1250);
  const pulse = chance.between(8, 60);
  const warmth = { watts, pulse, loss: chance.between(50, 200), stray: 0.3 };
  const signal = new Signal(chance.between(0, 2));
  for (const at of visits(chance, 6 * 3600, 20 * 3600, chance.whole(1, 4))) {
    if (at < signal.now + 300) continue;
    signal.rest(at - signal.now);
    signal.deed(watts * 0.5, () => signal.draw(watts, chance.between(100, 620)));
    keepWarm(signal, chance, signal.now + chance.between(600, 7200), warmth);
  }
  return signal.rest(Math.max(0, DAY - signal.now));
}

/** Percolators and machines with a warming plate of their own: much for the brew, little for hours. */
function filterLowPlate(chance: Chance): Signal {
  const watts = chance.between(400, 1300);
  const signal = new Signal(chance.between(0, 2));
  for (const at of visits(chance, 6 * 3600, 20 * 3600, chance.whole(1, 4))) {
    if (at < signal.now + 300) continue;
    signal.rest(at - signal.now);
    signal.deed(watts * 0.5, () => signal.draw(watts, chance.between(150, 620)));
    signal.draw(chance.between(25, 110), chance.between(600, 5400));
  }
  return signal.rest(Math.max(0, DAY - signal.now));
}

export const MACHINES: readonly Machine[] = [
  { name: 'bean-to-cup, short pulses', profile: 'coffee_espresso', day: (chance) => beanToCup(chance, true) },
  { name: 'bean-to-cup, long pulses', profile: 'coffee_espresso', day: (chance) => beanToCup(chance, false) },
  { name: 'capsules', profile: 'coffee_espresso', day: capsules },
  { name: 'portafilter', profile: 'coffee_espresso', day: portafilter },
  { name: 'modulating thermoblock', profile: 'coffee_espresso', day: modulating },
  { name: 'two heaters', profile: 'coffee_espresso', day: twoHeaters },
  { name: 'filter, full-power hotplate', profile: 'coffee_filter', day: filterHotplate },
  { name: 'filter, low plate', profile: 'coffee_filter', day: filterLowPlate },
];
