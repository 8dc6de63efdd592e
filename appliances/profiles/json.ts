import type { ControlInstruction, ParameterName } from '../../vocabulary/index.js';
import { isParameterName } from '../../vocabulary/index.js';
import { CannotError } from '../appliance.js';
import { Collected, isObject, jsonOf, jsonOrWordOf, lookUp, type Path, parsePath, tidy } from '../payload.js';
import type { Command, Dialect, Message, ParameterPath, Profile, ProfileSettings } from '../profile.js';

interface LastState {
  state: string;
  /** Epoch milliseconds. */
  at: number;
}

/** By then it may have gone without a word. */
const STATE_HOLDS_MS = 3_600_000;

interface CompiledPath extends ParameterPath {
  steps: Path;
  convert: ((value: number) => number) | undefined;
}

/** Whatever sends JSON or a bare number: its owner says where each parameter stands. */
export const json: Profile = {
  name: 'json',
  title: 'Any JSON or bare number',
  hint: 'Name the topic, and for each parameter the path to it, such as ENERGY.Power or $.a[0].b. For a payload that is just a number, or a word such as ON, leave the path empty.',
  address: { label: 'Topic', example: 'kitchen/kettle' },
  defaultTopic: '<a>',
  controls: ['on', 'off'],
  cannot: {
    collect: 'its report interval is not known: set it at the appliance itself',
    toggle: 'it has no toggle: use on or off',
  },
  candidates: (address) => [address],
  recognise: recogniseByName,
  open,
};

/** Without paths, a payload is understood when it has at least one parameter under its own name. */
function recogniseByName(message: Message): ProfileSettings | undefined {
  const value = jsonOf(message);
  if (!isObject(value)) return undefined;
  const known = Object.keys(value).some(
    (key) => isParameterName(key) && new Collected().add(key, value[key]).problem === undefined,
  );
  return known ? { address: message.topic } : undefined;
}

function open(settings: ProfileSettings): Dialect {
  const paths = (settings.paths ?? []).map(compile);
  const valueIn = paths.some(({ steps }) => steps.length === 0) ? jsonOrWordOf : jsonOf;
  /** The last state that it told, and when. What the broker keeps is no word for it: it may have lost its power since. */
  let last: LastState | undefined;
  return {
    topics: [...new Set(settings.address.split(',').map((topic) => topic.trim()))].filter(Boolean),
    read(message) {
      const value = valueIn(message);
      const found = paths.length > 0 ? readPaths(value, paths, settings) : readNames(value, settings);
      const { state } = found.parameters;
      if (!message.retained && state !== undefined) last = { state, at: message.at ?? Date.now() };
      return { parameters: found.parameters, ...(found.problem ? { problem: found.problem } : {}) };
    },
    command: (instruction) => commands(instruction, settings, last),
  };
}

function compile(entry: ParameterPath): CompiledPath {
  if (!isParameterName(entry.parameter)) throw new Error(`"${entry.parameter}" is no parameter`);
  const { factor = 1, offset = 0 } = entry;
  if (!Number.isFinite(factor) || !Number.isFinite(offset)) {
    throw new Error(`factor and offset of ${entry.parameter} must be numbers`);
  }
  const changes = factor !== 1 || offset !== 0;
  return {
    ...entry,
    steps: parsePath(entry.path),
    convert: changes ? (value) => tidy(value * factor + offset) : undefined,
  };
}

function readPaths(value: unknown, paths: CompiledPath[], settings: ProfileSettings): Collected {
  const found = new Collected();
  for (const { parameter, steps, convert } of paths) {
    found.add(parameter, told(parameter, lookUp(value, steps), settings), convert);
  }
  if (found.isEmpty && !found.saidUnknown) {
    found.problem ??= `nothing stands at ${paths.map(({ path }) => path || 'the payload itself').join(', ')} in this payload`;
  }
  return found;
}

function readNames(value: unknown, settings: ProfileSettings): Collected {
  const found = new Collected();
  if (isObject(value)) {
    for (const [key, entry] of Object.entries(value)) {
      if (isParameterName(key)) found.add(key, told(key, entry, settings));
    }
  }
  if (found.isEmpty && !found.saidUnknown) {
    found.problem ??= 'no known parameter in this payload: say in the settings which path holds which parameter';
  }
  return found;
}

/** ESPHome says `nan` of what it cannot measure just now, Home Assistant the others. */
const UNKNOWN = /^(?:nan|unknown|unavailable)$/i;

/** The value as it was told, save for a state in the words that switch it, such as 1 and 0, and null for what is not known. */
function told(parameter: ParameterName, value: unknown, { command }: ProfileSettings): unknown {
  if (parameter !== 'state') return typeof value === 'string' && UNKNOWN.test(value) ? null : value;
  if (!command || typeof value === 'object') return value;
  const word = String(value);
  return word === command.on ? 'on' : word === command.off ? 'off' : value;
}

function commands(
  instruction: ControlInstruction,
  { command, paths }: ProfileSettings,
  last: LastState | undefined,
): Command[] {
  const wanted = instruction.instruction;
  if ((wanted !== 'on' && wanted !== 'off') || !command?.topic) {
    throw new CannotError('this appliance has no command topic: name one, with its payloads for on and off');
  }
  const base = { topic: command.topic, payload: command[wanted] };
  // Without a state in its payloads, nothing tells that it was done, save the broker's acknowledgement.
  if (!paths?.some(({ parameter }) => parameter === 'state')) return [base];
  const isSo = last?.state === wanted && Date.now() - last.at < STATE_HOLDS_MS;
  return [{ ...base, echo: ({ parameters }) => parameters?.state === wanted, isSo }];
}
