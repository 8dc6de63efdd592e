import type { Node, NodeAPI, NodeMessage } from 'node-red';
import { type Correction, explainTracker, listCorrections, type Told } from '../../activities/index.js';
import { switchesOn } from '../../vocabulary/index.js';
import { ClockWatch, leapInWords } from '../shared/clock-watch.js';
import { problemOf, redact } from '../shared/problem.js';
import { CONNECTING_MS, reconnectingMs } from '../shared/settling.js';
import { StateFile } from '../shared/state-file.js';
import { StoredCopies } from '../shared/stored-copies.js';
import { Collector, SayingProblem } from './collector.js';
import type { ShownAppliance, ShownNode } from './dialog.js';
import { Gallery, isSavedGallery, type SavedGallery } from './gallery.js';
import { Instructor } from './instructor.js';
import { meaningOf } from './meaning.js';
import { isSavedState, type SavedState } from './saved-state.js';
import type { CollectSettings } from './settings.js';
import { StatusLine, statusOf, type Translate } from './status.js';
import { inWords } from './words.js';

export type Send = (message: NodeMessage | (NodeMessage | null)[]) => void;

/** The message that something followed from. */
interface Origin {
  message: NodeMessage;
  send: Send;
}

/** What one node does, between its messages, its dialog and the appliances it follows. */
export class CollectService implements ShownNode {
  readonly #node: Node;
  readonly #settings: CollectSettings;
  readonly #translate: Translate;
  readonly #status: StatusLine;
  readonly #file: StateFile<SavedState>;
  readonly #gallery: Gallery;
  readonly #collector: Collector;
  readonly #instructor: Instructor | undefined;
  readonly #stored = new StoredCopies();
  /** Why every message is refused: what was saved would be overwritten. */
  #lock: string | undefined;
  #isUnshown = false;
  /** Until what is held may be sent. */
  #holding: NodeJS.Timeout | undefined;
  /** Resolves when what was saved is back, or was told that it is not. Never rejects. */
  readonly restored: Promise<void>;

  /** @param isRestart nobody has pressed Deploy, and perhaps nobody is there */
  constructor(RED: NodeAPI, node: Node, settings: CollectSettings, translate: Translate, isRestart = false) {
    this.#node = node;
    this.#settings = settings;
    this.#translate = translate;
    this.#status = new StatusLine((status) => node.status(status));
    const userDir = RED.settings.userDir ?? '.';
    this.#file = new StateFile<SavedState>(userDir, `collect-${node.id}`, isSavedState);
    this.#gallery = new Gallery(new StateFile<SavedGallery>(userDir, `picture-${node.id}`, isSavedGallery));
    this.#collector = this.#newCollector(isRestart ? reconnectingMs(RED) : CONNECTING_MS);
    // Nodes are made within a deploy.
    this.#collector.hold();
    this.#instructor = this.#newInstructor((id) => RED.nodes.getNode(id), isRestart);
    this.restored = Promise.all([this.#restore(), this.#gallery.restore()]).then(() => {});
  }

  #newCollector(connectingMs: number): Collector {
    const clock = new ClockWatch();
    return new Collector({
      options: this.#settings.tracker,
      own: this.#settings.own,
      file: this.#file,
      send: (told, origin) => this.#tell(told, origin as Origin | undefined),
      onProblem: (what, problem) => this.#fail(what, problem),
      onTaken: (reading) => this.#gallery.note(reading),
      connectingMs,
      leap: () => clock.look(),
      onLeap: (ms) => this.#tellLeap(ms),
    });
  }

  #newInstructor(getNode: (id: string) => unknown, isRestart: boolean): Instructor | undefined {
    const { instruction } = this.#settings;
    if (!instruction) return undefined;
    const onFailure = (id: string, problem: unknown) =>
      this.#fail('control', problem, { topic: id, payload: instruction });
    const isHeld = isRestart && switchesOn(instruction);
    if (isHeld) this.#node.warn(this.#translate('warning.restart', { instruction: instruction.instruction }));
    return new Instructor(instruction, getNode, onFailure, isHeld);
  }

  async #restore(): Promise<void> {
    try {
      const saved = await this.#file.load();
      if (saved) this.#collector.restore(saved);
    } catch (problem) {
      if (!this.#file.isLocked) return this.#fail('state', problem);
      this.#lock = this.#translate('error.locked', { problem: redact(problemOf(problem)) });
      this.#node.error(this.#lock, {});
    }
  }

  /**
   * @returns when everything that followed was sent, or undefined when nothing did
   * @throws Error to be refused
   */
  take(message: NodeMessage, send: Send): Promise<void> | undefined {
    if (this.#lock) throw new Error(this.#lock);
    const { own, parameter } = this.#settings;
    const meaning = meaningOf(message, { appliance: own, parameter }, Date.now());
    if ('problem' in meaning) throw new Error(inWords(meaning.problem, this.#translate));
    if ('saying' in meaning) return this.#collector.say(meaning.saying, message.topic, { message, send });
    const reading = this.#stored.has(message) ? { ...meaning.reading, retained: true } : meaning.reading;
    // What a broker had stored is no sign of life: an appliance that is away would be told in vain, and not again.
    if (!reading.retained) this.#instructor?.heard(reading.appliance.id);
    return this.#collector.read(reading, { message, send });
  }

  /** @returns what a message's sender is told of it */
  refuse(error: unknown): string {
    if (!this.#lock) this.#status.warn(this.#translate('status.message'));
    return this.#wordsOf(error);
  }

  /** The pictures, and what can be said about them. */
  shown(): ShownAppliance[] {
    const states = new Map([...this.#collector.appliances].map((state) => [state.appliance.id, state]));
    return this.#gallery.views().map((view) => {
      const state = states.get(view.appliance.id);
      const { open, last } = state ?? {};
      const why = state && explainTracker(state, this.#settings.tracker);
      const correctable = (open ?? last)?.id;
      const corrections = state ? listCorrections(state) : [];
      return { ...view, ...(correctable ? { correctable } : {}), corrections, ...(why ? { why } : {}) };
    });
  }

  async correct(applianceId: string, correction: Correction): Promise<string | undefined> {
    await this.restored;
    try {
      if (this.#lock) return this.#lock;
      await this.#collector.say({ type: 'correct', correction }, applianceId);
      return undefined;
    } catch (error) {
      return this.#wordsOf(error);
    }
  }

  /** Time went on: to be called every few seconds. */
  tick(): void {
    this.#collector.tick();
    this.#instructor?.check();
    this.showStatus();
  }

  /** Never throws: nothing would catch it in a timer. */
  showStatus(): void {
    try {
      this.#status.show(
        this.#lock
          ? { fill: 'red', shape: 'ring', text: this.#translate('status.state') }
          : statusOf(this.#collector.appliances, this.#translate),
      );
      this.#isUnshown = false;
    } catch (error) {
      if (!this.#isUnshown) this.#fail('step', error);
      this.#isUnshown = true;
    }
  }

  /** A Deploy begins: from now on nothing is sent. */
  hold(): void {
    clearTimeout(this.#holding);
    this.#collector.hold();
  }

  /** The Deploy is through: what is held is sent as soon as it may be. */
  goOn(): void {
    this.#collector.goOn();
    clearTimeout(this.#holding);
    this.#sendWhenDue();
  }

  #sendWhenDue(): void {
    const ms = this.#collector.heldForMs;
    // A timer may be early.
    if (ms > 0) this.#holding = setTimeout(() => this.#sendWhenDue(), Math.ceil(ms));
    else void this.restored.then(() => this.tick());
  }

  /** @param removed for good. What goes on is kept even then: somebody may bring the node back by undoing */
  async close(removed: boolean): Promise<void> {
    clearTimeout(this.#holding);
    await this.#collector.close();
    const isOver = removed && this.#collector.isIdle;
    await Promise.all(isOver ? [this.#file.remove(), this.#gallery.remove()] : [this.#gallery.save()]);
  }

  /** Activities go to the first output, actions to the second, with what the message had that led to them. */
  #tell(told: Told, origin: Origin | undefined): void {
    this.#gallery.hear(told);
    const isActivity = told.type === 'activity';
    const payload = isActivity ? told.activity : told.action;
    const topic = isActivity ? told.activity.activity : told.action.action;
    const message: NodeMessage = { ...origin?.message, topic, payload };
    const send: Send = origin?.send ?? ((outputs) => this.#node.send(outputs as NodeMessage[]));
    send(isActivity ? [message, null] : [null, message]);
  }

  #tellLeap(ms: number): void {
    const { key, span } = leapInWords(ms);
    this.#status.warn(this.#translate('status.leapt'));
    this.#node.error(this.#translate(`error.${key}`, { span }), {});
  }

  #fail(what: 'state' | 'save' | 'step' | 'control', problem: unknown, message: NodeMessage = {}): void {
    this.#status.warn(this.#translate(`status.${what}`));
    this.#node.error(this.#translate(`error.${what}`, { problem: redact(problemOf(problem)) }), message);
  }

  #wordsOf(error: unknown): string {
    return error instanceof SayingProblem ? this.#translate(`error.${error.reason}`) : redact(problemOf(error));
  }
}
