import type { ControlInstruction } from '../vocabulary/index.js';
import { CannotError, type Clock } from './appliance.js';
import { EchoWaits } from './echo.js';
import type { Command, Dialect, Heard, Profile } from './profile.js';
import type { Way } from './transports/transport.js';

interface Parts {
  dialect: Dialect;
  /** What the appliance is, once that is known. */
  profile(): Profile | undefined;
  /** The way to it, while there is one. */
  way(): Way | undefined;
  clock: Clock;
  /** How long the appliance's own word is waited for. */
  echoMs: number;
}

/** What one appliance is told: one instruction after the other, so that each waits for its own echo. */
export class Instructions {
  readonly #parts: Parts;
  readonly #waits: EchoWaits;
  readonly #patienceMs: number;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#waits = new EchoWaits(parts.clock, parts.echoMs);
    this.#patienceMs = 2 * parts.echoMs;
  }

  /**
   * Resolves when the appliance says that it is done.
   * @throws CannotError when it has no such ability; Error when it refuses, does not answer in time or is not reachable
   */
  give(instruction: ControlInstruction): Promise<void> {
    const givenAt = this.#parts.clock.now();
    const done = this.#queue.then(() => this.#execute(instruction, givenAt));
    this.#queue = done.catch(() => {});
    return done;
  }

  /** What the appliance said just now. */
  hear(heard: Heard): void {
    this.#waits.hear(heard);
  }

  /** Gives up what still waits. Resolves when nothing does any more; never rejects. */
  async close(): Promise<void> {
    this.#waits.giveUp(new Error('the connection to the appliance was closed'));
    await this.#queue;
  }

  async #execute(instruction: ControlInstruction, givenAt: number): Promise<void> {
    const { dialect, clock } = this.#parts;
    const way = this.#parts.way();
    if (!way) throw new Error('the connection to the appliance is closed');
    // A kettle that was away must not do all at once, when it is back, what it was told meanwhile.
    if (clock.now() - givenAt > this.#patienceMs) {
      const seconds = this.#patienceMs / 1000;
      throw new Error(`"${instruction.instruction}" was given up: instructions before it took more than ${seconds} s`);
    }
    this.#checkAbility(instruction.instruction);
    const commands = dialect.command(instruction);
    way.listen(dialect.topics);
    for (const command of commands) await this.#send(way, command);
  }

  /** @throws CannotError */
  #checkAbility(wanted: ControlInstruction['instruction']): void {
    const profile = this.#parts.profile();
    if (!profile || profile.controls.includes(wanted)) return;
    const why = profile.cannot[wanted] ?? `a ${profile.title} has no such command`;
    throw new CannotError(`this appliance can't do "${wanted}": ${why}`);
  }

  async #send(way: Way, command: Command): Promise<void> {
    const wait = this.#waits.begin(command);
    const isDoneWhenSent = !command.echo || command.isSo;
    // Not waited for by itself: a broker that hangs never answers.
    way.send(command).then(isDoneWhenSent ? () => wait.settle() : undefined, wait.settle);
    await wait.done;
  }
}
