import { type ControlInstruction, describe } from '../../vocabulary/index.js';
import { CannotError } from '../appliance.js';
import { Collected, isObject, type JsonObject, objectOf, textOf, tidy } from '../payload.js';
import type { Command, Dialect, Heard, Message, Profile, ProfileSettings } from '../profile.js';
import { discoveryOf, plainTopics, type TasmotaTopics } from './tasmota-discovery.js';

/** Tasmota's shortest TelePeriod in seconds; PowerDelta 105 reports every change of 5 W (100 + watts). */
const SHORTEST_PERIOD = 10;
const POWER_DELTA = '105';

/** A plug or sensor board with Tasmota, after its documentation (MQTT, Commands) and hatasmota. */
export const tasmota: Profile = {
  name: 'tasmota',
  title: 'Tasmota plug or sensor',
  hint: 'Tasmota reports every 5 minutes unless told otherwise. Let Kindred set TelePeriod 10 and PowerDelta 105 (every 10 s and on every 5 W), or type them into its console.',
  address: { label: 'Topic', example: 'tasmota_1A2B3C' },
  defaultTopic: 'tele/<a>/SENSOR',
  controls: ['on', 'off', 'toggle', 'collect'],
  shortestInterval: SHORTEST_PERIOD,
  cannot: {
    start: 'a plug gives power but presses no button: use on',
    stop: 'a plug gives power but presses no button: use off',
  },
  candidates: (address) => [`tele/${address}/+`, `${address}/tele/+`, 'tasmota/discovery/+/config'],
  recognise,
  discovery: {
    filters: ['tasmota/discovery/#'],
    find(message) {
      const found = discoveryOf(message);
      return found ? [{ address: found.address, fullTopic: found.fullTopic, title: found.title }] : [];
    },
  },
  open: (settings) => new Tasmota(settings),
};

function recognise(message: Message): ProfileSettings | undefined {
  const announced = discoveryOf(message);
  if (announced) return { address: announced.address, fullTopic: announced.fullTopic };
  const match = /^(?:tele\/(.+)|(.+)\/tele)\/(SENSOR|STATE|LWT)$/.exec(message.topic);
  const address = match?.[1] ?? match?.[2];
  if (!match || !address) return undefined;
  const isTasmota =
    match[3] === 'LWT' ? /^(Online|Offline)$/.test(textOf(message)) : typeof objectOf(message).Time === 'string';
  if (!isTasmota) return undefined;
  return { address, fullTopic: match[1] ? '%prefix%/%topic%/' : '%topic%/%prefix%/' };
}

class Tasmota implements Dialect {
  readonly #address: string;
  readonly #channel: number;
  #known: TasmotaTopics;

  constructor({ address, fullTopic, channel = 1 }: ProfileSettings) {
    this.#address = address;
    this.#channel = channel;
    this.#known = plainTopics(address, fullTopic);
  }

  get topics(): readonly string[] {
    return [`${this.#known.tele}+`, `${this.#known.stat}+`, 'tasmota/discovery/+/config'];
  }

  read(message: Message): Heard | undefined {
    const { topic } = message;
    const { tele, stat } = this.#known;
    if (topic.startsWith(tele)) return this.#readTele(topic.slice(tele.length), message);
    if (topic.startsWith(stat)) return this.#readStat(topic.slice(stat.length), message);
    return topic.startsWith('tasmota/discovery/') ? this.#readDiscovery(message) : undefined;
  }

  ask(): Command[] {
    // Status 8 is answered by old firmware (STATUS8) and by new (STATUS8 or STATUS10).
    return [this.#tell('Status', '8'), this.#tell(this.#powerKey('Power'), '')];
  }

  command(instruction: ControlInstruction): Command[] {
    switch (instruction.instruction) {
      case 'on':
      case 'off': {
        const wanted = instruction.instruction;
        return [
          this.#tell(this.#powerKey('Power'), wanted.toUpperCase(), (heard) => heard.parameters?.state === wanted),
        ];
      }
      case 'toggle':
        return [this.#tell(this.#powerKey('Power'), 'TOGGLE', (heard) => heard.parameters?.state !== undefined)];
      case 'collect':
        return this.#collect(instruction.everySeconds, instruction.parameters?.includes('power'));
      default:
        throw new CannotError(`a Tasmota plug does not know "${instruction.instruction}"`);
    }
  }

  /** @param withPower undefined where nobody says: what measures power is told then, and anything else may refuse */
  #collect(everySeconds: number | undefined, withPower: boolean | undefined): Command[] {
    const period = String(Math.max(SHORTEST_PERIOD, Math.round(everySeconds ?? SHORTEST_PERIOD)));
    const commands = [this.#setting('TelePeriod', period, true)];
    if (withPower !== false) commands.push(this.#setting('PowerDelta', POWER_DELTA, withPower === true));
    return commands;
  }

  /** A setting is answered with its name (and, in newer firmware, its number) and value: `{"PowerDelta1":105}`. */
  #setting(name: string, value: string, isNeeded: boolean): Command {
    return this.#tell(name, value, ({ answer }) => {
      if (!answer) return false;
      if (answer.Command === 'Unknown' || answer.Command === 'Error') {
        return !isNeeded || new Error(`this Tasmota has no ${name}`);
      }
      const said = answer[name] ?? answer[`${name}1`];
      if (said === undefined) return false;
      return String(said) === value || new Error(`${name} stayed ${String(said).slice(0, 20)} instead of ${value}`);
    });
  }

  #tell(command: string, payload: string, echo?: Command['echo']): Command {
    return { topic: `${this.#known.cmnd}${command}`, payload, ...(echo ? { echo } : {}) };
  }

  #powerKey(word: 'Power' | 'POWER'): string {
    return this.#channel > 1 ? `${word}${this.#channel}` : word;
  }

  #readTele(name: string, message: Message): Heard | undefined {
    switch (name) {
      case 'LWT':
        return this.#readWill(textOf(message));
      case 'STATE':
        return this.#readState(objectOf(message));
      case 'SENSOR':
        return this.#readSensor(objectOf(message));
      default:
        return {};
    }
  }

  #readStat(name: string, message: Message): Heard | undefined {
    if (name === 'STATUS8' || name === 'STATUS10') {
      const { StatusSNS } = objectOf(message);
      if (!isObject(StatusSNS)) throw new Error(`${name} has no StatusSNS`);
      return this.#readSensor(StatusSNS);
    }
    if (name.startsWith('STATUS')) return {};
    // With SetOption4 an answer comes under the name of its command: POWER {"POWER":"ON"}, and the word alone besides.
    if (name === 'RESULT' || textOf(message).startsWith('{')) {
      const answer = objectOf(message);
      return { ...this.#readState(answer), answer };
    }
    const isOurs = name === this.#powerKey('POWER') || (this.#channel === 1 && name === 'POWER1');
    return isOurs ? { parameters: new Collected().add('state', this.#word(textOf(message))).parameters } : {};
  }

  #readWill(text: string): Heard {
    if (text === this.#known.online) return { online: true };
    if (text === this.#known.offline) return { online: false, reason: 'the Tasmota device is offline' };
    throw new Error(`LWT must be ${this.#known.online} or ${this.#known.offline}`);
  }

  #readState(value: JsonObject): Heard {
    const said = value[this.#powerKey('POWER')] ?? (this.#channel === 1 ? value.POWER1 : undefined);
    const found = new Collected().add('state', typeof said === 'string' ? this.#word(said) : undefined);
    return { parameters: found.parameters, time: timeOf(value) };
  }

  #readSensor(value: JsonObject): Heard {
    if (typeof value.Time !== 'string') throw new Error('this is no Tasmota payload: it has no Time');
    const found = new Collected();
    if (value.ENERGY !== undefined && !isObject(value.ENERGY)) {
      throw new Error(`ENERGY must be a JSON object, not ${describe(value.ENERGY)}`);
    }
    if (isObject(value.ENERGY)) {
      const { Power, Total, Voltage, Current } = value.ENERGY;
      // One number beside a list of powers is the sum of all channels, and nothing that this one counted.
      const isSum = Array.isArray(Power) && !Array.isArray(Total);
      found
        .add('power', this.#ofChannel(Power))
        .add('energy', isSum ? undefined : this.#ofChannel(Total))
        .add('voltage', this.#ofChannel(Voltage))
        .add('current', this.#ofChannel(Current));
    }
    found.add('temperature', temperatureIn(value), value.TempUnit === 'F' ? fromFahrenheit : undefined);
    return { parameters: found.parameters, time: timeOf(value), ...(found.problem ? { problem: found.problem } : {}) };
  }

  /** A meter of several channels reports lists. */
  #ofChannel(value: unknown): unknown {
    return Array.isArray(value) ? value[this.#channel - 1] : value;
  }

  #word(text: string): string {
    const [off, on] = this.#known.states;
    return text === on ? 'on' : text === off ? 'off' : text;
  }

  #readDiscovery(message: Message): Heard | undefined {
    const found = discoveryOf(message);
    if (!found || found.address !== this.#address) return undefined;
    const isNew = found.topics.tele !== this.#known.tele || found.topics.stat !== this.#known.stat;
    this.#known = found.topics;
    return isNew ? { topicsChanged: true, isNew } : undefined;
  }
}

function timeOf(value: JsonObject): Heard['time'] {
  return typeof value.Time === 'string' ? { wallClock: value.Time } : undefined;
}

/** The first sensor's temperature; that of the chip, or within a plug that measures, says nothing about the appliance. */
function temperatureIn(value: JsonObject): unknown {
  for (const [name, sensor] of Object.entries(value)) {
    const isOwn = name === 'ESP32' || (name === 'ANALOG' && isObject(value.ENERGY));
    if (!isOwn && isObject(sensor) && typeof sensor.Temperature === 'number') return sensor.Temperature;
  }
  return undefined;
}

function fromFahrenheit(fahrenheit: number): number {
  return tidy((fahrenheit - 32) / 1.8);
}
