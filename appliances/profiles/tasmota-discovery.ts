import { isObject, jsonOf } from '../payload.js';
import type { Message } from '../profile.js';

/** Where one Tasmota device speaks, ending in a slash, and the words it uses. */
export interface TasmotaTopics {
  cmnd: string;
  stat: string;
  tele: string;
  online: string;
  offline: string;
  /** Off and on. */
  states: [string, string];
}

const FULL_TOPIC = '%prefix%/%topic%/';

/** The topics of a device that has not announced itself. */
export function plainTopics(address: string, fullTopic = FULL_TOPIC): TasmotaTopics {
  const topic = (prefix: string) => fill(fullTopic, { prefix, topic: address });
  return {
    cmnd: topic('cmnd'),
    stat: topic('stat'),
    tele: topic('tele'),
    online: 'Online',
    offline: 'Offline',
    states: ['OFF', 'ON'],
  };
}

function fill(fullTopic: string, words: Record<string, string>): string {
  const filled = (fullTopic || FULL_TOPIC).replace(/%(\w+)%/g, (whole, word: string) => words[word] ?? whole);
  return filled.endsWith('/') ? filled : `${filled}/`;
}

export interface TasmotaDevice {
  address: string;
  fullTopic: string;
  title: string;
  topics: TasmotaTopics;
}

/**
 * What `tasmota/discovery/<MAC>/config` announces (hatasmota): t topic, ft full topic, tp prefixes [cmnd, stat, tele],
 * hn host name, mac, ofln and onln last-will words, state [off, on, …], dn and fn names. Undefined for anything else.
 */
export function discoveryOf(message: Message): TasmotaDevice | undefined {
  if (!/^tasmota\/discovery\/[^/]+\/config$/.test(message.topic)) return undefined;
  let config: unknown;
  try {
    config = jsonOf(message);
  } catch {
    return undefined; // Empty means removed; another device's broken announcement is not ours to report.
  }
  if (!isObject(config) || typeof config.t !== 'string' || typeof config.ft !== 'string') return undefined;
  const { t, ft } = config;
  const mac = text(config.mac, '');
  const [cmnd, stat, tele] = texts(config.tp, ['cmnd', 'stat', 'tele']);
  const topic = (prefix: string | undefined) =>
    fill(ft, { prefix: prefix ?? '', topic: t, hostname: text(config.hn, ''), id: mac.slice(-6) });
  const [off = 'OFF', on = 'ON'] = texts(config.state, ['OFF', 'ON']);
  return {
    address: t,
    fullTopic: ft,
    title: text(config.dn, texts(config.fn, [t])[0] ?? t),
    topics: {
      cmnd: topic(cmnd),
      stat: topic(stat),
      tele: topic(tele),
      online: text(config.onln, 'Online'),
      offline: text(config.ofln, 'Offline'),
      states: [off, on],
    },
  };
}

function text(value: unknown, otherwise: string): string {
  return typeof value === 'string' && value !== '' ? value : otherwise;
}

function texts(value: unknown, otherwise: string[]): string[] {
  const words = Array.isArray(value) ? value.filter((word) => typeof word === 'string' && word !== '') : [];
  return otherwise.map((word, index) => (words[index] as string | undefined) ?? word);
}
