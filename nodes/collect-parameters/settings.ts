import type { NodeDef } from 'node-red';
import {
  APPLIANCE_KINDS,
  type ApplianceKind,
  RECOGNISER_NAMES,
  recognisersFor,
  type TrackerOptions,
  USUAL_ACTIVITY,
} from '../../activities/index.js';
import {
  ACTIVITIES,
  type Appliance,
  type Category,
  type ControlInstruction,
  isActivityName,
  isActivityWord,
  isParameterName,
  type ParameterName,
  parseControlInstruction,
} from '../../vocabulary/index.js';
import { migrate } from '../shared/migrations.js';
import { MIGRATIONS } from './migrations.js';
import type { Words } from './words.js';

/** What the dialog saves. Numbers may come as text: from an input field, or from an environment variable. */
export interface CollectConfig extends NodeDef {
  kind: string;
  /** Empty for the usual one of the kind, a name of the list, or `custom`. */
  activity: string;
  custom?: string;
  category?: string;
  recogniser: string;
  parameters: string[];
  everySeconds: number | string;
  place?: string;
  /** Empty, or the word of a control instruction. */
  instruction: string;
  instructionSeconds?: number | string;
  celsius?: number | string;
  /** What a bare number is, and which appliance it comes from. */
  parameter?: string;
  applianceName?: string;
}

export interface CollectSettings {
  tracker: TrackerOptions;
  instruction?: ControlInstruction;
  /** Where bare numbers come from, and what is done by hand with nothing else there. */
  own: Appliance;
  parameter?: ParameterName;
}

const CATEGORIES: readonly string[] = [...new Set(Object.values(ACTIVITIES))];
const MOST_SECONDS = 86_400;

/** The config as it is worked with, or what is wrong with it. */
export function settingsOf(def: CollectConfig): { settings: CollectSettings } | { problem: Words } {
  const config = migrate<CollectConfig>(def, MIGRATIONS);
  const kind = APPLIANCE_KINDS.find((one) => one === config.kind);
  if (!kind)
    return { problem: { key: 'error.kind', values: { kind: String(config.kind), known: APPLIANCE_KINDS.join(', ') } } };
  const recogniser = (['auto', 'none', ...RECOGNISER_NAMES] as const).find((one) => one === config.recogniser);
  if (!recogniser) return { problem: { key: 'error.recogniser', values: { recogniser: String(config.recogniser) } } };
  const what = activityOf(config, kind);
  if (!what) return { problem: { key: 'error.custom' } };
  const everySeconds = Number(config.everySeconds);
  if (!(everySeconds >= 0 && everySeconds <= MOST_SECONDS)) return { problem: { key: 'error.every' } };
  const instruction = instructionOf(config);
  if (instruction && !instruction.ok)
    return { problem: { key: 'error.instruction', values: { problem: instruction.problem } } };
  const name = (config.applianceName || config.name || '').trim().slice(0, 200);
  return {
    settings: {
      tracker: {
        ...what,
        kind,
        recognisers: recognisersFor(recogniser, kind, what.category),
        everySeconds,
        keep: listOf(config.parameters).filter(isParameterName),
        place: (config.place ?? '').trim().slice(0, 200),
      },
      own: { id: config.id, name: name || what.activity, profile: 'json' },
      ...(isParameterName(config.parameter) ? { parameter: config.parameter } : {}),
      ...(instruction ? { instruction: instruction.value } : {}),
    },
  };
}

function activityOf(config: CollectConfig, kind: ApplianceKind): { activity: string; category: Category } | undefined {
  const chosen = config.activity === 'custom' ? (config.custom ?? '').trim() : config.activity || USUAL_ACTIVITY[kind];
  if (isActivityName(chosen)) return { activity: chosen, category: ACTIVITIES[chosen] };
  if (!isActivityWord(chosen)) return undefined;
  const category = CATEGORIES.find((one) => one === config.category) ?? 'food-and-beverage';
  return { activity: chosen, category: category as Category };
}

function instructionOf({ instruction, instructionSeconds, celsius, parameters }: CollectConfig) {
  if (!instruction) return undefined;
  const wanted = listOf(parameters).filter(isParameterName);
  return parseControlInstruction({
    instruction,
    ...(instruction === 'collect' && wanted.length > 0 ? { parameters: wanted } : {}),
    ...(instruction === 'collect' && instructionSeconds ? { everySeconds: Number(instructionSeconds) } : {}),
    ...(instruction === 'target-temperature' ? { celsius: celsius === '' ? undefined : Number(celsius) } : {}),
  });
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
