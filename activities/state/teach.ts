import { type Bar, type Bars, barOf, learnBars, remember, type Sight, type Taught } from '../bars.js';
import { actionOf, withoutNone } from '../lesson.js';
import type { Lesson } from '../recogniser.js';
import { MERGE_MS } from './runs.js';
import type { Meaning, SayingState } from './state.js';
import { hasDrink, isHeating, type Phase, phaseOf, plainWord } from './words.js';

/** For so many seconds a word must be said before it counts; after keeping warm, heating is trusted only after a while. */
const SAID: Bar = { usual: 0, least: 0, most: 1800 };
const AFTER_HOLD: Bar = { usual: 45, least: 5, most: 1800 };
const PAUSE = { least: 10, most: 900 };
/** Words that are taught at most; the oldest leaves. A longer word, or text that it stands in, is cut. */
const MOST_WORDS = 6;
const LONGEST_WORD = 40;
const LONGEST_TEXT = 80;
/** By so much (30 s) what somebody says may be off; times nearer than 5 s are the same. */
const VAGUE_MS = 30_000;
const SAME_MS = 5000;
/** What was missed is what was said then, and hardly longer: its times share half of all they span. */
const FITTING = 0.5;

/** A word of heating that is said right after keeping warm is another matter than the same word else. */
const [SAYS, SAYS_AFTER_HOLD] = ['=', '~'];

interface Span {
  from: number;
  to: number;
}

export function wordOf(text: string): string {
  return plainWord(text).slice(0, LONGEST_WORD);
}

/** What a word means here: as its owner has taught, or as everywhere. */
export function phaseHere({ means, isCup }: Pick<SayingState, 'means' | 'isCup'>, text: string): Phase | undefined {
  if (means.length === 0) return phaseOf(text, isCup);
  const said = wordOf(text);
  const meaning = means.find(({ word }) => word === said)?.is;
  if (meaning === 'busy') return isCup ? 'hold' : 'work';
  if (meaning === 'part') return isCup ? 'hold' : 'pause';
  return meaning === 'ready' ? 'idle' : phaseOf(text, isCup);
}

/** Its owner has said that what it says now is a part of what went on before, however long. */
export function isTaughtPart({ means, said }: SayingState): boolean {
  return said !== null && means.some(({ word, is }) => is === 'part' && word === wordOf(said.text));
}

/** For so long (ms) what it says now must be said before it counts, and whether that was taught. */
export function trialOf(state: SayingState, isAfterHold: boolean): { ms: number; isTaught: boolean } {
  const names = [SAYS, ...(isAfterHold ? [SAYS_AFTER_HOLD] : [])].map(
    (kind) => `${kind}${wordOf(state.said?.text ?? '')}`,
  );
  const bars = barsOf(state, names);
  const seconds = Math.max(...names.map((name) => barOf(state, bars, name)));
  return { ms: 1000 * seconds, isTaught: state.taught[names[0] as string] !== undefined };
}

/** How long (ms) a pause within a run may be. */
export function mergeMs(state: SayingState): number {
  return 1000 * barOf(state, barsOf(state, []), 'pause');
}

/** Takes down since when it says what it says. */
export function noteWord(state: SayingState, text: string, at: number): void {
  const said = text.length > LONGEST_TEXT ? wordOf(text) : text;
  if (state.said?.text === said) return;
  closeWord(state, at);
  state.said = { text: said, from: at, isAfterHold: state.phase === 'hold' && isHeating(said, state.target) };
}

/** It said something else, or was not heard any more. */
export function closeWord(state: SayingState, at: number): void {
  const sight = sightOf(state, at);
  if (sight) state.sights = remember(state.sights, sight);
  state.said = null;
}

function sightOf({ said, run }: SayingState, until: number): Sight | undefined {
  if (!said || until < said.from) return undefined;
  const seconds = Math.round((until - said.from) / 1000);
  const name = `${said.isAfterHold ? SAYS_AFTER_HOLD : SAYS}${wordOf(said.text)}`;
  return { from: said.from, to: until, run: run?.from ?? null, is: { [name]: seconds } };
}

function barsOf({ isCup }: SayingState, names: readonly string[]): Bars {
  const words = names.map((name): [string, Bar] => [name, name.startsWith(SAYS_AFTER_HOLD) ? AFTER_HOLD : SAID]);
  return Object.fromEntries([...words, ['pause', { usual: MERGE_MS[isCup ? 'cup' : 'appliance'] / 1000, ...PAUSE }]]);
}

/**
 * The state after its owner's lesson: what a word of this appliance means, for how long it must be said to count, how long a
 * pause may be. What was brewed, no word tells.
 */
export function learn(state: SayingState, lesson: Lesson): SayingState {
  if (lesson.lesson === 'was-other' || actionOf(lesson)) return state;
  const going = sightOf(state, state.at ?? 0);
  const sights = going ? [...state.sights, going] : [...state.sights];
  const next = withoutNone(state, lesson);
  const missed = lesson.lesson === 'was-one' ? missedIn(sights, lesson) : undefined;
  if (missed && !begins(state, missed)) {
    const isSaidElse = sights.some((one) => one !== missed && one.run === null && said(one) === said(missed));
    return isSaidElse ? state : withMeanings(next, [...around(state, sights, missed), [said(missed), 'busy']]);
  }
  const words = lesson.lesson === 'was-then' ? meaningsOf(state, sights, lesson) : [];
  if (words.length > 0) return withMeanings(next, words);
  const told = lesson.lesson === 'was-one' ? [missed].filter((one) => one !== undefined) : sights;
  const telling = told.filter((one) => begins(state, one));
  const bars = barsOf(state, [...Object.keys(state.taught), ...telling.flatMap(({ is }) => Object.keys(is))]);
  const taught = learnBars({ sights: telling, taught: state.taught }, lesson, { bars, pauseBetween: () => 'pause' });
  return taught === state.taught ? next : { ...next, taught: newest(taught) };
}

/** What was said at a time, when it was said about then and not for much longer. */
function missedIn(sights: readonly Sight[], span: Span): Sight | undefined {
  const share = ({ from, to }: Span): number =>
    (Math.min(to, span.to) - Math.max(from, span.from)) /
    Math.max(1, Math.max(to, span.to) - Math.min(from, span.from));
  const fitting = sights.filter((one) => share(one) >= FITTING);
  return fitting.sort((a, b) => share(b) - share(a))[0];
}

/** Words that nobody knows, said right before or after it: when it is busy, they mean that it is not. */
function around(state: SayingState, sights: readonly Sight[], { from, to }: Sight): [word: string, is: Meaning][] {
  const beside = sights.filter((one) => one.to === from || one.from === to);
  return beside.filter((one) => !phaseHere(state, said(one))).map((one) => [said(one), 'ready']);
}

/** What words mean, by what was said where the run was made longer or shorter. */
function meaningsOf(
  state: SayingState,
  sights: readonly Sight[],
  { before, from, to }: Lesson & { lesson: 'was-then' },
): [word: string, is: Meaning][] {
  const isIn = (one: Sight, span: Span) => (one.from + one.to) / 2 > span.from && (one.from + one.to) / 2 < span.to;
  const within = sights.filter((one) => isIn(one, { from, to }) && isIn(one, before));
  const isItsOwn = (one: Sight) => !within.some((other) => said(other) === said(one));
  const found: [string, Meaning][] = [];
  for (const one of sights) {
    const isNew = isIn(one, { from, to }) && !isIn(one, before) && !begins(state, one);
    const isMeant = one.from >= from - VAGUE_MS && one.to <= to + VAGUE_MS;
    if (isNew && isMeant) found.push([said(one), one.to <= before.from + SAME_MS ? 'busy' : 'part']);
    const isAfter = Math.abs(one.from - to) <= VAGUE_MS && to < before.to - SAME_MS && one.from > from;
    const isBefore = Math.abs(one.to - from) <= VAGUE_MS && from > before.from + SAME_MS && one.to < to;
    if ((isAfter || isBefore) && isItsOwn(one) && one.from < before.to) found.push([said(one), 'ready']);
  }
  return found;
}

/** Whether what was said there can begin a run. */
function begins(state: SayingState, sight: Sight): boolean {
  const phase = phaseHere(state, said(sight));
  if (!state.isCup) return phase === 'work';
  return phase !== undefined && hasDrink(phase);
}

function said({ is }: Sight): string {
  return (Object.keys(is)[0] ?? '').slice(1);
}

/** What it has said, as far as that is remembered. */
export function wordsOf(state: SayingState): string[] {
  return [...state.sights.map(said), ...(state.said ? [wordOf(state.said.text)] : [])];
}

function withMeanings(state: SayingState, words: readonly [word: string, is: Meaning][]): SayingState {
  const others = state.means.filter(({ word }) => !words.some(([one]) => one === word));
  const means = [...others, ...words.map(([word, is]) => ({ word, is }))].slice(-MOST_WORDS);
  return { ...state, means };
}

function newest(taught: Taught): Taught {
  return Object.fromEntries(Object.entries(taught).slice(-MOST_WORDS));
}

/** What its owner has taught, word by word. */
export function taughtWords({ taught }: SayingState): { word: string; seconds: number; isAfterHold: boolean }[] {
  return Object.entries(taught)
    .filter(([name]) => name !== 'pause')
    .map(([name, seconds]) => ({ word: name.slice(1), seconds, isAfterHold: name.startsWith(SAYS_AFTER_HOLD) }));
}
