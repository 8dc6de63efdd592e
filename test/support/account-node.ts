import type { NodeAPI } from 'node-red';
import { KindredClient } from '../../matching/client/index.js';
import registerAccount from '../../nodes/kindred-account/kindred-account.js';
import { helper, inNodeRed, Seen, startEndpoint } from './node-helper.js';

/** The node under test: its own id, and those of the helper nodes that its outputs are wired to. */
interface Tested {
  register: (RED: NodeAPI) => void;
  node: { id: string; type: string; [setting: string]: unknown };
  outputs: string[];
}

/** A node with a kindred account, in the helper's Node-RED, and the endpoint that the account is at. */
export class AccountNode {
  endpoint!: Awaited<ReturnType<typeof startEndpoint>>;
  /** The account's. */
  token = '';
  caught!: Seen;
  readonly #house = inNodeRed(() => this.endpoint.close());
  readonly #outputs = new Map<string, Seen>();
  /** As it was deployed last. */
  #account: { account: object; credentials: object } = { account: {}, credentials: {} };

  /** One for each test of the suite that it is made in. */
  constructor(private readonly tested: Tested) {
    beforeEach(async () => {
      this.endpoint = await startEndpoint(this.dir);
    });
  }

  get dir(): string {
    return this.#house.dir;
  }

  /** The endpoint is back where it was. */
  async reopen(): Promise<void> {
    this.endpoint = await startEndpoint(this.dir, { port: Number(new URL(this.endpoint.url).port) });
  }

  async join(name: string, more: object = { discoverable: true }): Promise<{ client: KindredClient; token: string }> {
    const { token } = await new KindredClient({ url: this.endpoint.url }).createUser({ name, ...more });
    return { client: new KindredClient({ url: this.endpoint.url, token }), token };
  }

  /** Deploys the node anew, with other settings of its own and of its account. */
  async deploy(
    settings: object = {},
    account: object = {},
    credentials: object = { token: this.token },
  ): Promise<void> {
    const { register, outputs } = this.tested;
    this.#account = { account, credentials };
    await helper.load([registerAccount, register], this.#flow(settings), { account: credentials });
    for (const id of outputs) this.#outputs.set(id, new Seen(id));
    this.caught = new Seen('caught');
  }

  /** Deploys other settings of the node while it runs: all else goes on, or is replaced as well (`full`). */
  async deployChanged(settings: object, type: 'nodes' | 'full' = 'nodes'): Promise<void> {
    await helper.setFlows(this.#flow(settings), type, { account: this.#account.credentials });
    if (type === 'full') for (const id of this.tested.outputs) this.#outputs.set(id, new Seen(id));
  }

  #flow(settings: object): object[] {
    const { node, outputs } = this.tested;
    const home = { version: 1, name: 'Anna', url: this.endpoint.url, visibility: 'everyone', cell: '' };
    return [
      { id: 'tab', type: 'tab', label: 'test' },
      { id: 'account', type: 'kindred-account', ...home, ...this.#account.account },
      { z: 'tab', account: 'account', ...node, ...settings, wires: outputs.map((id) => [id]) },
      ...outputs.map((id) => ({ id, z: 'tab', type: 'helper' })),
      { id: 'any-error', z: 'tab', type: 'catch', scope: null, uncaught: false, wires: [['caught']] },
      { id: 'caught', z: 'tab', type: 'helper' },
    ];
  }

  /** What came out since the last deploy. */
  out(id: string): Seen {
    return this.#outputs.get(id) as Seen;
  }

  receive(message: { payload?: unknown; topic?: string }): void {
    helper.getNode(this.tested.node.id).receive(message);
  }

  /** What the first problem since the last deploy says, or the second …, once it is there. */
  async problem(count = 1): Promise<string> {
    const message = (await this.caught.atLeast(count))[count - 1] as unknown as { error: { message: string } };
    return message.error.message;
  }
}
