import type { ControlInstruction } from '../vocabulary/index.js';
import type { Clock } from './appliance.js';
import type { Command, Dialect, Heard, Message, Profile, ProfileSettings } from './profile.js';
import { PROFILES } from './profiles/index.js';
import { matchesFilter } from './transports/mqtt.js';

/** An appliance that announced itself on a broker. */
export interface Found {
  profile: string;
  title: string;
  settings: ProfileSettings;
}

/** Where appliances announce themselves. */
export const DISCOVERY_FILTERS: readonly string[] = PROFILES.flatMap((profile) => profile.discovery?.filters ?? []);

/** The appliances that a message announces; none for any other message. Never throws. */
export function discover(message: Message): Found[] {
  return PROFILES.flatMap((profile) => {
    try {
      const found = profile.discovery?.find(message) ?? [];
      return found.map(({ title, ...settings }) => ({ profile: profile.name, title, settings }));
    } catch {
      return [];
    }
  });
}

interface Known {
  profile: Profile;
  settings: ProfileSettings;
}

/** Which profile a message surely has, and whose it is. Never throws. */
export function recognise(message: Message): Known | undefined {
  for (const profile of PROFILES) {
    try {
      const settings = profile.recognise(message);
      if (settings) return { profile, settings };
    } catch {
      // Not readable by this profile: the next one may know it.
    }
  }
  return undefined;
}

interface AutoParts {
  onChosen(profile: Profile): void;
  /** Nothing has told for a while. @param problem names the form of the first message, never what it says */
  onUnknown(problem: Error, topic: string): void;
  clock: Clock;
}

/** Some appliances tell what they are with their second message, or their third. */
const ASK_MS = 3000;

/**
 * Decides the profile from the first message that tells. Until then it listens where an appliance with this address
 * would speak under each profile; without an address (a recording, the wire) whoever speaks first is the one.
 * What a broker had stored may be of an appliance that is gone: what was decided by that holds until one speaks itself.
 */
export class AutoDialect implements Dialect {
  #chosen: { profile: Profile; dialect: Dialect } | undefined;
  /** It has spoken itself. */
  #isSure = false;
  readonly #settings: ProfileSettings;
  readonly #parts: AutoParts;
  /** Calls off what is told while nothing tells what the appliance is; there once something was not understood. */
  #stopAsking: (() => void) | undefined;

  constructor(settings: ProfileSettings, parts: AutoParts) {
    this.#settings = settings;
    this.#parts = parts;
  }

  get topics(): readonly string[] {
    const { address } = this.#settings;
    const own = this.#chosen?.dialect.topics ?? [];
    if (this.#isSure || !address) return own;
    return [...new Set([...own, ...PROFILES.flatMap((profile) => profile.candidates(address))])];
  }

  read(message: Message): Heard | undefined {
    if (this.#isSure) return this.#chosen?.dialect.read(message);
    if (this.#chosen && message.retained) return this.#readOwn(message);
    const known = recognise(message);
    if (known && this.#isOurs(known.settings)) return this.#choose(known, message);
    if (!known && !this.#chosen && !this.#settings.address) this.#askSoon(message);
    return this.#readOwn(message);
  }

  #choose({ profile, settings }: Known, message: Message): Heard {
    this.#isSure = !message.retained;
    const heard = this.#chosen?.profile === profile ? this.#chosen.dialect.read(message) : undefined;
    if (heard) return { ...heard, topicsChanged: true };
    const dialect = profile.open({ ...this.#settings, ...settings });
    this.#chosen = { profile, dialect };
    this.close();
    this.#parts.onChosen(profile);
    return { ...dialect.read(message), topicsChanged: true, isNew: true };
  }

  /** Others' topics are heard, too, and some profiles read whatever they are given. */
  #readOwn(message: Message): Heard | undefined {
    const { dialect } = this.#chosen ?? {};
    const isElsewhere = this.#settings.address && !dialect?.topics.some((one) => matchesFilter(one, message.topic));
    return isElsewhere ? undefined : dialect?.read(message);
  }

  ask(): Command[] {
    return this.#chosen?.dialect.ask?.() ?? [];
  }

  command(instruction: ControlInstruction): Command[] {
    if (this.#chosen) return this.#chosen.dialect.command(instruction);
    throw new Error('it is not known yet what this appliance is: nothing was heard from it; choose its profile');
  }

  close(): void {
    this.#stopAsking?.();
  }

  /** Where every message is this appliance's, one that tells nothing is worth a word, once, unless the next ones do. */
  #askSoon({ payload, topic }: Message): void {
    if (this.#stopAsking) return;
    const problem =
      `${formOf(payload)} does not tell what this appliance is: choose its profile, ` +
      'or "json" and say where the parameters stand; this is said once, and what comes next may tell';
    this.#stopAsking = this.#parts.clock.after(ASK_MS, () => this.#parts.onUnknown(new Error(problem), topic));
  }

  #isOurs({ address, base }: ProfileSettings): boolean {
    const wanted = this.#settings.address;
    return !wanted || wanted === address || wanted === `${base}/${address}`;
  }
}

const MOST_NAMES = 5;
const LONGEST_NAME = 20;

/** What a payload is, without its values: they may be nobody's business. */
function formOf(payload: unknown): string {
  if (typeof payload === 'string') return `a text of ${payload.length} characters`;
  if (Buffer.isBuffer(payload)) return `a buffer of ${payload.length} bytes`;
  if (Array.isArray(payload)) return `a list of ${payload.length}`;
  if (typeof payload !== 'object' || payload === null) return `a bare ${payload === null ? 'null' : typeof payload}`;
  const names = Object.keys(payload).map((name) => name.slice(0, LONGEST_NAME));
  const more = names.length > MOST_NAMES ? ', …' : '';
  return `an object with ${names.slice(0, MOST_NAMES).join(', ') || 'nothing in it'}${more}`;
}
