import type { Node, NodeAPI, NodeDef, NodeMessageInFlow } from 'node-red';
import {
  type ApplianceListener,
  type Connection,
  connectAppliance,
  isReadByTopic,
  mqttTransport,
  PROFILES,
  recordingTransport,
  SHIPPED_RECORDINGS,
  type Transport,
  Wire,
} from '../../appliances/index.js';
import { type ControlInstruction, PARAMETERS, parseControlInstruction, switchesOn } from '../../vocabulary/index.js';
import { migrate } from '../shared/migrations.js';
import { failWith, problemOf, redact } from '../shared/problem.js';
import { watchRestart } from '../shared/restart.js';
import { Scope } from '../shared/scope.js';
import { isRetained, StoredCopies } from '../shared/stored-copies.js';
import { BrokerSession, isMqttBroker } from './broker-session.js';
import { ListenError, listen } from './listen.js';
import { type ApplianceConnectConfig, migrations } from './migrations.js';
import { boundControl, describedForEditor, recordingOf, settingsOf, shippedOf, type Translate } from './settings.js';
import { StatusLine } from './status.js';

/** The editor has to know which profiles want an address on the wire, too. */
const READ_BY_TOPIC = PROFILES.filter(isReadByTopic).map(({ name }) => name);

/** What other nodes may ask of this one. */
interface ApplianceConnectNode extends Node {
  /** Tells the appliance something at once. @throws Error saying why it was not done; CannotError when it never can be */
  control(instruction: ControlInstruction): Promise<void>;
}

export default function (RED: NodeAPI): void {
  const isRestart = watchRestart(RED);
  const ApplianceConnect = function (this: ApplianceConnectNode, definition: NodeDef): void {
    RED.nodes.createNode(this, definition);
    start(RED, this, migrate<ApplianceConnectConfig>(definition, migrations), isRestart());
  };

  RED.nodes.registerType('appliance-connect', ApplianceConnect, {
    settings: { applianceConnectReadByTopic: { value: READ_BY_TOPIC, exportable: true } },
  });

  RED.httpAdmin.get('/kindred/appliance-profiles', RED.auth.needsPermission('flows.read'), (_request, response) => {
    const profiles = PROFILES.map(describedForEditor);
    response.json({ profiles, recordings: SHIPPED_RECORDINGS, parameters: PARAMETERS });
  });

  RED.httpAdmin.get('/kindred/appliances', RED.auth.needsPermission('flows.read'), (request, response) => {
    listen(RED.nodes.getNode(String(request.query.broker))).then(
      (appliances) => response.json({ appliances }),
      (error: unknown) => {
        const isKnown = error instanceof ListenError;
        if (!isKnown) RED.log.warn(`appliance-connect: listening failed: ${redact(problemOf(error))}`);
        response.status(503).json({ code: isKnown ? error.code : 'failed' });
      },
    );
  });
}

function start(RED: NodeAPI, node: ApplianceConnectNode, config: ApplianceConnectConfig, isRestart: boolean): void {
  const scope = new Scope();
  const translate: Translate = (key, words) => RED._(`appliance-connect.${key}`, words as never);
  const status = new StatusLine((shown) => node.status(shown), translate, scope);
  const wire = config.transport === 'wire' ? new Wire() : undefined;
  const stored = new StoredCopies();
  const reach = reachOf(RED, node, config, translate, wire);
  const listener = listenerOf(node, config, status);
  const bound = () => boundHere(node, config, isRestart, translate);
  const opening = connect(node, config, translate('label.appliance'), bound, reach.open, listener).catch(
    (error: unknown) => {
      listener.problem(error instanceof Error ? error : new Error(problemOf(error)));
      return undefined;
    },
  );

  node.control = async (instruction) => {
    const connection = await opening;
    if (!connection) throw new Error(translate('error.not-open'));
    await connection.control(instruction);
  };

  node.on('input', (msg, _send, done) => {
    receive(node, wire, stored, msg).then(
      () => done(),
      (error: unknown) => failWith(redact(problemOf(error)), done),
    );
  });

  node.on('close', (removed: boolean, done: () => void) => {
    const end = async () => {
      await scope.close();
      await (await opening)?.close();
      await reach.close(removed);
    };
    end().then(done, () => done());
  });
}

/** How the appliance is reached, and how that ends. `open` throws an Error when it is not said how or where. */
function reachOf(
  RED: NodeAPI,
  node: Node,
  config: ApplianceConnectConfig,
  translate: Translate,
  wire: Wire | undefined,
): { open(): Transport; close(removed: boolean): Promise<void> } {
  let session: BrokerSession | undefined;
  return {
    open: () => {
      if (READ_BY_TOPIC.includes(config.profile ?? '') && !shippedOf(config) && !config.address?.trim()) {
        throw new Error(translate('error.no-address'));
      }
      if (wire) return wire;
      if (config.transport === 'recording') return recordingTransport(recordingOf(config, translate));
      session = sessionOf(RED, node, config, translate);
      return mqttTransport(session);
    },
    close: async (removed) => session?.close(removed),
  };
}

/** @throws Error when it is not said how the appliance is reached */
function sessionOf(RED: NodeAPI, node: Node, { broker: id, address }: ApplianceConnectConfig, translate: Translate) {
  const broker: unknown = RED.nodes.getNode(id ?? '');
  if (!isMqttBroker(broker)) throw new Error(translate('error.no-broker'));
  if (!address?.trim()) throw new Error(translate('error.no-address'));
  return new BrokerSession(broker, node.id);
}

/** What the appliance is told when it is detected: after a restart of Node-RED, nothing that switches it on. */
function boundHere(node: Node, config: ApplianceConnectConfig, isRestart: boolean, translate: Translate) {
  const control = boundControl(config);
  if (!control || !isRestart || !switchesOn(control)) return control;
  node.warn(translate('warning.restart', { instruction: control.instruction }));
  return undefined;
}

/** Connects to the appliance. @throws Error when that cannot be */
async function connect(
  node: Node,
  config: ApplianceConnectConfig,
  label: string,
  bound: () => ControlInstruction | undefined,
  transport: () => Transport,
  listener: ApplianceListener,
): Promise<Connection> {
  const control = bound();
  return connectAppliance(
    {
      appliance: { id: node.id, name: config.name || label },
      profile: shippedOf(config)?.profile ?? config.profile ?? 'auto',
      settings: settingsOf(config),
      transport: transport(),
      ...(control ? { control } : {}),
    },
    listener,
  );
}

/** A control instruction, or with the wire whatever the appliance said. @throws Error when it is neither */
async function receive(
  node: ApplianceConnectNode,
  wire: Wire | undefined,
  stored: StoredCopies,
  msg: NodeMessageInFlow,
): Promise<void> {
  const { payload } = msg;
  const isInstruction = typeof payload === 'object' && payload !== null && 'instruction' in payload;
  if (wire && !isInstruction) {
    wire.deliver(payload, msg.topic, stored.has(msg));
    return;
  }
  if (!isInstruction && typeof payload !== 'string') {
    throw new Error(
      'expected a control instruction in msg.payload: "on", "off", "toggle" or { "instruction": "collect" }; ' +
        'a reading only when the appliance is reached by the wire',
    );
  }
  const parsed = parseControlInstruction(payload);
  if (!parsed.ok) throw new Error(parsed.problem);
  if (isRetained(msg)) {
    throw new Error(
      'the instruction was published with retain, so that the broker would deliver it again at each restart: publish it without',
    );
  }
  await node.control(parsed.value);
}

function listenerOf(node: Node, config: ApplianceConnectConfig, status: StatusLine): ApplianceListener {
  return {
    reading(reading) {
      node.send({ topic: reading.appliance.name, payload: reading });
      status.set(reading);
    },
    event(event) {
      node.send([null, { topic: event.appliance.name, payload: event }]);
    },
    problem(problem, topic) {
      const text = redact(problem.message);
      status.set({ problem: text });
      node.error(topic ? `${topic}: ${text}` : text, { topic: topic ?? config.name ?? '', payload: text });
    },
    state: (state, until) => status.set(until === undefined ? state : { pausingUntil: until }),
  };
}
