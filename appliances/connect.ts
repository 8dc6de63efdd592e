import {
  type Appliance,
  type ControlInstruction,
  instantOf,
  newId,
  type ParameterValues,
  type Reading,
} from '../vocabulary/index.js';
import { type ApplianceEvent, type ApplianceListener, type Clock, systemClock } from './appliance.js';
import { BatteryWatch } from './battery.js';
import { AutoDialect } from './discovery.js';
import { Elsewhere } from './elsewhere.js';
import { Instructions } from './instructions.js';
import { Presence } from './presence.js';
import {
  type Dialect,
  type Heard,
  isReadByTopic,
  type Message,
  type Profile,
  type ProfileSettings,
} from './profile.js';
import { profileNamed } from './profiles/index.js';
import { Repeated } from './repeated.js';
import { ApplianceClock } from './time.js';
import type { Inbox, Transport, Way } from './transports/transport.js';

export interface ConnectOptions {
  appliance: { id: string; name: string };
  /** A profile's name, or `auto` to decide from what is heard. */
  profile: string;
  settings: ProfileSettings;
  transport: Transport;
  /** Executed when the appliance is detected, at the first that it says itself. */
  control?: ControlInstruction;
  /** How long to wait for the appliance's own word that an instruction was done. */
  echoMs?: number;
  clock?: Clock;
}

export interface Connection {
  /**
   * Tells the appliance something at once and waits until it says that it is done.
   * @throws CannotError when it has no such ability; Error when it refuses, does not answer in time or is not reachable
   */
  control(instruction: ControlInstruction): Promise<void>;
  /** Ends everything; afterwards the listener hears nothing more. Never rejects. */
  close(): Promise<void>;
}

/** A measurement is a few hundred bytes: whatever is larger than this is something else. */
const MAX_BYTES = 256 * 1024;
const ECHO_MS = 5000;

/**
 * Connects to one appliance.
 * @throws Error when the profile, its settings or the transport are wrong
 */
export async function connectAppliance(options: ConnectOptions, listener: ApplianceListener): Promise<Connection> {
  const link = new Link(options, listener);
  await link.open(options.transport);
  return link;
}

class Link implements Connection, Inbox {
  readonly #appliance: Appliance;
  readonly #listener: ApplianceListener;
  readonly #clock: Clock;
  readonly #dialect: Dialect;
  /** What it is still to be told at its first sign of life. */
  #bound: ControlInstruction | undefined;
  readonly #instructions: Instructions;
  #profile: Profile | undefined;
  #way: Way | undefined;
  #closed = false;
  readonly #presence: Presence;
  readonly #battery = new BatteryWatch();
  readonly #dates = new ApplianceClock();
  readonly #problems = new Repeated();
  readonly #elsewhere: Elsewhere;

  constructor(
    { appliance, profile, settings, control, clock = systemClock, echoMs = ECHO_MS }: ConnectOptions,
    listener: ApplianceListener,
  ) {
    checkAddress(profile, settings.address);
    this.#listener = listener;
    this.#clock = clock;
    this.#elsewhere = new Elsewhere(clock, settings.address, (problem, topic) => this.problem(problem, topic));
    this.#presence = new Presence({
      clock,
      tell: (event) => this.#event(event),
      greet: () => {
        if (!this.#tellBound()) this.#ask();
      },
    });
    this.#bound = control;
    this.#appliance = { id: appliance.id, name: appliance.name, profile };
    // A second hub with the same flow counts its calls from 1, too, and would be answered on the same topic.
    const replyTo = `kindred-${appliance.id.replace(/[^\w-]/g, '')}-${newId().slice(-8)}`;
    const full = { replyTo, ...settings };
    if (profile === 'auto') {
      const onChosen = (chosen: Profile) => {
        this.#profile = chosen;
        this.#appliance.profile = chosen.name;
      };
      const onUnknown = (problem: Error, topic: string) => this.problem(problem, topic);
      this.#dialect = new AutoDialect(full, { onChosen, onUnknown, clock });
    } else {
      this.#profile = profileNamed(profile);
      this.#dialect = this.#profile.open(full);
    }
    const [profileNow, way] = [() => this.#profile, () => (this.#closed ? undefined : this.#way)];
    this.#instructions = new Instructions({ dialect: this.#dialect, profile: profileNow, way, clock, echoMs });
  }

  async open(transport: Transport): Promise<void> {
    this.#listener.state?.('connecting');
    const way = await transport.open(this);
    try {
      way.listen(this.#dialect.topics);
    } catch (error) {
      await way.close();
      throw error;
    }
    this.#way = way;
    this.#ask();
  }

  control(instruction: ControlInstruction): Promise<void> {
    return this.#instructions.give(instruction);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#presence.end();
    this.#elsewhere.end();
    this.#dialect.close?.();
    const given = this.#instructions.close();
    await this.#way?.close().catch(() => {});
    await given;
  }

  message(message: Message, at?: number): void {
    if (this.#closed) return;
    try {
      this.#refuseLarge(message);
      const heard = this.#dialect.read({ ...message, at: at ?? this.#clock.now() });
      if (heard) this.#hear(heard, message, at);
      else this.#miss(message);
    } catch (error) {
      this.problem(error as Error, message.topic);
    }
  }

  /** By the wire a message may come without its topic, or under another's. @throws Error which one it wants */
  #miss(message: Message): void {
    const profile = this.#profile;
    if (message.topic !== '') this.#elsewhere.hear(message, this.#dialect.topics);
    else if (profile && isReadByTopic(profile)) {
      const { title, defaultTopic } = profile;
      throw new Error(`a ${title} is read by its topic: send the message with msg.topic, such as "${defaultTopic}"`);
    }
  }

  values(parameters: ParameterValues, at: number, retained = false): void {
    if (this.#closed) return;
    this.#elsewhere.end();
    try {
      if (!retained) this.#alive(true);
      this.#tell(parameters, at, retained);
    } catch (error) {
      this.problem(error as Error);
    }
  }

  reachable(reachable: boolean, reason?: string): void {
    if (this.#closed) return;
    if (reachable) {
      this.#listener.state?.('waiting');
      this.#ask();
    } else this.#gone(reason);
  }

  problem(problem: Error, topic?: string): void {
    if (this.#closed) return;
    if (this.#problems.isDue(`${topic ?? ''} ${problem.message}`, this.#clock.now()))
      this.#listener.problem(problem, topic);
  }

  pausing(until: number): void {
    if (!this.#closed) this.#listener.state?.('pausing', until);
  }

  finished(): void {
    if (this.#closed) return;
    this.#gone('the recording is over');
    this.#listener.state?.('finished');
  }

  #refuseLarge({ payload, topic }: Message): void {
    if (typeof payload !== 'string' && !Buffer.isBuffer(payload)) return;
    if (payload.length <= MAX_BYTES) return;
    const large = this.#profile?.largeTopics;
    const limit = large?.pattern.test(topic) ? large.maxBytes : MAX_BYTES;
    if (payload.length > limit) {
      throw new Error(`the payload has ${payload.length} bytes and was refused: at most ${limit} are read`);
    }
  }

  #hear(heard: Heard, message: Message, at: number | undefined): void {
    this.#elsewhere.end();
    if (heard.topicsChanged) this.#listen();
    if (heard.isNew) this.#ask();
    if (heard.online === false) this.#gone(heard.reason);
    // A stored measurement is no sign of life; a stored "online" is, for the broker's will would have replaced it.
    else if (!message.retained && !heard.isHearsay) this.#alive(true, heard.online);
    else if (heard.online) this.#alive(false);
    if (heard.problem) this.problem(new Error(heard.problem), message.topic);
    if (heard.parameters) {
      this.#tell(
        heard.parameters,
        at ?? this.#dates.date(heard.time, this.#clock.now(), message.retained),
        message.retained,
      );
    }
    if (!message.retained) this.#instructions.hear(heard);
  }

  #tell(parameters: ParameterValues, at: number, retained: boolean): void {
    if (!hasAny(parameters)) return;
    const reading: Reading = { appliance: { ...this.#appliance }, at: instantOf(at), parameters };
    if (retained) reading.retained = true;
    const play = this.#way?.play;
    if (play !== undefined) reading.play = play;
    this.#listener.reading(reading);
    const { battery } = parameters;
    if (battery !== undefined && !retained && this.#battery.runsLow(battery)) {
      this.#event({ event: 'battery-low', battery });
    }
  }

  /**
   * @param isLive it has just said something. A stored "online" may be of before a power cut that took the broker, too, and
   * with it the will: nothing is told to do anything because of it.
   * @param justCameBack it says that it is there
   */
  #alive(isLive: boolean, justCameBack = false): void {
    if (justCameBack) this.#presence.comeBack();
    else {
      this.#presence.come();
      if (isLive) this.#tellBound();
    }
  }

  /** @returns false when it has been told already, or there is nothing to tell */
  #tellBound(): boolean {
    const bound = this.#bound;
    if (!bound) return false;
    this.#bound = undefined;
    this.control(bound).catch((error: Error) => this.problem(error));
    return true;
  }

  #gone(reason?: string): void {
    this.#listener.state?.('disconnected');
    this.#presence.go(reason);
  }

  #event(event: Pick<ApplianceEvent, 'event' | 'reason' | 'battery'>): void {
    this.#listener.event({
      ...event,
      appliance: { ...this.#appliance },
      at: new Date(this.#clock.now()).toISOString(),
    });
  }

  /** Asks for what the appliance would otherwise not say before its next report; it may well be away. */
  #ask(): void {
    const way = this.#way;
    if (!way) return;
    try {
      const commands = this.#dialect.ask?.() ?? [];
      way.listen(this.#dialect.topics);
      for (const command of commands) way.send(command).catch(() => {});
    } catch (error) {
      this.problem(error as Error);
    }
  }

  /** Listens to what the dialect wants to hear now; what keeps it from that is told as a problem. */
  #listen(): void {
    try {
      this.#way?.listen(this.#dialect.topics);
    } catch (error) {
      this.problem(error as Error);
    }
  }
}

/** @throws Error when it would be the address of several appliances at once */
function checkAddress(profile: string, address: string): void {
  const wildcard = /[+#]/.exec(address)?.[0];
  if (wildcard && profile !== 'json') {
    throw new Error(`"${address.slice(0, 80)}" is no appliance's address: there is no ${wildcard} in one`);
  }
}

function hasAny(parameters: ParameterValues): boolean {
  for (const _ in parameters) return true;
  return false;
}
