import type { ControlInstruction, ParameterName } from '../../vocabulary/index.js';
import { CannotError } from '../appliance.js';
import { Collected, isObject, type JsonObject, jsonOf, objectOf, textOf } from '../payload.js';
import type { Command, Dialect, Heard, Message, Profile, ProfileSettings } from '../profile.js';
import type { SaidTime } from '../time.js';
import { conversionOf, type Exposes, exposesOf, PARAMETER_OF, thousandth } from './zigbee2mqtt-exposes.js';

const BASE = 'zigbee2mqtt';

const PROPERTIES = Object.entries(PARAMETER_OF);

/** Bits of `access` in exposes: 1 published, 2 settable, 4 gettable. */
const SETTABLE = 2;
const GETTABLE = 4;

/**
 * Whatever zigbee2mqtt exposes, after zigbee2mqtt.io (guide/usage: MQTT topics and messages; Exposes). Where the endpoint is
 * defined, a property is called name_endpoint: `state_l1`, `power_right`.
 */
export const zigbee2mqtt: Profile = {
  name: 'zigbee2mqtt',
  title: 'Zigbee device (zigbee2mqtt)',
  hint: 'The friendly name is the one in the zigbee2mqtt front end; it may contain slashes. Set the device’s power reporting there (Reporting tab) to a few seconds, and switch last_seen on in its settings: old states that it sends again at its start then keep their time. Of several sockets, the switch number says which, counted from 1.',
  address: { label: 'Friendly name', example: 'Kitchen/Kettle' },
  defaultTopic: 'zigbee2mqtt/<a>',
  controls: ['on', 'off', 'toggle', 'collect'],
  cannot: {
    start: 'a Zigbee switch gives power but presses no button: use on',
    stop: 'a Zigbee switch gives power but presses no button: use off',
  },
  // The lists of a large network pass the usual limit.
  largeTopics: { pattern: /\/bridge\/(?:devices|groups)$/, maxBytes: 2 * 1024 * 1024 },
  candidates(address) {
    const topic = `${BASE}/${nameOf(address, BASE)}`;
    return [topic, `${topic}/availability`];
  },
  recognise(message) {
    const match = /^zigbee2mqtt\/(?!bridge\/)(.+?)(\/availability)?$/.exec(message.topic);
    if (!match?.[1] || /\/(set|get)$/.test(match[1])) return undefined;
    if (match[2] ? availabilityOf(message) === undefined : !isObject(jsonOf(message))) return undefined;
    return { address: match[1], base: BASE };
  },
  discovery: { filters: [`${BASE}/bridge/+`], find: findDevices },
  open: (settings) => new Zigbee(settings),
};

function nameOf(address: string, base: string): string {
  return address.startsWith(`${base}/`) ? address.slice(base.length + 1) : address;
}

function findDevices(message: Message): (ProfileSettings & { title: string })[] {
  if (message.topic !== `${BASE}/bridge/devices`) return [];
  return listIn(message).flatMap((device) => {
    const { friendly_name: name, type, definition } = device;
    if (typeof name !== 'string' || type === 'Coordinator') return [];
    const about = isObject(definition)
      ? `${String(definition.vendor ?? '')} ${String(definition.model ?? '')}`.trim()
      : '';
    return [{ address: name, title: about ? `${name} (${about})` : name }];
  });
}

/** What came of the list that a whole network's devices hear at the same time: a megabyte or two. */
const parsedLists = new WeakMap<Buffer, JsonObject[]>();

/** @throws Error when the payload is no JSON */
function listIn(message: Message): readonly JsonObject[] {
  const { payload } = message;
  const known = Buffer.isBuffer(payload) ? parsedLists.get(payload) : undefined;
  if (known) return known;
  const value = jsonOf(message);
  const list = Array.isArray(value) ? value.filter(isObject) : [];
  if (Buffer.isBuffer(payload)) parsedLists.set(payload, list);
  return list;
}

/** `online`, or `{"state":"online"}` from newer versions; undefined when it is neither. */
function availabilityOf(message: Message): boolean | undefined {
  const text = textOf(message);
  const word = text.startsWith('{') ? objectOf(message).state : text;
  return word === 'online' ? true : word === 'offline' ? false : undefined;
}

/** It only clears what the broker kept, as under the old name when a device is renamed. */
function isEmpty({ payload }: Message): boolean {
  return (typeof payload === 'string' || Buffer.isBuffer(payload)) && payload.length === 0;
}

class Zigbee implements Dialect {
  readonly topics: readonly string[];
  readonly #base: string;
  readonly #name: string;
  readonly #topic: string;
  readonly #channel: number | undefined;
  #exposes: Exposes | undefined;
  /** Its Zigbee address, which it keeps under every name, and which is its name until it is given one. */
  #ieeeAddress: unknown;
  /** Whether a device, or a group, has the name, once it is known. */
  #isDevice: boolean | undefined;
  #isGroup: boolean | undefined;
  #isHeard = false;
  /** It can be asked at any time: a router has mains, and listens; an end device may sleep. */
  #isAwake = false;
  /** It has been asked since the bridge came. */
  #isAsked = false;
  /** How each property may be called, worked out when it is first asked for. */
  readonly #called = new Map<string, readonly string[]>();

  constructor({ address, base, channel }: ProfileSettings) {
    this.#channel = channel;
    this.#base = (base || BASE).replace(/\/+$/, '');
    this.#name = nameOf(address, this.#base);
    this.#ieeeAddress = this.#name;
    this.#topic = `${this.#base}/${this.#name}`;
    this.topics = [
      this.#topic,
      `${this.#topic}/availability`,
      `${this.#base}/bridge/state`,
      `${this.#base}/bridge/devices`,
      `${this.#base}/bridge/groups`,
    ];
  }

  read(message: Message): Heard | undefined {
    if (isEmpty(message)) return undefined;
    switch (message.topic) {
      case this.#topic:
        // A copy that the broker kept may be of before it was renamed.
        this.#isHeard ||= !message.retained;
        return this.#readState(message);
      case `${this.#topic}/availability`:
        return this.#readAvailability(message, 'the Zigbee device does not answer');
      case `${this.#base}/bridge/state`: {
        const heard = this.#readAvailability(message, 'zigbee2mqtt is not running');
        // That the bridge runs says nothing about the device.
        if (!heard.online) return heard;
        // Its lists follow once it listens.
        this.#isAsked &&= message.retained;
        return undefined;
      }
      case `${this.#base}/bridge/devices`:
        return this.#readDevices(message);
      case `${this.#base}/bridge/groups`:
        this.#isGroup = listIn(message).some((one) => one.friendly_name === this.#name);
        return this.#missing();
      default:
        return undefined;
    }
  }

  command(instruction: ControlInstruction): Command[] {
    switch (instruction.instruction) {
      case 'on':
      case 'off':
        return [this.#set(instruction.instruction.toUpperCase(), instruction.instruction)];
      case 'toggle':
        return [this.#set('TOGGLE', undefined)];
      case 'collect':
        return [this.#collect(instruction.everySeconds)];
      default:
        throw new CannotError(`a Zigbee device does not know "${instruction.instruction}"`);
    }
  }

  /** What it reported while nobody listened is not said again before it changes: that it was switched off may be lost. */
  ask(): Command[] {
    if (!this.#isAwake) return [];
    const gettable = this.#gettable();
    return gettable.length > 0 ? [this.#get(gettable)] : [];
  }

  #set(payload: string, wanted: string | undefined): Command {
    const property = this.#exposes ? this.#find('state', SETTABLE) : this.#names('state')[0];
    if (!property) throw new CannotError('this Zigbee device exposes nothing that can be switched');
    return {
      topic: `${this.#topic}/set`,
      payload: JSON.stringify({ [property]: payload }),
      echo: ({ parameters }) => parameters?.state !== undefined && (!wanted || parameters.state === wanted),
    };
  }

  #collect(everySeconds: number | undefined): Command {
    if (everySeconds !== undefined) {
      throw new CannotError('a Zigbee device’s report interval is set in zigbee2mqtt, on its Reporting tab');
    }
    const gettable = this.#gettable();
    if (this.#exposes && gettable.length === 0)
      throw new CannotError('this Zigbee device reports by itself; it cannot be asked');
    return this.#get(gettable.length > 0 ? gettable : this.#names('state').slice(0, 1));
  }

  #gettable(): string[] {
    return PROPERTIES.flatMap(([property]) => this.#find(property, GETTABLE) ?? []);
  }

  #get(properties: readonly string[]): Command {
    return {
      topic: `${this.#topic}/get`,
      payload: JSON.stringify(Object.fromEntries(properties.map((property) => [property, '']))),
      echo: ({ parameters }) => parameters !== undefined && Object.keys(parameters).length > 0,
    };
  }

  /** The property that is exposed with this access. */
  #find(property: string, access: number): string | undefined {
    return this.#names(property).find((name) => (this.#exposes?.properties.get(name)?.access ?? 0) & access);
  }

  /**
   * How a property may be called here, the best name first: what is shared by all endpoints has its plain name.
   * @throws Error when there is no endpoint of the number that was chosen
   */
  #names(property: string): readonly string[] {
    const known = this.#called.get(property);
    if (known) return known;
    const names = this.#workOutNames(property);
    this.#called.set(property, names);
    return names;
  }

  #workOutNames(property: string): string[] {
    const { endpoints = [] } = this.#exposes ?? {};
    const number = this.#channel ?? 1;
    if (!this.#exposes || endpoints.length === 0) return this.#inOrder(property, `${property}_l${number}`);
    const endpoint = endpoints[number - 1];
    if (endpoint === undefined) {
      throw new Error(`this Zigbee device has no endpoint ${number}: it has ${endpoints.join(', ')}`);
    }
    return this.#inOrder(property, `${property}_${endpoint}`);
  }

  #inOrder(plain: string, own: string): string[] {
    return this.#channel === undefined ? [plain, own] : [own, plain];
  }

  #readState(message: Message): Heard {
    const value = objectOf(message);
    const found = new Collected();
    for (const [property, parameter] of PROPERTIES) {
      const name = this.#names(property).find((one) => Object.hasOwn(value, one));
      if (name !== undefined) found.add(parameter, value[name], this.#conversionOf(name, parameter));
    }
    const time = lastSeen(value.last_seen);
    return {
      parameters: found.parameters,
      ...(time ? { time } : {}),
      ...(found.problem ? { problem: found.problem } : {}),
    };
  }

  /** Battery devices give their voltage in mV, also where the exposes are not known; no appliance has a kilovolt. */
  #conversionOf(name: string, parameter: ParameterName): ((value: number) => number) | undefined {
    const unit = this.#exposes?.properties.get(name)?.unit;
    if (unit !== undefined) return conversionOf(unit);
    return parameter === 'voltage' ? (value) => (value > 1000 ? thousandth(value) : value) : undefined;
  }

  #readAvailability(message: Message, reason: string): Heard {
    const online = availabilityOf(message);
    if (online === undefined) throw new Error('an availability must be online or offline');
    return online ? { online } : { online, reason };
  }

  /** That the bridge knows it says nothing about the device; that it knows none of this name, that nothing will come. */
  #readDevices(message: Message): Heard | undefined {
    const devices = listIn(message);
    const device = devices.find((one) => one.friendly_name === this.#name);
    this.#isDevice = device !== undefined;
    this.#isAwake = device?.type === 'Router';
    if (!device) {
      const renamed = devices.find((one) => one.ieee_address === this.#ieeeAddress)?.friendly_name;
      if (typeof renamed !== 'string') return this.#missing();
      return notHere(`this Zigbee device is called "${renamed.slice(0, 80)}" now: change the name here`);
    }
    this.#ieeeAddress = device.ieee_address ?? this.#ieeeAddress;
    if (!isObject(device.definition)) return undefined;
    this.#exposes = exposesOf(device.definition);
    this.#called.clear();
    if (this.#isAsked) return undefined;
    this.#isAsked = true;
    return { isNew: true, isHearsay: true };
  }

  /** What has been heard is there, whatever the lists say: other programs publish under the bridge's topics, too. */
  #missing(): Heard | undefined {
    if (this.#isHeard || this.#isDevice !== false || this.#isGroup !== false) return undefined;
    return notHere(`zigbee2mqtt has no device and no group called "${this.#name.slice(0, 80)}": change the name here`);
  }
}

/** Nothing comes under this name. */
function notHere(problem: string): Heard {
  return { online: false, reason: problem, problem };
}

/** Epoch milliseconds, or ISO 8601 in UTC or with an offset, by zigbee2mqtt's setting `last_seen`; without it, nothing. */
function lastSeen(value: unknown): SaidTime | undefined {
  if (typeof value === 'number') return { heardMs: value };
  const isInstant = typeof value === 'string' && /^\d{4}-\d\d-\d\dT[\d:.]{5,15}(?:Z|[+-]\d\d:\d\d)$/.test(value);
  return isInstant ? { heardMs: Date.parse(value) } : undefined;
}
