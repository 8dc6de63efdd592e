import { type Acceptance, accept, type Offer, type Withdrawal, withdraw } from './accept.js';
import { LONGEST_REST } from './back-off.js';
import { agree, discard, edit, findDraft, newDraft, reword } from './drafts.js';
import { Earlier } from './earlier.js';
import { Sender, type Stop } from './sender.js';
import { finish } from './settle.js';
import {
  emptyState,
  entryOf,
  isSuperseded,
  moveTimes,
  type QueueState,
  removeItem,
  restore,
  type ShareItem,
} from './state.js';
import { messageOf, type QueueWorld, saveOrTell } from './world.js';

/** In a few figures, for a status. */
export interface QueueSummary {
  waiting: number;
  /** How many activities those that wait are about. */
  activities: number;
  drafts: number;
  stopped?: Stop;
  /** When what failed is tried again, in epoch milliseconds. */
  retryAt?: number;
}

/** A changed account is noticed after this long at the latest, in milliseconds. */
const LOOK_AGAIN = 60_000;

/**
 * The one layer that retries. Shares are on disk before they count as accepted; each target gets them in order, one at
 * a time; a target that fails is given a rest; the same moment is never accepted twice.
 */
export class ShareQueue {
  readonly #world: QueueWorld;
  readonly #sender: Sender;
  /** Accepted, but not on disk yet: not sent before it is. */
  readonly #unsaved = new Set<ShareItem>();
  readonly #earlier = new Earlier();
  /** Drafts that their owner was told of and has not answered, by token. */
  readonly #open = new Map<string, ShareItem>();
  readonly #ready: Promise<void>;
  #state: QueueState = emptyState();
  #cancelTimer = () => {};
  #cancelHold = () => {};

  constructor(world: QueueWorld) {
    this.#world = world;
    this.#sender = new Sender(world, () => this.#pump());
    this.#ready = this.#load();
  }

  /** Resolves when what was saved is back. Never rejects. */
  ready(): Promise<void> {
    return this.#ready;
  }

  /**
   * Takes back what is not true any more, where nobody can have seen it yet, and offers in; resolves when it is on disk.
   * @throws Error when they cannot be saved, or the queue is closed; nothing of them is sent then
   */
  async accept(offers: readonly Offer[], withdrawals: readonly Withdrawal[] = []): Promise<Acceptance[]> {
    await this.#ready;
    // The file may be another queue's by now.
    if (this.#sender.isClosed) throw new Error(this.#world.words('closed'));
    const now = this.#now();
    this.#state.ledger.tidy(now);
    const taken = withdrawals.filter((key) => withdraw(this.#state, key));
    const accepted = offers.map((offer) => accept(this.#state, offer, now));
    const added = accepted.flatMap(({ item, verdict }) => (item && verdict !== 'replaced' ? [item] : []));
    for (const item of added) this.#unsaved.add(item);
    try {
      if (taken.length > 0 || accepted.some(({ item }) => item)) await this.#world.save(this.#state);
    } catch (error) {
      for (const { undo } of accepted) undo();
      throw new Error(this.#world.words('not-taken', { reason: messageOf(error) }));
    } finally {
      for (const item of added) this.#unsaved.delete(item);
    }
    for (const { item, verdict } of accepted) if (item && verdict === 'replaced') this.#earlier.remove(item);
    this.#pump();
    return accepted;
  }

  /**
   * The owner's yes to a draft; with another text that of a text is asked again under a new token.
   * @returns the item, or undefined when the token is unknown, used or too old
   */
  async confirm(token: string, text?: string): Promise<ShareItem | undefined> {
    const item = await this.#draft(token);
    if (!item) return undefined;
    this.#open.delete(token);
    // A copy is of the activity, and has no words: with other ones, it is a yes all the same.
    if (item.moment !== 'activity' && text !== undefined && text !== item.text) reword(item, text, this.#world.now());
    else agree(this.#state, item);
    await this.#world.save(this.#state);
    this.#pump();
    return item;
  }

  /** The owner's no to a draft. */
  async discard(token: string): Promise<ShareItem | undefined> {
    const item = await this.#draft(token);
    if (!item) return undefined;
    this.#open.delete(token);
    discard(this.#state, item);
    await this.#world.save(this.#state);
    this.#world.tell({ event: 'discarded', item });
    this.#pump();
    return item;
  }

  summary(): QueueSummary {
    const items = this.#state.items.filter((item) => !item.withdrawn);
    const waiting = items.filter((item) => !item.draft);
    const [stop] = items.flatMap(({ target }) => this.#sender.stopOf(target) ?? []);
    const targets = new Set(waiting.map(({ target }) => target));
    const tries = [...targets].map((target) => this.#sender.nextTry(target, this.#itemsFor(target)));
    const ahead = tries.filter((at) => at > this.#world.now());
    return {
      waiting: waiting.length,
      activities: new Set(waiting.map(({ activity }) => activity.id)).size,
      drafts: items.length - waiting.length,
      ...(stop ? { stopped: stop } : {}),
      ...(ahead.length > 0 ? { retryAt: Math.min(...ahead) } : {}),
    };
  }

  /**
   * The flows are being deployed, and what a target is reached through may be away with them: nothing is begun until they
   * are there again. A deploy that gets stuck holds up nothing for longer than a minute.
   */
  hold(): void {
    if (this.#sender.isClosed) return;
    this.#sender.hold();
    this.#cancelHold();
    this.#cancelHold = this.#world.after(LOOK_AGAIN, () => this.look());
  }

  /** The flows are deployed: an account may be another one, and one that refused everything gets another try. */
  look(): void {
    this.#cancelHold();
    this.#sender.goOn();
    this.#pump();
  }

  /** A target is known to be there again: it is tried at once, unless it asked for the rest that it is given. */
  async wake(target: string): Promise<void> {
    await this.#ready;
    this.#sender.wake(target, this.#itemsFor(target), this.#now());
    this.#pump();
  }

  /** Ends the tries under way and saves what came of them. What waits goes on after the next start. */
  async close(): Promise<void> {
    const closed = this.#sender.close();
    this.#cancelTimer();
    this.#cancelHold();
    await this.#ready;
    await closed;
    await saveOrTell(this.#world, this.#state);
  }

  async #load(): Promise<void> {
    try {
      const state = restore(await this.#world.load(), this.#world.now(), this.#earlier);
      for (const item of state.items) if (item.draft?.asked) this.#open.set(item.draft.token, item);
      await this.#review(state);
      // Not before: nothing of it may be sent meanwhile.
      this.#state = state;
    } catch (error) {
      this.#world.tell({ event: 'unread', reason: messageOf(error) });
    }
    const { items } = this.#state;
    // What newer ones made needless while they were being sent.
    for (const item of items.filter((item) => isSuperseded(this.#state, item))) removeItem(this.#state, item);
    // Nobody is to be told any more; what goes on may be told again, should its target be chosen again.
    for (const item of items.filter(({ target }) => !this.#world.isChosen(target)))
      finish(this.#state, item, 'expired');
    // After whoever made this queue holds it.
    queueMicrotask(() => this.#pump());
  }

  /** What waits is told by the rules of now. Other words than its owner was asked about, or said yes to, ask again. */
  async #review(state: QueueState): Promise<void> {
    if (!this.#world.review) return;
    for (const item of [...state.items]) {
      const reviewed = await this.#world.review(item);
      if (!reviewed) {
        finish(state, item, 'expired');
        continue;
      }
      const { activity, text, ask } = reviewed;
      const { agreed } = entryOf(state, item) ?? {};
      const isAsked = item.draft ?? (agreed && item.moment !== 'activity' && !item.withdrawn);
      const isOther = text !== item.text;
      Object.assign(item, { activity, text });
      if (isAsked && isOther) edit(item, text, this.#world.now());
      else if (ask && !agreed && !item.draft && !item.withdrawn) item.draft = newDraft(item, this.#world.now());
    }
  }

  async #draft(token: string): Promise<ShareItem | undefined> {
    await this.#ready;
    if (this.#sender.isClosed) return undefined;
    this.#sweep(this.#now());
    return findDraft(this.#state, token);
  }

  #itemsFor(target: string): ShareItem[] {
    return this.#state.items.filter((item) => item.target === target);
  }

  #pump(): void {
    if (this.#sender.isClosed) return;
    // One time for all: what came due between two looks at the clock would be neither sent nor waited for.
    const now = this.#now();
    this.#sweep(now);
    const onDisk = this.#state.items.filter((item) => !this.#unsaved.has(item));
    this.#ask(onDisk);
    this.#sender.sendNext(this.#state, onDisk, now);
    this.#schedule(now);
    this.#world.tell({ event: 'changed' });
  }

  /** Tells of the drafts that are void, and of those that nobody was told of yet, once a deploy has settled. */
  #ask(items: readonly ShareItem[]): void {
    if (this.#sender.isUnsettled) return;
    for (const [token, item] of this.#open) {
      if (findDraft(this.#state, token)) continue;
      this.#open.delete(token);
      this.#world.tell({ event: 'void', item, token, destination: this.#world.destination(item.target) });
    }
    for (const item of items) {
      if (!item.draft || item.draft.asked) continue;
      item.draft = { ...item.draft, asked: true };
      this.#open.set(item.draft.token, item);
      this.#world.tell({ event: 'draft', item, destination: this.#world.destination(item.target) });
    }
  }

  /** The time. A clock that was set makes nothing of this start late or early: it all moves along. */
  #now(): number {
    const by = this.#world.leap?.() ?? 0;
    if (by !== 0) {
      this.#sender.setClock(by);
      if (moveTimes(this.#state, by, this.#earlier)) this.#world.tell({ event: 'leapt', by });
    }
    return this.#world.now();
  }

  /** Drops what is too late, and drafts nobody answered. */
  #sweep(now: number): void {
    for (const item of this.#state.items.filter((candidate) => !candidate.sending)) {
      const { draft } = item;
      // Whoever was not asked yet has not said no: that was too late.
      if (draft && draft.until <= now && (draft.asked || item.notAfter > now)) {
        discard(this.#state, item);
        this.#world.tell({ event: 'discarded', item });
      } else if (item.notAfter <= now) {
        finish(this.#state, item, 'expired');
        if (!item.withdrawn) this.#world.tell({ event: 'expired', item });
      }
      item.notBefore = Math.min(item.notBefore, now + LONGEST_REST);
    }
  }

  #schedule(now: number): void {
    this.#cancelTimer();
    const { items } = this.#state;
    if (items.length === 0) return;
    const moments = items.flatMap((item) => [item.draft?.until ?? item.notBefore, item.notAfter]);
    const ahead = [...moments, ...this.#sender.rests()].filter((moment) => moment > now);
    const next = Math.min(now + LOOK_AGAIN, ...ahead);
    this.#cancelTimer = this.#world.after(next - now, () => this.#pump());
  }
}
