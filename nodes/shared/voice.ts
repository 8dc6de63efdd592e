import type { Node, NodeAPI, NodeMessage, NodeStatus } from 'node-red';

type Values = Record<string, string>;

/** What a node says to people, in the words of its own locales. */
export class Voice {
  readonly #RED: Pick<NodeAPI, '_'>;
  readonly #node: Node;
  #isHushed = false;

  constructor(RED: Pick<NodeAPI, '_'>, node: Node) {
    this.#RED = RED;
    this.#node = node;
  }

  words(key: string, values: Values = {}): string {
    return this.#RED._(`${this.#node.type}.${key}`, values);
  }

  /** @param key below `status` */
  show(fill: NodeStatus['fill'], shape: NodeStatus['shape'], key: string, values: Values = {}): void {
    if (!this.#isHushed) this.#node.status({ fill, shape, text: this.words(`status.${key}`, values) });
  }

  /** Shows nothing more: a node that is closed is gone from the canvas, or another one has its place. */
  hush(): void {
    this.#isHushed = true;
  }

  /** Tells the Catch nodes of a problem that no message led to. @param key below `error` */
  complain(key: string, values: Values = {}, message: NodeMessage = {}): void {
    this.#node.error(this.words(`error.${key}`, values), message);
  }
}
