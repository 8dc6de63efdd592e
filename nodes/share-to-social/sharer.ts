import type { Node, NodeMessage } from 'node-red';
import {
  type Acceptance,
  type Destination,
  MOST_WAITING,
  type Offer,
  parseActivity,
  planShares,
  type QueueEvent,
  type QueueState,
  reviewShare,
  ShareQueue,
  type SharingRules,
} from '../../sharing/index.js';
import { ClockWatch } from '../shared/clock-watch.js';
import { handedOver } from '../shared/handed-over.js';
import type { StateFile } from '../shared/state-file.js';
import { report, type Text } from './report.js';
import { explainWording } from './settings.js';
import { type Status, shortened, statusOf } from './status.js';

interface SharerOptions {
  rules: SharingRules;
  /** What is wrong with a wording that is told, in words. */
  wordingProblem: string | undefined;
  /** Ids of the accounts to tell. */
  accounts: readonly string[];
  /** The account as it is now; undefined when there is none of that id. */
  destination(id: string): Destination | undefined;
  file: StateFile<QueueState>;
  text: Text;
}

/** What the node does, between its messages and the queue. */
export class Sharer {
  readonly #node: Node;
  readonly #options: SharerOptions;
  readonly #queue: ShareQueue;
  /** What the owner has to mend in the settings; shown until it is done. */
  readonly #mend: Status | undefined;
  /** The accounts that were missing when an activity came last: each of them is a trouble to be told once. */
  #missing: readonly string[] = [];
  /** The last text could not be made. */
  #speechless = false;
  /** A draft came out where nothing is wired to. */
  #isUnheard = false;
  #last: QueueEvent | undefined;
  #shown = '';
  #closed = false;
  /** The accounts as they were when a deploy began: within it they may be away. */
  readonly #before = new Map<string, Destination>();
  /** When the last activity that came has its words. */
  #planned: Promise<unknown> = Promise.resolve();
  /** What is being taken in: waited for when the node closes, so that nothing that was handed over is lost. */
  readonly #taking = new Set<Promise<void>>();

  constructor(node: Node, options: SharerOptions) {
    this.#node = node;
    this.#options = options;
    const { accounts, wordingProblem } = options;
    if (wordingProblem) node.error(wordingProblem, {});
    this.#mend = mend(accounts.length === 0 ? 'no-target' : wordingProblem ? 'wording' : undefined);
    const clock = new ClockWatch();
    this.#queue = new ShareQueue({
      load: () => options.file.load(),
      save: (state) => options.file.save(state),
      isChosen: (id) => options.accounts.includes(id),
      review: (item) => reviewShare(item, options.rules),
      destination: (id) => options.destination(id),
      now: Date.now,
      leap: () => clock.look(),
      random: Math.random,
      after(ms, task) {
        const timer = setTimeout(task, ms);
        return () => clearTimeout(timer);
      },
      tell: (event) => this.#tell(event),
      words: (key, values) => options.text(`queue.${key}`, values),
    });
    // Nodes are made within a deploy.
    this.#queue.hold();
  }

  /**
   * Takes an activity or the answer to a draft; resolves when it is on disk.
   * @throws Error in the owner's language, saying what was wrong and what to do
   */
  take(message: NodeMessage): Promise<void> {
    const answer = answerIn(message.payload);
    const taking = answer ? this.#decide(answer) : this.#share(message.payload);
    const over = taking
      .catch(() => {})
      .then(() => {
        this.#taking.delete(over);
        this.#show();
      });
    this.#taking.add(over);
    return taking;
  }

  /** A deploy begins: what an account needs may be away for a moment. */
  hold(): void {
    this.#queue.hold();
    for (const id of this.#options.accounts) {
      const destination = this.#options.destination(id);
      if (destination) this.#before.set(id, destination);
    }
  }

  /** A deploy is through: what an account lacked may be there now. */
  look(): void {
    this.#before.clear();
    this.#queue.look();
  }

  /** The network of an account is there again. */
  wake(account: string): void {
    void this.#queue.wake(account);
  }

  /** @param removed for good: the node does not come back, and nobody could be told twice */
  async close(removed: boolean): Promise<void> {
    this.#closed = true;
    await handedOver();
    await Promise.all(this.#taking);
    await this.#queue.close();
    // What still waits is kept even then: somebody may bring the node back by undoing.
    const { waiting, drafts } = this.#queue.summary();
    if (removed && waiting + drafts === 0) await this.#options.file.remove();
  }

  #destination(id: string): Destination | undefined {
    return this.#options.destination(id) ?? this.#before.get(id);
  }

  async #share(payload: unknown): Promise<void> {
    const { accounts, rules, text } = this.#options;
    const parsed = parseActivity(payload);
    if (!parsed.ok) throw new Error(text('error.activity', { problem: parsed.problem }));
    if (accounts.length === 0) throw new Error(text('error.no-target'));
    const destinations = accounts.flatMap((id) => this.#destination(id) ?? []);
    const isNewMissing = this.#noteMissing();
    // In the order in which they come: what has to be worded first must not be overtaken by what takes it back.
    const planning = this.#planned.then(() => planShares(parsed.value, destinations, rules, Date.now()));
    this.#planned = planning.catch(() => {});
    const plan = await planning;
    const accepted = await this.#queue.accept(plan.offers, plan.withdrawals);
    const problems = this.#refusals(plan.offers, accepted);
    if (plan.problem) this.#speechless = true;
    else if (plan.isWorded) this.#speechless = false;
    if (plan.problem) problems.push(explainWording(plan.problem, text));
    if (isNewMissing) problems.push(text('error.missing-account'));
    if (problems.length > 0) throw new Error(problems.join(' · '));
  }

  /** @returns whether an account is missing that was there before */
  #noteMissing(): boolean {
    const before = this.#missing;
    this.#missing = this.#options.accounts.filter((id) => !this.#destination(id));
    return this.#missing.some((id) => !before.includes(id));
  }

  async #decide({ confirm, discard, words }: Answer): Promise<void> {
    const item = confirm ? await this.#queue.confirm(confirm, words) : await this.#queue.discard(discard ?? '');
    if (!item) throw new Error(this.#options.text('error.token'));
  }

  #refusals(offers: readonly Offer[], accepted: readonly Acceptance[]): string[] {
    const { rules, text } = this.#options;
    return accepted.flatMap(({ verdict }, index) => {
      const name = this.#destination(offers[index]?.destination.id ?? '')?.name ?? '';
      if (verdict === 'capped') return text('error.capped', { name, count: rules.dailyCap });
      return verdict === 'full' ? text('error.full', { name, count: MOST_WAITING }) : [];
    });
  }

  #tell(event: QueueEvent): void {
    if (!['changed', 'draft', 'void'].includes(event.event)) this.#last = event;
    report(this.#node, this.#options.text, event);
    if (event.event === 'draft') this.#noteUnheard();
    // The first event can come while the queue is still being made.
    queueMicrotask(() => this.#show());
  }

  /** Warns once where nobody is asked, for no answer is a no. */
  #noteUnheard(): void {
    // Not when the node is made: the wires out of a subflow may come later.
    const { wires } = this.#node as Node & { wires?: string[][] };
    if (this.#isUnheard || wires?.[1]?.length !== 0) return;
    this.#isUnheard = true;
    this.#node.warn(this.#options.text('warning.unheard'));
  }

  #show(): void {
    const status = statusOf(this.#queue.summary(), this.#last);
    const lack = lackOf(this.#options.accounts.map((id) => this.#destination(id)));
    const mending = lack ?? this.#mend ?? (this.#speechless ? mend('wording') : undefined);
    // That it stopped says less than what it stopped for, and a yes would come to nothing as long as something is missing.
    const comesFirst = isTrouble(status) && !(lack && ['stopped-settings', 'held'].includes(status.key));
    const { fill, shape, key, values } = comesFirst ? status : (mending ?? status);
    const next = { fill, shape, text: this.#options.text(`status.${key}`, values) };
    if (this.#closed || this.#shown === JSON.stringify(next)) return;
    this.#shown = JSON.stringify(next);
    this.#node.status(next);
  }
}

/** What waits for somebody else comes before what waits for the owner. */
function isTrouble({ key }: Status): boolean {
  return key.startsWith('stopped') || key.startsWith('retry') || key === 'held';
}

/** The first account that nothing can be sent to as it is. */
function lackOf(accounts: readonly (Destination | undefined)[]): Status | undefined {
  for (const found of accounts) {
    if (!found) return mend('missing-account');
    if (found.lacks) return mend(`no-${found.lacks}`, { name: shortened(found.name) });
  }
  return undefined;
}

function mend(key: string | undefined, values: Status['values'] = {}): Status | undefined {
  return key ? { fill: 'red', shape: 'ring', key, values } : undefined;
}

interface Answer {
  confirm?: string;
  discard?: string;
  words?: string;
}

/** `{ confirm: token }`, `{ confirm: token, text }` or `{ discard: token }`. */
function answerIn(payload: unknown): Answer | undefined {
  if (typeof payload !== 'object' || payload === null) return undefined;
  const { confirm, discard, text } = payload as Record<string, unknown>;
  if (typeof confirm === 'string') {
    return { confirm, ...(typeof text === 'string' && text.trim() ? { words: text.trim() } : {}) };
  }
  return typeof discard === 'string' ? { discard } : undefined;
}
