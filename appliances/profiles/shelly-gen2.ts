import type { ControlInstruction, ParameterValues } from '../../vocabulary/index.js';
import { CannotError } from '../appliance.js';
import { Collected, isObject, type JsonObject, objectOf, textOf, tidy, toNumber } from '../payload.js';
import type { Command, Dialect, Heard, Message, Profile, ProfileSettings } from '../profile.js';
import type { SaidTime } from '../time.js';

/**
 * Shelly Plus, Pro, Gen3 and Gen4 plugs and switches over MQTT, after shelly-api-docs (Mqtt, Switch, Notifications).
 * Notifications carry changed fields only and are laid over the last status, which is asked for at the start.
 */
export const shellyGen2: Profile = {
  name: 'shelly-gen2',
  title: 'Shelly plug (Plus, Pro, Gen3, Gen4)',
  hint: 'In the Shelly’s settings switch MQTT on and leave “RPC status notifications over MQTT” on. Its topic prefix is its device id unless you changed it.',
  address: { label: 'Topic prefix', example: 'shellyplusplugs-aabbccddeeff' },
  defaultTopic: '<a>/events/rpc',
  reads: ['power', 'energy', 'voltage', 'current', 'state'],
  controls: { on: '<a>/rpc', off: '<a>/rpc', toggle: '<a>/rpc', collect: '<a>/rpc' },
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

/** What a switch's status calls our parameters; its energy stands one level down. */
const FIELDS = [
  ['power', 'apower'],
  ['voltage', 'voltage'],
  ['current', 'current'],
  ['state', 'output'],
] as const;

class Shelly implements Dialect {
  readonly #prefix: string;
  readonly #channel: number;
  readonly #component: string;
  readonly #replyTo: string;
  readonly #reports: Record<'answers' | 'online' | 'events' | 'status', string>;
  #status: ParameterValues = {};
  /** The last call, and the last that it has answered: it answers in order, and one that was lost is not waited for any more. */
  #asked = 0;
  #answered = 0;
  /** Whether it tells of changes as events, and its status tells nothing more. */
  #tells = false;

  constructor({ address, channel = 0, replyTo = 'kindred' }: ProfileSettings) {
    this.#prefix = address.replace(/\/+$/, '');
    this.#channel = channel;
    this.#component = `switch:${channel}`;
    this.#replyTo = replyTo;
    this.#reports = {
      answers: `${replyTo}/rpc`,
      online: `${this.#prefix}/online`,
      events: `${this.#prefix}/events/rpc`,
      status: `${this.#prefix}/status/${this.#component}`,
    };
  }

  /**
   * No more than is needed just now: Node-RED tries every filter of a broker on every message, and each costs as much as
   * reading one. One filter for all, `<a>/#`, would overlap with those of other nodes, and some brokers then send twice.
   */
  get topics(): readonly string[] {
    const { answers, online, events, status } = this.#reports;
    return [online, events, ...(this.#tells ? [] : [status]), ...(this.#isAsked() ? [answers] : [])];
  }

  read(message: Message): Heard | undefined {
    switch (message.topic) {
      case this.#reports.answers:
        return this.#hearAnswer(objectOf(message));
      case this.#reports.online:
        return this.#readOnline(textOf(message));
      case this.#reports.events:
        return this.#notified(objectOf(message));
      case this.#reports.status:
        return this.#overlay(objectOf(message), undefined);
      default:
        return undefined;
    }
  }

  ask(): Command[] {
    return [this.#call('Shelly.GetStatus', {}, () => true)];
  }

  command(instruction: ControlInstruction): Command[] {
    const id = this.#channel;
    const status = (wanted?: string) => this.#call('Switch.GetStatus', { id }, (heard) => stateIs(heard, wanted));
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
        if (instruction.everySeconds === undefined) return [status()];
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
    const component = params[this.#component];
    // NotifyEvent and the news of other components are signs of life, nothing more.
    if (!isObject(component) || value.method === 'NotifyEvent') return {};
    if (value.method === 'NotifyFullStatus') this.#status = {};
    return this.#overlay(component, epochSeconds(params.ts));
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
    const all = result[this.#component];
    if (isObject(all)) {
      const time = isObject(result.sys) ? epochSeconds(result.sys.unixtime) : undefined;
      return { ...this.#overlay(all, time), answer: value };
    }
    return typeof result.output === 'boolean'
      ? { ...this.#overlay(result, undefined), answer: value }
      : { answer: value };
  }

  /** What cannot be true is not known until it is told anew; the rest is. */
  #overlay(changed: JsonObject, time: SaidTime | undefined): Heard {
    const status = { ...this.#status };
    const found = new Collected();
    for (const [name, field] of FIELDS) {
      if (!Object.hasOwn(changed, field)) continue;
      delete status[name];
      found.add(name, changed[field]);
    }
    const total = isObject(changed.aenergy) ? changed.aenergy.total : undefined;
    if (total !== undefined) {
      delete status.energy;
      found.add('energy', total, (wattHours) => tidy(wattHours / 1000));
    }
    this.#status = { ...status, ...found.parameters };
    const heard = { parameters: { ...this.#status }, time };
    return found.problem ? { ...heard, problem: found.problem } : heard;
  }
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
