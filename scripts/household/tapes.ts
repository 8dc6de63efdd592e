import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { format } from 'date-fns';
import { RECORDINGS_FOLDER, type Recording, readRecording } from '../../appliances/index.js';

/** What a household's appliances published once, ready to be published again. */
export interface Tape {
  lengthMs: number;
  messages: { afterMs: number; topic: string; payload(at: Date): string }[];
  /** What a broker keeps from before. */
  announced: { topic: string; payload: string }[];
}

/** Where the household's kettle reports. */
const KETTLE_TOPIC = 'kitchen/kettle';
/** The coffee corner's plugs, by their topics. */
const PLUGS = { 'csn-node-test-brew': 'Coffee machine', 'csn-node-test-grind': 'Grinder' };

export async function loadRecording(file: string): Promise<Recording> {
  return readRecording(file, await readFile(join(RECORDINGS_FOLDER, file)));
}

/** The coffee corner: every message as its device sent it, save that a payload's own `Time` is that of the replay. */
export async function coffeeTape(): Promise<Tape> {
  const { items, lengthMs } = await loadRecording('coffee-corner.jsonl');
  const messages = items.flatMap((item) =>
    'topic' in item
      ? [{ afterMs: item.afterMs, topic: item.topic, payload: (at: Date) => JSON.stringify(redated(item.payload, at)) }]
      : [],
  );
  return { lengthMs, messages, announced: Object.entries(PLUGS).map(announcementOf) };
}

/** The kettle's power, which was recorded without any message around it, as readings in JSON. */
export async function kettleTape(file: string): Promise<Tape> {
  const { items, lengthMs } = await loadRecording(file);
  const messages = items.map(({ afterMs, parameters }) => ({
    afterMs,
    topic: KETTLE_TOPIC,
    payload: (at: Date) => JSON.stringify({ at: at.toISOString(), parameters }),
  }));
  return { lengthMs, messages, announced: [] };
}

/**
 * As a Tasmota of today announces itself, so that the editor's "Listen" finds something; those of the recording, of
 * 2020, did not do so yet.
 */
function announcementOf([topic, name]: [string, string], index: number): { topic: string; payload: string } {
  const mac = `02000000000${index}`;
  const words = {
    ofln: 'Offline',
    onln: 'Online',
    state: ['OFF', 'ON', 'TOGGLE', 'HOLD'],
    tp: ['cmnd', 'stat', 'tele'],
  };
  const config = { dn: name, fn: [name], hn: topic, mac, t: topic, ft: '%topic%/%prefix%/', ...words };
  return { topic: `tasmota/discovery/${mac}/config`, payload: JSON.stringify(config) };
}

/** Tasmota tells the wall clock of the house, without a zone. */
function redated(payload: unknown, at: Date): unknown {
  if (typeof payload !== 'object' || payload === null || !('Time' in payload)) return payload;
  return { ...payload, Time: format(at, "yyyy-MM-dd'T'HH:mm:ss") };
}
