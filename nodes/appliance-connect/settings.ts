import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import {
  instructionsOf,
  type ParameterPath,
  type Profile,
  type ProfileSettings,
  RECORDINGS_FOLDER,
  type RecordingOptions,
  readRecording,
  SHIPPED_RECORDINGS,
} from '../../appliances/index.js';
import { type ControlInstruction, parseControlInstruction } from '../../vocabulary/index.js';
import type { ApplianceConnectConfig } from './migrations.js';

/** A text of the node's own locales. */
export type Translate = (key: string, words?: Record<string, string>) => string;

/** What the editor has to know of a profile. */
export function describedForEditor(profile: Profile) {
  const { name, title, hint, address, defaultTopic, controls, shortestInterval } = profile;
  const instructions = instructionsOf(profile);
  return { name, title, hint, address, defaultTopic, controls, shortestInterval, instructions };
}

/** The profile's settings out of the node's config; what was left empty is left out. */
export function settingsOf(config: ApplianceConnectConfig): ProfileSettings {
  const shipped = shippedOf(config);
  if (shipped) return shipped.settings;
  const address = (config.address ?? '').trim();
  // The dialog hides the rest then: what was said there about another profile is not to be acted on unseen.
  if ((config.profile ?? 'auto') === 'auto') return { address: config.transport === 'wire' ? '' : address };
  const channel = numberOf(config.channel);
  const { base, fullTopic, commandTopic } = config;
  const paths = (config.paths ?? []).map(pathOf);
  return {
    address,
    ...(base ? { base } : {}),
    ...(fullTopic ? { fullTopic } : {}),
    ...(channel === undefined ? {} : { channel }),
    ...(paths.length > 0 ? { paths } : {}),
    ...(commandTopic
      ? { command: { topic: commandTopic, on: config.commandOn ?? 'ON', off: config.commandOff ?? 'OFF' } }
      : {}),
  };
}

/**
 * What the appliance is told when it is detected. By the wire and in a recording nothing reaches it: what was chosen there
 * while it was reached by MQTT waits in the config until it is so again.
 * @throws Error when the instruction bound to the node is none
 */
export function boundControl(config: ApplianceConnectConfig): ControlInstruction | undefined {
  const { transport, control, everySeconds } = config;
  if (!control || transport === 'wire' || transport === 'recording') return undefined;
  const seconds = numberOf(everySeconds);
  const parsed = parseControlInstruction(
    control === 'collect' ? { instruction: 'collect', ...(seconds ? { everySeconds: seconds } : {}) } : control,
  );
  if (parsed.ok) return parsed.value;
  throw new Error(parsed.problem);
}

/** @throws Error, when it is loaded, if there is no such recording or it cannot be read */
export function recordingOf(config: ApplianceConnectConfig, translate: Translate): RecordingOptions {
  const shipped = shippedOf(config);
  const path = shipped ? join(RECORDINGS_FOLDER, shipped.file) : (config.file ?? '').trim();
  return {
    speed: numberOf(config.speed) ?? 1,
    loop: config.loop !== false,
    load: async () => {
      if (!path) throw new Error(translate('error.no-recording'));
      return readRecording(basename(path), await contentOf(path, translate));
    },
  };
}

/** @throws Error that names the file */
async function contentOf(path: string, translate: Translate): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw new Error(translate('error.no-file', { path }));
    throw error;
  }
}

/** The shipped recording that was chosen; its profile is known. */
export function shippedOf({
  transport,
  recording,
}: ApplianceConnectConfig): (typeof SHIPPED_RECORDINGS)[number] | undefined {
  if (transport !== 'recording') return undefined;
  return SHIPPED_RECORDINGS.find(({ file }) => file === recording);
}

function pathOf({
  parameter,
  path,
  factor,
  offset,
}: NonNullable<ApplianceConnectConfig['paths']>[number]): ParameterPath {
  return {
    parameter: parameter as ParameterPath['parameter'],
    path: path ?? '',
    factor: numberOf(factor),
    offset: numberOf(offset),
  };
}

/** As people write it, with a decimal comma, too. */
function numberOf(value: unknown): number | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  return Number(String(value).replace(',', '.'));
}
