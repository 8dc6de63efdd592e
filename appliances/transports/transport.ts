import type { ParameterValues } from '../../vocabulary/index.js';
import type { Command, Message } from '../profile.js';

/** Where a transport delivers what comes from the appliance. Nothing of it throws. */
export interface Inbox {
  /** @param at when the message was sent, epoch milliseconds, when the transport knows better than the message */
  message(message: Message, at?: number): void;
  /** Values that need no profile. @param at epoch milliseconds @param retained they are a broker's stored copy */
  values(parameters: ParameterValues, at: number, retained?: boolean): void;
  /** The way to the appliance opened or closed. */
  reachable(reachable: boolean, reason?: string): void;
  problem(problem: Error, topic?: string): void;
  /** Nothing comes until then: between two rounds of a recording. @param until epoch milliseconds */
  pausing(until: number): void;
  /** Nothing more will come: a recording played once. */
  finished(): void;
}

/** An open way to an appliance. */
export interface Way {
  /** Which play of a recording it is. */
  readonly play?: string | undefined;
  /** Listens to exactly these topic filters from now on. */
  listen(filters: readonly string[]): void;
  /** Sends one command, never retained. @throws Error when the broker does not take it */
  send(command: Command): Promise<void>;
  /** Lets go of everything; afterwards nothing is delivered any more. */
  close(): Promise<void>;
}

/** How an appliance is reached. */
export interface Transport {
  /** @throws Error when there is no such way, for example no such file */
  open(inbox: Inbox): Promise<Way>;
}
