import type { Node, NodeAPI, NodeMessage } from 'node-red';
import { APPLIANCE_KINDS, RECOGNISER_NAMES, SUMMARISED, USUAL_ACTIVITY } from '../../activities/index.js';
import { ACTIVITIES, PARAMETERS } from '../../vocabulary/index.js';
import { handedOver } from '../shared/handed-over.js';
import { isInFlows } from '../shared/in-flows.js';
import { News } from '../shared/news.js';
import { failWith } from '../shared/problem.js';
import { watchRestart } from '../shared/restart.js';
import { Scope } from '../shared/scope.js';
import { type ShownNode, serveDialog } from './dialog.js';
import { CollectService, type Send } from './service.js';
import { type CollectConfig, settingsOf } from './settings.js';
import type { Translate } from './status.js';
import { inWords } from './words.js';

/** How often time goes on without a reading, and the status follows what was read. */
const TICK_MS = 2000;

interface RunningNode extends Node, ShownNode {
  /** Within an instance of a subflow: its id in the subflow. Not in the types of Node-RED. */
  readonly _alias?: string;
}

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

export default function register(RED: NodeAPI): void {
  const translate: Translate = (key, values) => RED._(`collect-parameters.${key}`, values ?? {});

  const isRestart = watchRestart(RED);
  const news = new News<CollectService>(RED.events, {
    'flows:stopping': (service) => service.hold(),
    'flows:started': (service) => service.goOn(),
  });
  const running = new Set<RunningNode>();

  function CollectParameters(this: RunningNode, def: CollectConfig): void {
    RED.nodes.createNode(this, def);
    const made = settingsOf(def);
    if ('problem' in made) {
      refuseAll(this, inWords(made.problem, translate), translate);
      return;
    }
    const service = new CollectService(RED, this, made.settings, translate, isRestart());
    const dialog: ShownNode = {
      shown: () => service.shown(),
      correct: (appliance, correction) => service.correct(appliance, correction),
    };
    running.add(Object.assign(this, dialog));
    const leave = news.tell(service);
    serve(RED, this, service, () => {
      leave();
      running.delete(this);
    });
  }

  RED.nodes.registerType('collect-parameters', CollectParameters, {
    settings: { collectParametersChoices: { value: CHOICES, exportable: true } },
  });

  serveDialog(RED, translate, (id) => [...running].filter(({ _alias }) => _alias === id));
}

/** A node whose settings make no sense. @param problem what is wrong with them */
function refuseAll(node: Node, problem: string, translate: Translate): void {
  node.status({ fill: 'red', shape: 'ring', text: translate('status.settings') });
  node.error(problem, {});
  node.on('input', (_message, _send, done) => failWith(problem, done));
}

/**
 * Messages, time, and the end: from the moment on at which the saved state is back.
 * @param leave what ends that the service hears of Deploys, and that the dialog finds it
 */
function serve(RED: NodeAPI, node: Node, service: CollectService, leave: () => void): void {
  const scope = new Scope();
  let isReady = false;
  const ready = service.restored.then(() => {
    isReady = true;
    service.showStatus();
  });
  const handle = (message: NodeMessage, send: Send, done: (error?: Error) => void): void => {
    if (scope.signal.aborted) return;
    try {
      const sent = service.take(message, send);
      if (sent === undefined) done();
      else void sent.then(() => service.showStatus()).then(() => done(), done);
    } catch (error) {
      failWith(service.refuse(error), done);
    }
  };
  node.on('input', (message, send, done) => {
    if (isReady) handle(message, send, done);
    else void ready.then(() => handle(message, send, done));
  });
  scope.every(TICK_MS, () => {
    if (isReady) service.tick();
  });
  node.on('close', (removed: boolean, done: () => void) => {
    leave();
    void Promise.all([ready, handedOver()])
      .then(() => scope.close())
      .then(() => service.close(removed && !isInFlows(RED, node.id)))
      .then(done, done);
  });
}
