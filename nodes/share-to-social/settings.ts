import type { NodeDef } from 'node-red';
import {
  hiddenFields,
  LANGUAGES,
  type Language,
  languageOf,
  type SharingRules,
  WordingProblem,
} from '../../sharing/index.js';
import { problemOf } from '../shared/problem.js';
import type { Text } from './report.js';

export interface ShareConfig extends NodeDef {
  /** Ids of kindred-account nodes. */
  accounts: string | string[];
  /** Ids of share-account nodes. */
  shareAccounts: string | string[];
  when: SharingRules['when'];
  startedText: string;
  finishedText: string;
  language: Language | 'auto';
  reveal: string[];
  askFirst: SharingRules['ask'];
  dailyCap: number | string;
}

const MOST_A_DAY = 500;

/** The rules in a config; `hubLanguage` is used where the config says "auto". */
export function rulesOf(config: ShareConfig, hubLanguage: string | undefined): SharingRules {
  return {
    when: oneOf(config.when, ['started', 'finished', 'both'], 'both'),
    startedText: config.startedText,
    finishedText: config.finishedText,
    language: languageFrom(config.language, hubLanguage),
    reveal: config.reveal,
    // Anything but a clear word means: ask.
    ask: oneOf(config.askFirst, ['public', 'always', 'never'], 'always'),
    dailyCap: Math.min(MOST_A_DAY, Math.max(1, Math.trunc(Number(config.dailyCap)) || 1)),
  };
}

export function languageFrom(wanted: unknown, hubLanguage: string | undefined): Language {
  return LANGUAGES.find((language) => language === wanted) ?? languageOf(hubLanguage);
}

type Wordings = Pick<SharingRules, 'when' | 'ask' | 'startedText' | 'finishedText'>;

/**
 * What is wrong with the wordings that are told, in words, or undefined.
 * @param hasCopy whether a kindred account is told: where it is asked about, it is in the words of both
 */
export function wordingProblem(
  { when, ask, startedText, finishedText }: Wordings,
  hasCopy: boolean,
  text: Text,
): string | undefined {
  const isToldInBoth = when === 'both' || (ask === 'always' && hasCopy);
  const told = isToldInBoth ? [startedText, finishedText] : [when === 'started' ? startedText : finishedText];
  try {
    for (const template of told) hiddenFields(template, []);
    return undefined;
  } catch (error) {
    return explainWording(error, text);
  }
}

/** What is wrong with a wording, in words. */
export function explainWording(problem: unknown, text: Text): string {
  if (problem instanceof WordingProblem) return text(`error.${problem.key}`, problem.values);
  return text('error.wording', { problem: problemOf(problem) });
}

function oneOf<T extends string>(value: unknown, known: readonly T[], otherwise: T): T {
  return known.find((candidate) => candidate === value) ?? otherwise;
}
