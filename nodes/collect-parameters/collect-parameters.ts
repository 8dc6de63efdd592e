import type { Node, NodeAPI, NodeMessage } from 'node-red';
import {
  APPLIANCE_KINDS,
  explainTracker,
  listCorrections,
  RECOGNISER_NAMES,
  SUMMARISED,
  type Told,
  type TrackerOptions,
  USUAL_ACTIVITY,
} from '../../activities/index.js';
import { ACTIVITIES, PARAMETERS } from '../../vocabulary/index.js';
import { ClockWatch, leapInWords } from '../shared/clock-watch.js';
import { problemOf, redact } from '../shared/problem.js';
import { Scope } from '../shared/scope.js';
import { StateFile } from '../shared/state-file.js';
import { Collector, SayingProblem } from './collector.js';
import { type Shown, type ShownNode, serveDialog } from './dialog.js';
import { Gallery, isSavedGallery, type SavedGallery } from './gallery.js';
import { Instructor } from './instructor.js';
import { meaningOf } from './meaning.js';
import { isSavedState, type SavedState } from './saved-state.js';
import { type CollectConfig, type CollectSettings, settingsOf } from './settings.js';
import { shower, statusOf, type Translate } from './status.js';

/** How often time goes on without a reading, and the status follows what was read. */
const TICK_MS = 2000;

/** What the dialog offers: it learns of a new recogniser, parameter or activity by itself. */
const CHOICES = {
  kinds: APPLIANCE_KINDS,
  usual: USUAL_ACTIVITY,
  recognisers: RECOGNISER_NAMES,
  activities: ACTIVITIES,
  parameters: SUMMARISED.map((name) => ({ name, unit: PARAMETERS[name].unit })),
  /** What pictures can show: also what has no summary. */
  drawn: Object.entries(PARAMETERS).map(([name, { unit }]) => ({ name, unit })),
};

type Send = (message: NodeMessage | (NodeMessage | null)[]) => void;
interface Origin {
  message: NodeMessage;
  send: Send;
}

export default function register(RED: NodeAPI): void {
  const translate: Translate = (key, values) => RED._(`collect-parameters.${key}`, values ?? {});

  function CollectParameters(this: Node, def: CollectConfig): void {
    RED.nodes.createNode(this, def);
    const made = settingsOf(def);
    if ('settings' in made) {
      collect(RED, this, made.settings, translate);
      return;
    }
    const problem = translate(made.problem.key, made.problem.values);
    this.status({ fill: 'red', shape: 'ring', text: translate('status.settings') });
    this.error(problem, {});
    this.on('input', (_message, _send, done) => done(new Error(problem)));
  }

  RED.nodes.registerType('collect-parameters', CollectParameters, {
    settings: { collectParametersChoices: { value: CHOICES, exportable: true } },
  });

  serveDialog(RED, translate);
}

/** Puts one node to work. */
function collect(RED: NodeAPI, node: Node, settings: CollectSettings, translate: Translate): void {
  const show = shower((shown) => node.status(shown));
  const fail = (what: string, problem: unknown, message: NodeMessage = {}): void => {
    show({ fill: 'yellow', shape: 'ring', text: translate(`status.${what}`) }, true);
    node.error(translate(`error.${what}`, { problem: redact(problemOf(problem)) }), message);
  };
  const userDir = RED.settings.userDir ?? '.';
  const file = new StateFile<SavedState>(userDir, `collect-${node.id}`, isSavedState);
  const gallery = new Gallery(new StateFile<SavedGallery>(userDir, `picture-${node.id}`, isSavedGallery));
  const clock = new ClockWatch();
  const collector = new Collector({
    options: settings.tracker,
    own: settings.own,
    file,
    send: (told, origin) => {
      gallery.hear(told);
      sendTold(node, told, origin as Origin | undefined);
    },
    onProblem: fail,
    leap: () => clock.look(),
    onLeap: (by) => {
      const { key, span } = leapInWords(by);
      show({ fill: 'yellow', shape: 'ring', text: translate('status.leapt') }, true);
      node.error(translate(`error.${key}`, { span }), {});
    },
  });
  const instructor = instructorOf(RED, settings, (id, problem, message) =>
    fail('control', problem, { topic: id, ...message }),
  );
  /** Why every message is refused: what was saved would be overwritten. */
  let lock: string | undefined;
  let isUnshown = false;
  /** Never throws: nothing would catch it in a timer. */
  const showUsual = (): void => {
    try {
      if (lock) show({ fill: 'red', shape: 'ring', text: translate('status.state') });
      else show(statusOf(collector.appliances, translate));
      isUnshown = false;
    } catch (error) {
      if (!isUnshown) fail('step', error);
      isUnshown = true;
    }
  };

  const take = (message: NodeMessage, send: Send): Promise<void> | undefined => {
    if (lock) throw new Error(lock);
    const meaning = meaningOf(message, { appliance: settings.own, parameter: settings.parameter }, Date.now());
    if ('problem' in meaning) throw new Error(translate(meaning.problem.key, meaning.problem.values));
    if ('saying' in meaning) return collector.say(meaning.saying, message.topic, { message, send });
    instructor?.heard(meaning.reading.appliance.id);
    gallery.note(meaning.reading);
    return collector.read(meaning.reading, { message, send });
  };
  const wordsOf = (error: unknown): string =>
    error instanceof SayingProblem ? translate(`error.${error.reason}`) : redact(problemOf(error));
  const refuse = (error: unknown, done: (error: Error) => void): void => {
    if (!lock) show({ fill: 'yellow', shape: 'ring', text: translate('status.message') }, true);
    done(new Error(wordsOf(error)));
  };
  const isBack = restore(file, collector).catch((problem: unknown) => {
    if (!file.isLocked) return fail('state', problem);
    lock = translate('error.locked', { problem: redact(problemOf(problem)) });
    node.error(lock, {});
  });
  const restored = Promise.all([isBack, gallery.restore()]).then(() => {});
  const shown: ShownNode = {
    shown: () => shownOf(collector, gallery, settings.tracker),
    async correct(applianceId, correction) {
      await restored;
      try {
        if (lock) return lock;
        await collector.say({ type: 'correct', correction }, applianceId);
        return undefined;
      } catch (error) {
        return wordsOf(error);
      }
    },
  };
  Object.assign(node, shown);
  serve(node, { file, collector, gallery, restored, take, refuse, showUsual, onTick: () => instructor?.check() });
}

/** The pictures, and what can be said about them. */
function shownOf(collector: Collector, gallery: Gallery, options: TrackerOptions): Shown[] {
  const states = new Map([...collector.appliances].map((state) => [state.appliance.id, state]));
  return gallery.views().map((view) => {
    const state = states.get(view.appliance.id);
    const { open, last } = state ?? {};
    const why = state && explainTracker(state, options);
    const correctable = (open ?? last)?.id;
    const corrections = state ? listCorrections(state) : [];
    return { ...view, ...(correctable ? { correctable } : {}), corrections, ...(why ? { why } : {}) };
  });
}

interface Service {
  file: StateFile<SavedState>;
  collector: Collector;
  gallery: Gallery;
  restored: Promise<void>;
  /** @returns when everything that followed was sent, or undefined when nothing did */
  take(message: NodeMessage, send: Send): Promise<void> | undefined;
  refuse(error: unknown, done: (error: Error) => void): void;
  showUsual(): void;
  onTick(): void;
}

/** Messages, time, and the end: from the moment on at which the saved state is back. */
function serve(node: Node, { file, collector, gallery, restored, take, refuse, showUsual, onTick }: Service): void {
  const scope = new Scope();
  let isReady = false;
  const ready = restored.then(() => {
    isReady = true;
    showUsual();
  });
  const handle = (message: NodeMessage, send: Send, done: (error?: Error) => void): void => {
    if (scope.signal.aborted) return;
    try {
      const sent = take(message, send);
      if (sent === undefined) done();
      else void sent.then(showUsual).then(() => done(), done);
    } catch (error) {
      refuse(error, done);
    }
  };
  node.on('input', (message, send, done) => {
    if (isReady) handle(message, send, done);
    else void ready.then(() => handle(message, send, done));
  });
  scope.every(TICK_MS, () => {
    if (!isReady) return;
    collector.tick();
    onTick();
    showUsual();
  });
  node.on('close', (removed: boolean, done: () => void) => {
    // In this very turn: Node-RED has let go of the nodes behind already, and what is sent to them now gets lost.
    collector.hold();
    const end = async (): Promise<void> => {
      await ready;
      await scope.close();
      await collector.close();
      // Also a node that is only switched off is `removed`: what still matters is kept for its return.
      const isOver = removed && collector.isIdle;
      await Promise.all(isOver ? [file.remove(), gallery.remove()] : [gallery.save()]);
    };
    void end().then(done, done);
  });
}

function instructorOf(
  RED: NodeAPI,
  { instruction }: CollectSettings,
  onFailure: (id: string, problem: unknown, message: NodeMessage) => void,
): Instructor | undefined {
  if (!instruction) return undefined;
  return new Instructor(
    instruction,
    (id) => RED.nodes.getNode(id),
    (id, problem) => onFailure(id, problem, { payload: instruction }),
  );
}

async function restore(file: StateFile<SavedState>, collector: Collector): Promise<void> {
  const saved = await file.load();
  if (saved) collector.restore(saved);
}

/** Activities go to the first output, actions to the second, with what the message had that led to them. */
function sendTold(node: Node, told: Told, origin: Origin | undefined): void {
  const isActivity = told.type === 'activity';
  const payload = isActivity ? told.activity : told.action;
  const topic = isActivity ? told.activity.activity : told.action.action;
  const message: NodeMessage = { ...origin?.message, topic, payload };
  const send: Send = origin?.send ?? ((outputs) => node.send(outputs as NodeMessage[]));
  send(isActivity ? [message, null] : [null, message]);
}
