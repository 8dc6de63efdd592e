/** What the F1 of drinks and stirring does not tell: where actions begin and end, pours, and false alarms among meals. */
import { readForests } from '../activities/motion/decide.js';
import { askForest } from '../activities/motion/forest.js';
import type { Seen, Trial, Trials } from './evaluate.js';
import type { LabelledEvent } from './recordings.js';
import { decideAll, type Stretch } from './replay.js';
import { addCounts, type Count, countEvents, type Detection, mostRight } from './score.js';

const POURING = 'water_plant';
/** Pours would be told untaught if this share of them were right. */
const WORTH_TELLING = 0.8;

/** Seconds from the event's border to what was told: negative is early. */
interface Borders {
  raiseStart: number[];
  putDownEnd: number[];
  stirStart: number[];
  stirEnd: number[];
}

export interface Details {
  borders: Borders;
  pour: Count;
  /** What the trees alone say of each movement that is most like a pour of those that overlap. */
  pourAnswers: { answer: number; right: boolean }[];
  /** Spells of stirring an hour, by the kind of clip. */
  stirsAnHour: Record<string, number>;
}

/** @param seen recordings as they are */
export function detailsOf(trials: Trials, seen: Seen): Details {
  const borders: Borders = { raiseStart: [], putDownEnd: [], stirStart: [], stirEnd: [] };
  const pours: Count[] = [];
  const pourAnswers: Details['pourAnswers'] = [];
  for (const { recording, from, to, model } of trials.otherSensor) {
    const within = ({ start_s }: { start_s: number }) => start_s >= from && start_s < to;
    const found = decideAll(seen.get(recording) as Stretch[], readForests(model), model).filter(within);
    const events = (recording.events ?? []).filter(within);
    measure(events, found, 'drink', borders.raiseStart, borders.putDownEnd);
    measure(events, found, 'stir', borders.stirStart, borders.stirEnd);
    const asPours = events.map((event) => (event.label === POURING ? { ...event, label: 'pour' } : event));
    pours.push(countEvents({ ...recording, events: asPours }, found, 'pour'));
  }
  for (const trial of trials.otherSensor) pourAnswers.push(...answersOf(trial, seen));
  return { borders, pour: addCounts(pours), pourAnswers, stirsAnHour: stirsOf(trials, seen) };
}

/** Of movements that overlap, the one that is most like a pour is judged. */
function answersOf({ recording, from, to, model }: Trial, seen: Seen): Details['pourAnswers'] {
  const { pour } = readForests(model);
  const cycles = (seen.get(recording) as Stretch[])
    .flatMap(({ looks }) => looks.flatMap(({ cycles }) => cycles))
    .map((cycle) => ({
      answer: askForest(pour, cycle.features),
      found: { start_s: cycle.dwellAt / 1000, end_s: cycle.lowerAt / 1000, label: POURING },
    }))
    .filter(({ found }) => found.start_s >= from && found.start_s < to)
    .toSorted((a, b) => b.answer - a.answer);
  const judged: typeof cycles = [];
  for (const cycle of cycles) {
    const overlaps = judged.some(({ found }) => found.start_s < cycle.found.end_s && cycle.found.start_s < found.end_s);
    if (!overlaps) judged.push(cycle);
  }
  return judged.map(({ answer, found }) => ({ answer, right: countEvents(recording, [found], POURING).hit === 1 }));
}

function measure(events: LabelledEvent[], found: Detection[], label: string, starts: number[], ends: number[]): void {
  for (const event of events.filter((one) => one.label === label)) {
    const match = found.find(
      (one) => one.label === label && one.start_s < event.end_s && (one.end_s ?? 0) > event.start_s,
    );
    if (!match) continue;
    starts.push(match.start_s - event.start_s);
    ends.push((match.end_s as number) - event.end_s);
  }
}

function stirsOf(trials: Trials, seen: Seen): Record<string, number> {
  const hours: Record<string, number> = {};
  const stirs: Record<string, number> = {};
  for (const { recording, model } of trials.clips) {
    const kind = recording.class as string;
    const found = decideAll(seen.get(recording) as Stretch[], readForests(model), model);
    hours[kind] = (hours[kind] ?? 0) + recording.duration_s / 3600;
    stirs[kind] = (stirs[kind] ?? 0) + found.filter(({ label }) => label === 'stir').length;
  }
  return Object.fromEntries(Object.entries(stirs).map(([kind, count]) => [kind, count / (hours[kind] as number)]));
}

export function printDetails({ borders, pour, pourAnswers, stirsAnHour }: Details): void {
  for (const [name, values] of Object.entries(borders) as [string, number[]][]) {
    const sorted = values.sort((a, b) => a - b);
    const at = (share: number) => (sorted[Math.round(share * (sorted.length - 1))] as number).toFixed(2);
    console.log(`${name}: ${sorted.length} matched, off by ${at(0.5)} s (median), ${at(0.1)} to ${at(0.9)} s (80 %)`);
  }
  console.log(`pour as watering plants: hit ${pour.hit} wrong ${pour.wrong} missed ${pour.missed}`);
  const most = mostRight(pourAnswers, WORTH_TELLING);
  console.log(`pours by the trees alone, at the threshold that is best afterwards: ${most} at ${WORTH_TELLING} right`);
  const rates = Object.entries(stirsAnHour).map(([kind, rate]) => `${kind} ${rate.toFixed(1)}`);
  console.log(`stirs told an hour, people not seen: ${rates.join(', ')}`);
}
