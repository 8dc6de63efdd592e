/**
 * Other appliances, plugs and households, made of recordings: each variant changes the readings and takes the labels
 * along by the rules by which the recordings were labelled. What can no longer be told by them is `unclear`.
 */
import { Chance } from '../power-trials/signal.js';
import type { Label } from '../power-trials/trial.js';
import type { Sample } from '../recognise-recording.js';
import type { Labelled } from './labelled.js';
import { fullPower, insideOf, warp } from './warp.js';

export type Variant = (recording: Labelled, chance: Chance) => Labelled;

/** Seconds without readings that hide a start, an end, or what was inside. */
const HIDDEN = { start: 30, end: 45, inside: 90 };

function mapWatts(recording: Labelled, change: (sample: Sample, index: number) => number): Labelled {
  const samples = recording.samples.map((one, index) => ({ t: one.t, watts: change(one, index) }));
  return { ...recording, samples };
}

export const identity: Variant = (recording) => recording;

/** Another device of the same kind: all watts, standby and pump included, times a factor. */
export const scaled = (factor: number): Variant => {
  return (recording) => mapWatts(recording, ({ watts }) => Math.round(watts * factor * 10) / 10);
};

/** The same text makes the same chance on every computer. */
export function chanceOf(text: string): Chance {
  return new Chance([...text].reduce((sum, letter) => Math.imul(sum, 31) + letter.charCodeAt(0), 17));
}

/** Another device on another plug in another house: all of it changed at once, in one way for all recordings of a device. */
export const another = (draw: number): Variant => {
  return (recording, chance) => {
    const device = chanceOf(`${draw} ${recording.device}`);
    const changes = [
      scaled(device.between(0.75, 1.3)),
      longer(device.between(0.6, 1.6)),
      standby(device.between(0, 4)),
      unsteady(device.between(0, 0.03)),
      every(device.between(1, 9)),
    ];
    return changes.reduce((made, change) => change(made, chance), recording);
  };
};

/** A clock, a display: so many watts more at all times. */
export const standby = (more: number): Variant => {
  return (recording) => mapWatts(recording, ({ watts }) => watts + more);
};

/** A meter of coarse steps. */
export const quantised = (step: number): Variant => {
  return (recording) => mapWatts(recording, ({ watts }) => Math.round(watts / step) * step);
};

/** The mains voltage strays slowly, a resistor's power with its square; and a noisy meter. */
export const unsteady = (share: number): Variant => {
  return (recording, chance) => {
    let drift = 0;
    return mapWatts(recording, ({ watts }) => {
      drift = 0.98 * drift + chance.between(-share, share) * 0.3;
      return Math.max(0, watts * (1 + drift + chance.between(-share, share)));
    });
  };
};

/** Readings every so many seconds: what the plug sees at that moment, or the mean since the one before. */
export const every = (seconds: number, mean = false): Variant => {
  return (recording, chance) => {
    const samples: Sample[] = [];
    let next = recording.samples[0]?.t ?? 0;
    let [joules, since] = [0, next];
    recording.samples.forEach(({ t, watts }, index) => {
      const before = recording.samples[index - 1];
      joules += before ? before.watts * (t - before.t) : 0;
      if (t < next) return;
      samples.push({ t, watts: mean && t > since ? joules / (t - since) : watts });
      [joules, since] = [0, t];
      next = t + seconds * chance.between(0.85, 1.15);
    });
    return hideGaps({ ...recording, samples }, seconds);
  };
};

/** A plug that reports changes of a share, or of a few watts, and every five minutes. */
export const onChange = (share: number, watts: number): Variant => {
  return (recording) => {
    let last: Sample | undefined;
    const samples = recording.samples.filter((one) => {
      const isNews =
        !last ||
        one.t - last.t >= 300 ||
        (Math.abs(one.watts - last.watts) >= watts && Math.abs(one.watts - last.watts) >= share * last.watts);
      if (isNews) last = one;
      return isNews;
    });
    return { ...recording, samples };
  };
};

/** Readings that never came, one by one. */
export const lossy = (share: number): Variant => {
  return (recording, chance) =>
    hideGaps({ ...recording, samples: recording.samples.filter(() => chance.next() >= share) }, 0);
};

/** Stretches of half a minute to five minutes without readings, a few an hour. */
export const holes = (each: number): Variant => {
  return (recording, chance) => {
    let from = chance.between(0, each);
    let to = from + chance.between(30, 300);
    const samples = recording.samples.filter(({ t }) => {
      while (t > to) {
        from = to + chance.between(0.3, 1.7) * each;
        to = from + chance.between(30, 300);
      }
      return t < from;
    });
    return hideGaps({ ...recording, samples }, 0);
  };
};

/** What lies behind a gap cannot be told. @param usual seconds between two readings that hide nothing more than they must */
function hideGaps(recording: Labelled, usual: number): Labelled {
  const { samples } = recording;
  const gaps: { from: number; to: number }[] = [];
  for (let i = 1; i < samples.length; i++) {
    const [from, to] = [(samples[i - 1] as Sample).t, (samples[i] as Sample).t];
    if (to - from > Math.max(HIDDEN.start, 1.3 * usual)) gaps.push({ from, to });
  }
  const isHidden = ({ from, to }: Label) =>
    gaps.some((gap) => {
      const length = gap.to - gap.from;
      if (gap.from < from && gap.to >= from - 1) return true;
      if (gap.from < to + 1 && gap.to >= to) return length > HIDDEN.end;
      return gap.from >= from && gap.to <= to && length > HIDDEN.inside;
    });
  return { ...recording, labels: recording.labels.map((one) => ({ ...one, unclear: one.unclear || isHidden(one) })) };
}

/** Heating takes so many times as long: another volume, another heater. Pauses stay as they are. */
export const longer = (factor: number): Variant => {
  return (recording) => {
    const full = fullPower(recording);
    const inRun = insideOf(recording.labels);
    return warp(recording, (a, b) => (inRun(a.t) && a.watts >= 0.5 * full && b.watts >= 0.5 * full ? factor : 1));
  };
};

/** Somebody comes again at once: what lies between two runs is cut down to so many seconds. */
export const crowded = (least: number, most: number): Variant => {
  return (recording, chance) => {
    const cuts: { from: number; to: number }[] = [];
    recording.labels.forEach((label, i) => {
      const next = recording.labels[i + 1];
      if (!next || label.unclear || next.unclear) return;
      const left = chance.between(least, most);
      if (next.from - label.to > left) cuts.push({ from: label.to + left * 0.7, to: next.from - left * 0.3 });
    });
    let cut = 0;
    const isCut = ({ t }: Sample) => {
      while (cut < cuts.length && (cuts[cut] as { to: number }).to <= t) cut++;
      const { from, to } = cuts[cut] ?? { from: Number.POSITIVE_INFINITY, to: 0 };
      return t >= from && t < to;
    };
    return warp(recording, (one) => (isCut(one) ? 0 : 1));
  };
};

/** The recording begins so many seconds after the end of a run, or within one. */
export const beginsLater = (where: 'after' | 'within'): Variant => {
  return (recording, chance) => {
    const first = recording.labels[0];
    if (!first) return recording;
    const at =
      where === 'after'
        ? first.to + chance.between(20, 400)
        : first.from + (first.to - first.from) * chance.between(0.2, 0.8);
    const samples = recording.samples.filter(({ t }) => t >= at);
    const labels = recording.labels
      .filter(({ to }) => to > at)
      .map((one) => ({ ...one, unclear: one.unclear || one.from <= at + 60 }));
    return { ...recording, samples, labels };
  };
};

interface Keeping {
  /** Share of full power. */
  share: number;
  /** Seconds of a pulse. */
  pulse: number;
  /** Watts that are put back. */
  loss: number;
}

/** Another thermostat: the keep-warm pulses are others, for up to 45 min after each run, averaged over a second each. */
export const keepsWarm = ({ share, pulse, loss }: Keeping): Variant => {
  return (recording, chance) => {
    const full = fullPower(recording);
    const idle = quietLevel(recording);
    const pulses = madePulses(recording, chance, { pulse, pause: (pulse * share * full) / loss - pulse });
    const inRun = insideOf(recording.labels.map(({ from, to, unclear }) => ({ from: from - 5, to: to + 5, unclear })));
    let next = 0;
    return mapWatts(recording, ({ t, watts }) => {
      if (inRun(t)) return watts;
      while (next < pulses.length && (pulses[next] as Label).to < t - 1) next++;
      const { from, to } = pulses[next] ?? { from: 0, to: 0 };
      return idle + share * full * Math.max(0, Math.min(t, to) - Math.max(t - 1, from));
    });
  };
};

function quietLevel({ samples }: Labelled): number {
  const watts = samples.map((one) => one.watts).sort((a, b) => a - b);
  return watts[Math.floor(watts.length * 0.3)] ?? 0;
}

function madePulses({ labels }: Labelled, chance: Chance, { pulse, pause }: { pulse: number; pause: number }): Label[] {
  const pulses: Label[] = [];
  labels.forEach((label, i) => {
    const until = Math.min(labels[i + 1]?.from ?? Number.POSITIVE_INFINITY, label.to + 2700) - 5;
    let at = label.to + Math.max(5, pause * chance.between(0.3, 1));
    while (at < until) {
      const to = Math.min(until, at + pulse * chance.between(0.8, 1.2));
      pulses.push({ from: at, to, unclear: false });
      at = to + Math.max(3, pause * chance.between(0.8, 1.2));
    }
  });
  return pulses;
}

/** Something else on the same strip draws so many watts, on and off by turns. */
export const beside = (watts: number, on: number, off: number): Variant => {
  return (recording, chance) => {
    let is = false;
    let until = 0;
    return mapWatts(recording, ({ t, watts: own }) => {
      while (t >= until) {
        is = !is;
        until = Math.max(until, t - 1) + (is ? on : off) * chance.between(0.8, 1.2);
      }
      return own + (is ? watts * chance.between(0.97, 1.03) : 0);
    });
  };
};
