import { isParameterName, type ParameterName } from './parameter.js';
import { describe, type Parsed } from './reading.js';

/**
 * What the hub tells an appliance.
 * `collect`: which parameters to report and how often; the others switch it or set its target temperature.
 */
export type ControlInstruction =
  | { instruction: 'collect'; parameters?: ParameterName[]; everySeconds?: number }
  | { instruction: 'on' | 'off' | 'toggle' | 'start' | 'stop' }
  | { instruction: 'target-temperature'; celsius: number };

const SWITCHING = ['on', 'off', 'toggle', 'start', 'stop'] as const;
const HOUR = 3600;

/** Checks a control instruction from a message or a config. A bare word such as `on` is one, too. */
export function parseControlInstruction(input: unknown): Parsed<ControlInstruction> {
  const given = typeof input === 'string' ? { instruction: input } : input;
  if (typeof given !== 'object' || given === null) return no(`a control instruction is not ${describe(input)}`);
  const { instruction, parameters, everySeconds, celsius } = given as Record<string, unknown>;
  const switching = SWITCHING.find((word) => word === instruction);
  if (switching) return { ok: true, value: { instruction: switching } };
  if (instruction === 'collect') return parseCollect(parameters, everySeconds);
  if (instruction === 'target-temperature') {
    return Number.isFinite(celsius)
      ? { ok: true, value: { instruction, celsius: celsius as number } }
      : no(`target-temperature needs celsius as a number, not ${describe(celsius)}`);
  }
  const known = ['collect', ...SWITCHING, 'target-temperature'].join(', ');
  return no(`${describe(instruction)} is no control instruction: known are ${known}`);
}

/** True of what can make water boil, or run, in a house where nobody is. */
export function switchesOn({ instruction }: ControlInstruction): boolean {
  return ['on', 'toggle', 'start', 'target-temperature'].includes(instruction);
}

function parseCollect(parameters: unknown, everySeconds: unknown): Parsed<ControlInstruction> {
  if (parameters !== undefined && !(Array.isArray(parameters) && parameters.every(isParameterName))) {
    return no('collect.parameters must be a list of parameter names such as ["power"]');
  }
  const seconds = everySeconds as number | undefined;
  if (seconds !== undefined && !(Number.isFinite(seconds) && seconds > 0 && seconds <= HOUR)) {
    return no(`collect.everySeconds is ${describe(everySeconds)}: use more than 0 and at most ${HOUR}`);
  }
  return {
    ok: true,
    value: {
      instruction: 'collect',
      ...(parameters ? { parameters: parameters as ParameterName[] } : {}),
      ...(seconds ? { everySeconds: seconds } : {}),
    },
  };
}

function no(problem: string): { ok: false; problem: string } {
  return { ok: false, problem };
}
