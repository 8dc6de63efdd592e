import type { ControlInstruction } from '../vocabulary/index.js';
import type { Command, Dialect, Heard, Message, Profile, ProfileSettings } from './profile.js';
import { PROFILES } from './profiles/index.js';

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

/** Which profile a message surely has, and whose it is. Never throws. */
export function recognise(message: Message): { profile: Profile; settings: ProfileSettings } | undefined {
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

/**
 * Decides the profile from the first message that tells. Until then it listens where an appliance with this address
 * would speak under each profile; without an address (a recording, the wire) whoever speaks first is the one.
 */
export class AutoDialect implements Dialect {
  #chosen: Dialect | undefined;
  #hasAsked = false;
  readonly #settings: ProfileSettings;
  readonly #onChosen: (profile: Profile) => void;

  constructor(settings: ProfileSettings, onChosen: (profile: Profile) => void) {
    this.#settings = settings;
    this.#onChosen = onChosen;
  }

  get topics(): readonly string[] {
    if (this.#chosen) return this.#chosen.topics;
    const { address } = this.#settings;
    return address ? [...new Set(PROFILES.flatMap((profile) => profile.candidates(address)))] : [];
  }

  read(message: Message): Heard | undefined {
    if (this.#chosen) return this.#chosen.read(message);
    const known = recognise(message);
    if (!known && !this.#settings.address) this.#askOnce(message);
    if (!known || !this.#isOurs(known.settings)) return undefined;
    this.#chosen = known.profile.open({ ...this.#settings, ...known.settings });
    this.#onChosen(known.profile);
    return { ...this.#chosen.read(message), topicsChanged: true, isNew: true };
  }

  ask(): Command[] {
    return this.#chosen?.ask?.() ?? [];
  }

  command(instruction: ControlInstruction): Command[] {
    if (this.#chosen) return this.#chosen.command(instruction);
    throw new Error('it is not known yet what this appliance is: nothing was heard from it; choose its profile');
  }

  /**
   * Where every message is this appliance's, one that tells nothing is worth a word; once, for others may still tell.
   * @throws Error what was not understood, without what it says
   */
  #askOnce({ payload }: Message): void {
    if (this.#hasAsked) return;
    this.#hasAsked = true;
    throw new Error(
      `${formOf(payload)} does not tell what this appliance is: choose its profile, ` +
        'or "json" and say where the parameters stand; this is said once, and what comes next may tell',
    );
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
