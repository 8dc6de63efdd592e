import type { Profile } from '../profile.js';
import { acaia } from './acaia.js';
import { bleStandard } from './ble-standard.js';
import { bookoo } from './bookoo.js';
import { decentScale } from './decent-scale.js';
import { ember } from './ember.js';
import { felicita } from './felicita.js';
import { json } from './json.js';
import { mikettle } from './mikettle.js';
import { shellyGen2 } from './shelly-gen2.js';
import { staggEkg } from './stagg-ekg.js';
import { tasmota } from './tasmota.js';
import { zigbee2mqtt } from './zigbee2mqtt.js';

/** Every product that Kindred reads: one file each, and one line here. `auto` asks them in this order. */
export const PROFILES: readonly Profile[] = [
  shellyGen2,
  tasmota,
  zigbee2mqtt,
  bleStandard,
  ember,
  acaia,
  bookoo,
  felicita,
  decentScale,
  mikettle,
  staggEkg,
  json,
];

/** @throws Error naming the known ones when there is no such profile */
export function profileNamed(name: string): Profile {
  const profile = PROFILES.find((candidate) => candidate.name === name);
  if (profile) return profile;
  throw new Error(
    `there is no profile "${name}": known are ${PROFILES.map((known) => known.name).join(', ')} and auto`,
  );
}
