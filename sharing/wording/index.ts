import type { Locale } from 'date-fns';
import { PARAMETERS, type ParameterName } from '../../vocabulary/index.js';
import type { SharedActivity } from '../target.js';
import { LANGUAGES, type Language, languageOf, WORDS } from './languages.js';
import { compile, fieldsOf, render, WordingProblem } from './template.js';

export { LANGUAGES, type Language, languageOf, WordingProblem };

const SUMMED: readonly ParameterName[] = ['energy', 'distance'];
const MEASURED = (Object.keys(PARAMETERS) as ParameterName[]).filter((name) => PARAMETERS[name].kind === 'number');

/** Every name that a wording may use. */
export const FIELDS: readonly string[] = [
  ...['activity', 'drink', 'duration', 'startedAt', 'endedAt', 'place', 'appliance', 'rating', 'cups'],
  ...MEASURED,
];

/** Fields that have a value only where their owner reveals them. */
const ALWAYS = ['activity', 'duration', 'startedAt', 'endedAt'];

export interface Wording {
  /** Empty: the default of the language. */
  template: string;
  moment: 'started' | 'finished';
  language: Language;
}

/** What a share without its own wording says. */
export function defaultWording(moment: Wording['moment'], language: Language): string {
  return WORDS[language][moment];
}

/**
 * The text of a share, from the activity as revealed.
 * @throws WordingProblem
 */
export async function word(activity: SharedActivity, { template, moment, language }: Wording): Promise<string> {
  const compiled = compile(template.trim() || defaultWording(moment, language), FIELDS);
  const text = render(compiled, await valuesOf(activity, language));
  if (text === '') throw new WordingProblem('empty');
  return text;
}

/** The fields of a wording that stay empty because they are not revealed. @throws WordingProblem */
export function hiddenFields(template: string, revealed: readonly string[]): string[] {
  return fieldsOf(compile(template, FIELDS)).filter((field) => !ALWAYS.includes(field) && !revealed.includes(field));
}

async function valuesOf(activity: SharedActivity, language: Language): Promise<Partial<Record<string, string>>> {
  const locale = await loadLocale(language);
  const { format } = await import('date-fns/format');
  const { formatDuration } = await import('date-fns/formatDuration');
  const time = (instant: string | undefined) => (instant ? format(new Date(instant), 'p', { locale }) : '');
  const number = new Intl.NumberFormat(language, { maximumSignificantDigits: 3 });
  const { drink = '', place = '', rating, cups, seconds, appliance } = activity;
  return {
    ...Object.fromEntries(MEASURED.map((name) => [name, measured(activity, name, number)])),
    activity: wordFor(activity.activity, language),
    drink,
    place,
    duration: formatDuration(durationOf(seconds), { locale, zero: true, format: unitsOf(seconds) }),
    startedAt: time(activity.startedAt),
    endedAt: time(activity.endedAt),
    appliance: appliance?.name ?? '',
    rating: rating === undefined ? '' : stars(rating),
    cups: cups === undefined ? '' : number.format(cups),
  };
}

/** An activity as it is called in the language, or as it calls itself. */
function wordFor(activity: string, language: Language): string {
  const { activities } = WORDS[language];
  return Object.hasOwn(activities, activity) ? (activities[activity] as string) : activity;
}

/** The total of what adds up, the last value of everything else, with its unit. */
function measured(activity: SharedActivity, name: ParameterName, number: Intl.NumberFormat): string {
  const summary = activity.parameters[name];
  const value = SUMMED.includes(name) ? (summary?.total ?? summary?.last) : (summary?.last ?? summary?.mean);
  if (value === undefined) return '';
  const { unit } = PARAMETERS[name];
  return name === 'pH' ? `pH ${number.format(value)}` : `${number.format(value)} ${unit}`;
}

function stars(rating: number): string {
  const full = Math.max(0, Math.min(5, Math.round(rating)));
  return '★'.repeat(full) + '☆'.repeat(5 - full);
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;

/** Whole minutes from a minute on, seconds below: nobody wants to read "5 minutes 23 seconds". */
function durationOf(seconds: number): { hours: number; minutes: number; seconds: number } {
  const rounded = seconds < MINUTE ? Math.round(seconds) : Math.round(seconds / MINUTE) * MINUTE;
  return {
    hours: Math.floor(rounded / HOUR),
    minutes: Math.floor((rounded % HOUR) / MINUTE),
    seconds: rounded % MINUTE,
  };
}

function unitsOf(seconds: number): ('hours' | 'minutes' | 'seconds')[] {
  const { hours, minutes } = durationOf(seconds);
  if (hours > 0) return minutes > 0 ? ['hours', 'minutes'] : ['hours'];
  return minutes > 0 ? ['minutes'] : ['seconds'];
}

/** One language at a time, when it is first needed: together they are 10 MB. */
async function loadLocale(language: Language): Promise<Locale> {
  switch (language) {
    case 'de':
      return (await import('date-fns/locale/de')).de;
    case 'zh-CN':
      return (await import('date-fns/locale/zh-CN')).zhCN;
    case 'en':
      return (await import('date-fns/locale/en-GB')).enGB;
  }
}
