/** Recordings whose time runs otherwise, and what becomes of their labels by the rules by which they were labelled. */
import type { Label } from '../power-trials/trial.js';
import type { Sample } from '../recognise-recording.js';
import type { Labelled } from './labelled.js';

/** Seconds between two stretches of work up to which they are one run, and up to which nobody can tell. */
const GAPS: Record<string, { merge: number; ambiguous: number; leastHeat: number }> = {
  kettle: { merge: 30, ambiguous: 60, leastHeat: 20 },
  coffee: { merge: 120, ambiguous: 240, leastHeat: 15 },
  confounder: { merge: 0, ambiguous: 0, leastHeat: 0 },
};
const gapsOf = ({ group }: Labelled) => GAPS[group] ?? { merge: 120, ambiguous: 240, leastHeat: 15 };

/** The highest power that is no glitch. */
export function fullPower({ samples, labels }: Labelled): number {
  const inRuns = samples.filter(({ t }) => labels.some(({ from, to }) => t >= from && t < to));
  const watts = (inRuns.length > 0 ? inRuns : samples).map((one) => one.watts).sort((a, b) => a - b);
  return watts[Math.floor(watts.length * 0.9)] ?? 0;
}

/** Whether a time lies in a run, for times that only go on. */
export function insideOf(labels: readonly Label[]): (t: number) => boolean {
  let next = 0;
  return (t) => {
    while (next < labels.length && (labels[next] as Label).to <= t) next++;
    const label = labels[next];
    return label !== undefined && t >= label.from;
  };
}

/** Time runs otherwise: after each sample, the seconds to the next one are multiplied. */
export function warp(recording: Labelled, factorOf: (sample: Sample, next: Sample) => number): Labelled {
  const { samples } = recording;
  const times = [samples[0]?.t ?? 0];
  for (let i = 1; i < samples.length; i++) {
    const [a, b] = [samples[i - 1] as Sample, samples[i] as Sample];
    times.push((times[i - 1] as number) + (b.t - a.t) * factorOf(a, b));
  }
  const isKept = (i: number) => i === 0 || times[i] !== times[i - 1] || samples[i]?.t === samples[i - 1]?.t;
  const moved = samples
    .map(({ watts }, i) => ({ t: Math.round((times[i] as number) * 10) / 10, watts }))
    .filter((_, i) => isKept(i));
  return relabel({ ...recording, samples: moved }, mapTimes(samples, times));
}

function mapTimes(samples: readonly Sample[], times: readonly number[]): (t: number) => number {
  return (t) => {
    let [low, high] = [0, samples.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((samples[middle] as Sample).t <= t) low = middle;
      else high = middle - 1;
    }
    return (times[low] ?? t) + (t - (samples[low]?.t ?? t));
  };
}

/** Moves the labels, and finds which of them have come too near one another or have too little heat left. */
function relabel(recording: Labelled, move: (t: number) => number): Labelled {
  const { merge, ambiguous, leastHeat } = gapsOf(recording);
  const labels = recording.labels.map((one) => ({ ...one, from: move(one.from), to: move(one.to) }));
  const full = fullPower({ ...recording, labels });
  const heat = heatIn(recording.samples, labels, 0.5 * full);
  labels.forEach((label, i) => {
    const next = labels[i + 1];
    if ((heat[i] as number) < leastHeat) label.unclear = true;
    if (next && next.from - label.to <= ambiguous && merge > 0) {
      label.unclear = true;
      next.unclear = true;
    }
  });
  return { ...recording, labels };
}

function heatIn(samples: readonly Sample[], labels: readonly Label[], level: number): number[] {
  const heat = labels.map(() => 0);
  let next = 0;
  for (let i = 0; i + 1 < samples.length; i++) {
    const { t, watts } = samples[i] as Sample;
    while (next < labels.length && (labels[next] as Label).to <= t) next++;
    const label = labels[next];
    if (label && t >= label.from && watts >= level) {
      heat[next] = (heat[next] as number) + Math.min(30, (samples[i + 1] as Sample).t - t);
    }
  }
  return heat;
}
