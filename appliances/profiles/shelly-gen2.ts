import type { ControlInstruction, ParameterName, ParameterValues } from '../../vocabulary/index.js';
import { CannotError } from '../appliance.js';
import { Collected, isObject, type JsonObject, objectOf, textOf, toNumber } from '../payload.js';
import type { Command, Dialect, Heard, Message, Profile, ProfileSettings } from '../profile.js';
import type { SaidTime } from '../time.js';

/**
 * Shelly Plus, Pro, Gen3 and Gen4 plugs, switches and meters over MQTT, after shelly-api-docs.shelly.cloud (gen2: Mqtt,
 * Notifications, Switch, PM1, EM1, EM1Data, EM, EMData). Notifications carry changed fields only and are laid over the last
 * status, which is asked for at the start.
 */
export const shellyGen2: Profile = {
  name: 'shelly-gen2',
  title: 'Shelly plug or meter (Plus, Pro, Gen3, Gen4)',
  hint: 'In the Shelly’s settings switch MQTT on and leave “RPC status notifications over MQTT” on. Its topic prefix is its device id unless you changed it. Switches and clamps are numbered from 0; three phases are read as their sum, or each by itself once the meter is set to monophase.',
  address: { label: 'Topic prefix', example: 'shellyplusplugs-aabbccddeeff' },
  defaultTopic: '<a>/events/rpc',
  controls: ['on', 'off', 'toggle', 'collect'],
  cannot: {
    start: 'a plug gives power but presses no button: use on',
    stop: 'a plug gives power but presses no button: use off',
  },
  candidates: (address) => [`${address}/events/rpc`, `${address}/online`],
  recognise,
  discovery: {
    filters: ['+/online'],
    find(message) {
      const found = recognise(message);
      return found && textOf(message) === 'true' ? [{ ...found, title: found.address }] : [];
    },
  },
  open: (settings) => new Shelly(settings),
};

function recognise(message: Message): ProfileSettings | undefined {
  const online = /^(shelly[^/]+)\/online$/.exec(message.topic);
  if (online?.[1] && /^(true|false)$/.test(textOf(message))) return { address: online[1] };
  const events = /^(.+)\/events\/rpc$/.exec(message.topic);
  return events?.[1] && isNotification(objectOf(message)) ? { address: events[1] } : undefined;
}

function isNotification(value: JsonObject): boolean {
  return typeof value.method === 'string' && value.method.startsWith('Notify') && isObject(value.params);
}

type Fields = readonly (readonly [ParameterName, string])[];

const MEASURED: Fields = [
  ['power', 'apower'],
  ['voltage', 'voltage'],
  ['current', 'current'],
  ['energy', 'aenergy'],
];

/**
 * What components call our parameters. Of one number there is a switch, a meter, or both: a Pro EM has a relay beside the
 * clamp. Of three phases it is the sum; each by itself is an EM1 once the meter is set to monophase.
 */
const COMPONENTS: Readonly<Record<string, Fields>> = {
  switch: [...MEASURED, ['state', 'output']],
  pm1: MEASURED,
  em1: [
    ['power', 'act_power'],
    ['voltage', 'voltage'],
    ['current', 'current'],
  ],
  em1data: [['energy', 'total_act_energy']],
  em: [
    ['power', 'total_act_power'],
    ['current', 'total_current'],
  ],
  emdata: [['energy', 'total_act']],
};

class Shelly implements Dialect {
  readonly #prefix: string;
  readonly #channel: number;
  /** Our components' names and fields. */
  readonly #components: readonly (readonly [string, Fields])[];
  readonly #switch: string;
  readonly #replyTo: string;
  readonly #reports: Record<'answers' | 'online' | 'events' | 'status', string>;
  #status: ParameterValues = {};
  /** The last call, and the last that it has answered: it answers in order, and one that was lost is not waited for any more. */
  #asked = 0;
  #answered = 0;
  /** Whether it tells of changes as events, and its status tells nothing more. */
  #tells = false;
  /** It has said all that it has, and there was no such switch. */
  #isMeter = false;

  constructor({ address, channel = 0, replyTo = 'kindred' }: ProfileSettings) {
    this.#prefix = address.replace(/\/+$/, '');
    this.#channel = channel;
    this.#components = Object.entries(COMPONENTS).map(([kind, fields]) => [`${kind}:${channel}`, fields]);
    this.#switch = `switch:${channel}`;
    this.#replyTo = replyTo;
    this.#reports = {
      answers: `${replyTo}/rpc`,
      online: `${this.#prefix}/online`,
      events: `${this.#prefix}/events/rpc`,
      status: `${this.#prefix}/status/`,
    };
  }

  /**
   * No more than is needed just now: Node-RED tries every filter of a broker on every message, and each costs as much as
   * reading one. One filter for all, `<a>/#`, would overlap with those of other nodes, and some brokers then send twice.
   */
  get topics(): readonly string[] {
    const { answers, online, events, status } = this.#reports;
    return [online, events, ...(this.#tells ? [] : [`${status}+`]), ...(this.#isAsked() ? [answers] : [])];
  }

  read(message: Message): Heard | undefined {
    switch (message.topic) {
      case this.#reports.answers:
        return this.#hearAnswer(objectOf(message));
      case this.#reports.online:
        return this.#readOnline(textOf(message));
      case this.#reports.events:
        return this.#notified(objectOf(message));
      default:
        return this.#readStatus(message);
    }
  }

  ask(): Command[] {
    return [this.#call('Shelly.GetStatus', {}, ({ problem }) => (problem ? new Error(problem) : true))];
  }

  command(instruction: ControlInstruction): Command[] {
    const id = this.#channel;
    const status = (wanted?: string) => this.#call('Switch.GetStatus', { id }, (heard) => stateIs(heard, wanted));
    if (this.#isMeter && instruction.instruction !== 'collect') {
      throw new CannotError(`this Shelly only measures: it has no switch ${id}`);
    }
    switch (instruction.instruction) {
      case 'on':
      case 'off':
        return [
          this.#call('Switch.Set', { id, on: instruction.instruction === 'on' }, () => true),
          status(instruction.instruction),
        ];
      case 'toggle':
        return [this.#call('Switch.Toggle', { id }, () => true), status()];
      case 'collect':
        if (instruction.everySeconds === undefined) return this.ask();
        throw new CannotError('a Shelly has no report interval: it reports by itself whenever a value changes');
      default:
        throw new CannotError(`a Shelly plug does not know "${instruction.instruction}"`);
    }
  }

  #call(method: string, params: JsonObject, isDone: (heard: Heard) => boolean | Error): Command {
    const id = ++this.#asked;
    return {
      topic: `${this.#prefix}/rpc`,
      payload: JSON.stringify({ id, src: this.#replyTo, method, params }),
      echo: (heard) => (heard.answer?.id === id ? (refusalOf(heard.answer, method) ?? isDone(heard)) : false),
    };
  }

  #readOnline(text: string): Heard {
    if (text !== 'true' && text !== 'false') throw new Error('online must be true or false');
    const told = this.#tells;
    // Its settings may be others since then.
    this.#tells = false;
    if (text === 'true') return { online: true, ...(told ? { topicsChanged: true } : {}) };
    // What changes while it is away is not known: the next status starts afresh. It answers nothing any more.
    this.#status = {};
    this.#answered = this.#asked;
    return { online: false, reason: 'the Shelly is offline', topicsChanged: true };
  }

  #notified(value: JsonObject): Heard {
    const heard = this.#readNotification(value);
    if (this.#tells || !heard.parameters) return heard;
    this.#tells = true;
    return { ...heard, topicsChanged: true };
  }

  #readNotification(value: JsonObject): Heard {
    if (!isNotification(value)) throw new Error('this is no Shelly notification: it has no method and params');
    const params = value.params as JsonObject;
    // NotifyEvent and the news of other components are signs of life, nothing more.
    if (value.method === 'NotifyEvent') return {};
    if (value.method === 'NotifyFullStatus') this.#status = {};
    return this.#overlay(params, epochSeconds(params.ts)) ?? {};
  }

  #readStatus(message: Message): Heard | undefined {
    const { status } = this.#reports;
    if (!message.topic.startsWith(status)) return undefined;
    const name = message.topic.slice(status.length);
    const isOurs = this.#components.some(([component]) => component === name);
    return (isOurs && this.#overlay({ [name]: objectOf(message) }, undefined)) || {};
  }

  #hearAnswer(value: JsonObject): Heard {
    const heard = this.#readAnswer(value);
    const { id } = value;
    const isNew = typeof id === 'number' && id > this.#answered && id <= this.#asked;
    if (!isNew) return heard;
    this.#answered = id;
    return this.#isAsked() ? heard : { ...heard, topicsChanged: true };
  }

  #isAsked(): boolean {
    return this.#answered < this.#asked;
  }

  #readAnswer(value: JsonObject): Heard {
    const { result } = value;
    if (!isObject(result)) return { answer: value };
    if (typeof result.output === 'boolean') {
      return { ...this.#overlay({ [this.#switch]: result }, undefined), answer: value };
    }
    const isWhole = isObject(result.sys);
    const heard = this.#overlay(result, isObject(result.sys) ? epochSeconds(result.sys.unixtime) : undefined);
    if (!isWhole) return { ...heard, answer: value };
    this.#isMeter = !isObject(result[this.#switch]);
    const problem = `this Shelly has no switch and no meter ${this.#channel}: they are numbered from 0`;
    return { ...(heard ?? { problem }), answer: value };
  }

  /** What cannot be true is not known until it is told anew; the rest is. Undefined when nothing is said of our components. */
  #overlay(said: JsonObject, time: SaidTime | undefined): Heard | undefined {
    const found = new Collected();
    let isOurs = false;
    for (const [component, fields] of this.#components) {
      const changed = said[component];
      if (!isObject(changed)) continue;
      isOurs = true;
      for (const [name, field] of fields) {
        const value = fieldOf(changed, field);
        if (value === undefined) continue;
        found.add(name, value, name === 'energy' ? kilowattHours : undefined);
        if (found.parameters[name] === undefined) delete this.#status[name];
      }
    }
    if (!isOurs) return undefined;
    Object.assign(this.#status, found.parameters);
    const heard = { parameters: { ...this.#status }, time };
    return found.problem ? { ...heard, problem: found.problem } : heard;
  }
}

/** Counters are in watt hours; what is less than a millionth of one is only what multiplying and dividing have added. */
function kilowattHours(wattHours: number): number {
  return Math.round(wattHours * 1e6) / 1e9;
}

/** A counter of switches and PM1 stands one level down. */
function fieldOf(component: JsonObject, field: string): unknown {
  const value = component[field];
  return field === 'aenergy' && isObject(value) ? value.total : value;
}

function stateIs({ parameters }: Heard, wanted: string | undefined): boolean | Error {
  if (wanted === undefined || parameters?.state === wanted) return true;
  return new Error(`the appliance is still ${parameters?.state ?? 'in an unknown state'}, not ${wanted}`);
}

/** `{"id":3,"error":{"code":-105,"message":"Argument 'id', value 7 not found!"}}` */
function refusalOf(answer: JsonObject, method: string): Error | undefined {
  if (!isObject(answer.error)) return undefined;
  const { code, message } = answer.error;
  if (code === 401)
    return new Error('the Shelly asks for a password, which it does not take over MQTT: switch its authentication off');
  return new Error(
    `the Shelly refused ${method}: ${typeof message === 'string' ? message.slice(0, 200) : `error ${String(code)}`}`,
  );
}

function epochSeconds(value: unknown): SaidTime | undefined {
  const seconds = toNumber(value);
  return seconds === undefined ? undefined : { epochMs: Math.round(seconds * 1000) };
}
