/**
 * What is known beforehand of each kind of appliance: physics and habits, never the watts of one product.
 * Seconds unless said otherwise.
 */
export interface PowerProfile {
  /** Below this many watts the appliance cannot be doing what it is for. */
  floorWatts: number;
  /** Share of the learned heating level from which on a reading counts as work; keep-warm at half power lies below. */
  workShare: number;
  /** A lower level held for so long without a break is work as well. */
  sustain: number;
  /** Work that must be seen before a start is announced. */
  startWork: number;
  /** Or so long on in one go, with at least half the work: grinder and pump count where they are known to run. */
  startOn: number;
  /** A pause up to this long does not break a burst of work. */
  hole: number;
  /** Seconds of work that a second of pause uses up within a burst; 0.7 means that a burst works for at least 41 % of its time. */
  leak: number;
  /** Share of the interval between readings by which a burst may be overrated; 0 where short pulses are unheard of. */
  blur: number;
  /** A burst after a pause belongs to the run only when it has this much work; less is keep-warm. */
  joinWork: number;
  /** The same for a burst before a run: a machine that is warm still heats up for no longer. */
  leadWork: number;
  /** Watts that such an appliance loses at most while it stands hot: what a bare heater puts back is no run. 0: nothing is kept warm. */
  lossWatts: number;
  /** After a run, a burst with less than this share of its longest burst only keeps warm; 0 where nothing keeps warm. */
  upkeepShare: number;
  /** Quiet time before a finish is announced. */
  settle: number;
  /** Work that returns within this time after the end is the same run: the finish is taken back. */
  merge: number;
  /** Work without a pause that no such appliance does: the start is taken back. */
  longest?: number;
  /** Brews each cup apart, with a grinder or a pump that shows: so many seconds of work. Longer ones may be two cups. */
  cup?: { least: number; most: number };
  /** What brews keeps a hotplate warm as well: with its longest pulse, and so long after any other heat. Two cups take longer. */
  plate?: { longestPulse: number; hotFor: number };
  /** Known of appliances that heat water only. */
  water?: {
    /** From this many watts on, nothing else in a household heats so steadily. */
    sureWatts: number;
    /** Below that, the energy that must have gone into the water before it counts as a boil. */
    cupJoules: number;
    /** More than the largest of them takes, full of cold water. */
    mostJoules: number;
  };
}

export const POWER_PROFILES = {
  // Boils a cup or a litre in 0.5-10 min at one level, then its switch opens. Nothing follows but boiling again.
  // European kettles draw 1.8-3.1 kW, more than any microwave oven or toaster. Where kettles draw less, a quarter of a
  // litre from 15 to 100 °C takes 89 kJ, and somewhat more with the losses, whatever the kettle; two litres from 5 °C take 800.
  kettle: {
    floorWatts: 500,
    workShare: 0.42,
    sustain: Number.POSITIVE_INFINITY,
    startWork: 18,
    startOn: Number.POSITIVE_INFINITY,
    hole: 8,
    leak: 0,
    blur: 0,
    joinWork: 8,
    leadWork: 8,
    lossWatts: 0,
    upkeepShare: 0.05,
    settle: 20,
    merge: 30,
    longest: 720,
    water: { sureWatts: 1700, cupJoules: 100_000, mostJoules: 1_100_000 },
  },
  // Heats without a break until the tank is empty; the 10-60 s pulses afterwards keep the hotplate warm.
  coffee_filter: {
    floorWatts: 300,
    workShare: 0.5,
    sustain: Number.POSITIVE_INFINITY,
    startWork: 30,
    startOn: Number.POSITIVE_INFINITY,
    hole: 8,
    leak: 0,
    blur: 0.7,
    joinWork: 8,
    leadWork: 30,
    lossWatts: 350,
    plate: { longestPulse: 75, hotFor: 900 },
    upkeepShare: 0.25,
    settle: 25,
    merge: 120,
  },
  // Heat-up, a pause in which somebody fetches the cup, brews of 15-60 s in which the thermostat cuts in and out.
  coffee_espresso: {
    floorWatts: 300,
    workShare: 0.65,
    sustain: 15,
    startWork: 13,
    startOn: 20,
    hole: 12,
    leak: 0.7,
    blur: 0.7,
    joinWork: 4,
    leadWork: 4,
    lossWatts: 120,
    upkeepShare: 0.1,
    settle: 35,
    merge: 120,
    cup: { least: 8, most: 45 },
  },
  // A cycle of an hour or more of motor and heater with soaks of some minutes between.
  washing_machine: {
    floorWatts: 10,
    workShare: 0,
    sustain: Number.POSITIVE_INFINITY,
    startWork: 60,
    startOn: Number.POSITIVE_INFINITY,
    hole: 60,
    leak: 0,
    blur: 0,
    joinWork: 10,
    leadWork: 10,
    lossWatts: 0,
    upkeepShare: 0,
    settle: 180,
    merge: 300,
  },
  // As above, with a drying rest of up to a quarter of an hour before the last pumping.
  dishwasher: {
    floorWatts: 5.5,
    workShare: 0,
    sustain: Number.POSITIVE_INFINITY,
    startWork: 60,
    startOn: Number.POSITIVE_INFINITY,
    hole: 60,
    leak: 0,
    blur: 0,
    joinWork: 5,
    leadWork: 5,
    lossWatts: 0,
    upkeepShare: 0,
    settle: 300,
    merge: 900,
  },
  // Walking takes 100 to 300 W, running more; the display and what waits for the belt less than 60. Who rests goes on within a
  // quarter of an hour, as where a treadmill tells its speed. Its switch alone is no pump, so no programme is looked for.
  treadmill: {
    floorWatts: 60,
    workShare: 0,
    sustain: Number.POSITIVE_INFINITY,
    startWork: 60,
    startOn: Number.POSITIVE_INFINITY,
    hole: 60,
    leak: 0,
    blur: 0,
    joinWork: 10,
    leadWork: 10,
    lossWatts: 0,
    upkeepShare: 0,
    settle: 180,
    merge: 900,
  },
  // An unknown plug: somebody uses what heats, sucks or turns with 250 W and more. Refrigerators, televisions, lamps and
  // chargers stay below; what stands hot in between, as a machine that keeps warm does, is not used again.
  any: {
    floorWatts: 250,
    workShare: 0.5,
    sustain: Number.POSITIVE_INFINITY,
    startWork: 20,
    startOn: Number.POSITIVE_INFINITY,
    hole: 10,
    leak: 0.7,
    blur: 0,
    joinWork: 5,
    leadWork: 5,
    lossWatts: 120,
    upkeepShare: 0.1,
    settle: 45,
    merge: 120,
  },
} as const satisfies Record<string, PowerProfile>;

/** What sort of appliance hangs on the plug. */
export type PowerKind = keyof typeof POWER_PROFILES;
