import type { ControlInstruction } from '../../vocabulary/index.js';

/** So many are remembered; whoever makes up ids must not fill the memory. */
const MOST = 1000;

/** What a node that connects to an appliance can be asked. */
interface Controllable {
  control(instruction: ControlInstruction): Promise<void>;
}

/**
 * Tells the nodes that readings come from what their appliances should do: once when the first reading arrives, and
 * once more when such a node was deployed anew. Never again and again: what failed is reported, once.
 */
export class Instructor {
  readonly #told = new Map<string, unknown>();
  readonly #heard = new Set<string>();

  /** @param isHeld those that are there already are told nothing: only those that are deployed anew */
  constructor(
    readonly instruction: ControlInstruction,
    readonly getNode: (id: string) => unknown,
    readonly onFailure: (id: string, error: unknown) => void,
    readonly isHeld = false,
  ) {}

  /** A reading came from there just now: as good as free. */
  heard(id: string): void {
    if (this.#told.has(id)) this.#heard.add(id);
    else if (this.isHeld) this.#note(id, this.getNode(id));
    else this.#tell(id, this.getNode(id));
  }

  /** To be called every few seconds: tells those that are new. */
  check(): void {
    for (const id of this.#heard) {
      const node = this.getNode(id);
      if (node && node !== this.#told.get(id)) this.#tell(id, node);
    }
    this.#heard.clear();
  }

  #note(id: string, node: unknown): void {
    const [oldest] = this.#told.keys();
    if (oldest !== undefined && this.#told.size >= MOST) this.#told.delete(oldest);
    this.#told.set(id, node);
  }

  #tell(id: string, node: unknown): void {
    this.#note(id, node);
    if (!isControllable(node)) return;
    void Promise.resolve()
      .then(() => node.control(this.instruction))
      .catch((error: unknown) => this.onFailure(id, error));
  }
}

function isControllable(node: unknown): node is Controllable {
  return typeof (node as Partial<Controllable> | null | undefined)?.control === 'function';
}
