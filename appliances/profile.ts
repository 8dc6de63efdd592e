import type { ControlInstruction, ParameterName, ParameterValues } from '../vocabulary/index.js';
import type { SaidTime } from './time.js';

/** One message from an appliance. `payload` is text or bytes from a broker, or any value from another node. */
export interface Message {
  topic: string;
  payload: unknown;
  /** A broker's stored copy. */
  retained: boolean;
  /** When it came, or was said, epoch milliseconds; now, where it is missing. */
  at?: number;
}

/** Where one parameter stands in a JSON payload; an empty path is the payload itself. */
export interface ParameterPath {
  parameter: ParameterName;
  /** `ENERGY.Power`, `$.a[0].b`, `sensors['pot 1'].t` */
  path: string;
  /** The value is multiplied by this, 1 unless given, and then `offset` is added. */
  factor?: number | undefined;
  offset?: number | undefined;
}

/** What a person says about one appliance, so that its profile can read it. */
export interface ProfileSettings {
  /** Topic, topic prefix or friendly name: see the profile's `address`. */
  address: string;
  /** zigbee2mqtt's base topic, when it is not `zigbee2mqtt`. */
  base?: string;
  /** Tasmota's FullTopic, when it is not `%prefix%/%topic%/`. */
  fullTopic?: string;
  /** Which switch, meter or endpoint of several, counted as the product does: Shelly from 0, others from 1. */
  channel?: number;
  /** For `json`: where the parameters stand. Without any, the parameters' own names are looked for. */
  paths?: ParameterPath[];
  /** For `json`: the topic and the payloads that switch it. */
  command?: { topic: string; on: string; off: string };
  /** Under which name answers are asked for; unique for each connection to a broker. */
  replyTo?: string;
}

/** What one message said. */
export interface Heard {
  parameters?: ParameterValues;
  /** What the message says about its time; the time of arrival when it says nothing. */
  time?: SaidTime | undefined;
  online?: boolean;
  /** Why it is not online, in words. */
  reason?: string;
  /** The parsed answer to a command. */
  answer?: Record<string, unknown>;
  /** Part of the message could not be read, and why. */
  problem?: string;
  /** `topics` of the dialect are not what they were. */
  topicsChanged?: boolean;
  /** It has just been found out what or where it is: nothing has been asked there yet. */
  isNew?: boolean;
  /** Another says so of it, as a bridge does: that is no sign of life. */
  isHearsay?: boolean;
}

/** One message to an appliance: never retained; QoS 0 where it has an echo, else QoS 1. */
export interface Command {
  topic: string;
  payload: string;
  /**
   * True once what was heard shows that the command was done, an Error when it shows that it was refused.
   * A command without it is done when the broker has it.
   */
  echo?(heard: Heard): boolean | Error;
  /** It has just said that it is so already. Its echo is not waited for: some tell only what changes, as ESPHome does. */
  isSo?: boolean;
}

/** One profile, opened for one appliance. It remembers what partial messages must be merged with. */
export interface Dialect {
  /** Topic filters to listen to: never two that overlap. What is asked can add some, and what is heard change them. */
  readonly topics: readonly string[];
  /** What this message said; undefined when it is not about this appliance. @throws Error saying why it cannot be read */
  read(message: Message): Heard | undefined;
  /** What to ask when a connection begins or the appliance comes back. @throws Error when the settings do not fit it */
  ask?(): Command[];
  /** The commands of an instruction, one after the other. @throws CannotError */
  command(instruction: ControlInstruction): Command[];
  /** Ends what it still waits for. */
  close?(): void;
}

/** What one product's topics mean, as data for people and programs alike. */
export interface Profile {
  name: string;
  title: string;
  /** A tip worth knowing before the first reading. */
  hint: string;
  /** What its address is called, and an example. */
  address: { label: string; example: string };
  /** The topic it reports under by default, `<a>` being the address. */
  defaultTopic: string;
  /** What it can be told. */
  controls: readonly ControlInstruction['instruction'][];
  /** The shortest interval in seconds at which it can be told to report; missing where it has none to set. */
  shortestInterval?: number;
  /** Why it cannot do something that people expect of it. */
  cannot: Readonly<Partial<Record<ControlInstruction['instruction'], string>>>;
  /** Which payloads may be larger than the usual limit, in bytes. */
  largeTopics?: { pattern: RegExp; maxBytes: number };
  /** What to listen to while it is not yet known whether the appliance with this address has this profile. */
  candidates(address: string): string[];
  /** The settings of the appliance that sent this, when it is surely of this profile. */
  recognise(message: Message): ProfileSettings | undefined;
  /** Where its products announce themselves on a broker, and which ones a message announces. */
  discovery?: { filters: string[]; find(message: Message): (ProfileSettings & { title: string })[] };
  open(settings: ProfileSettings): Dialect;
}

/** Whether its messages are known by their topics alone, so that none is read where the address is not said. */
export function isReadByTopic({ defaultTopic }: Profile): boolean {
  return defaultTopic !== '<a>';
}

/** One instruction of each sort that appliances of a profile understand, as a message's payload. */
export function instructionsOf({ controls, shortestInterval }: Profile): (string | ControlInstruction)[] {
  return controls.map((instruction) => {
    if (instruction !== 'collect') return instruction;
    return { instruction, ...(shortestInterval ? { everySeconds: shortestInterval } : {}) };
  });
}
