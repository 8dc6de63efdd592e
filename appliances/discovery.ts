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

  #isOurs({ address, base }: ProfileSettings): boolean {
    const wanted = this.#settings.address;
    return !wanted || wanted === address || wanted === `${base}/${address}`;
  }
}
