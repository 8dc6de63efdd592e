import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { NodeRed } from '../../test/support/node-red.js';
import { type Row, ratio } from '../harness.js';
import {
  type BenchServer,
  type LoadClient,
  onServerCore,
  populated,
  startClient,
  startServer,
  USERS,
} from './endpoint-processes.js';
import type { Variant } from './endpoint-server.js';

const CONNECTIONS = 64;
const SECONDS = 3;
/** Streams that are open while matches are told. */
const STREAMS = 200;

let client: LoadClient;
const servers: { ours?: BenchServer; neighbour?: BenchServer } = {};

async function publishes(port: number, prefix = ''): Promise<number> {
  const task = { what: 'publish', port, prefix, users: USERS, connections: CONNECTIONS, seconds: SECONDS } as const;
  return (await client.run(task)).perSecond;
}

function begin(ours: Variant, neighbour: Variant, streams = 0): () => Promise<() => Promise<void>> {
  return async () => {
    client = startClient();
    servers.ours = await startServer(ours);
    servers.neighbour = await startServer(neighbour);
    if (streams > 0) {
      for (const { port } of [servers.ours, servers.neighbour]) {
        await client.run({ what: 'streams', port, count: streams, users: USERS });
      }
    }
    return async () => {
      await client.stop();
      await servers.ours?.stop();
      await servers.neighbour?.stop();
    };
  };
}

const inTurn = (reversed: boolean) =>
  ratio(
    reversed,
    () => publishes(servers.ours?.port ?? 0),
    () => publishes(servers.neighbour?.port ?? 0),
  );

/**
 * Publishes a second over HTTP: 20,000 users who all want to be found, in towns and with activities of very different size;
 * each publish begins an activity, or ends one of the 3,000 that go on. Everything a publish does is in it: the check of the
 * token and of the body, the activity and its rows in the match index, the matches told to both sides, and the disk, before
 * the answer. The server with all its threads has one core, the client the other.
 */
export const publishVersusEcho: Row = {
  name: 'publish_durable_vs_echo',
  what: 'publishes a second over HTTP, on disk before the answer, 64 connections, one core, against a bare node:http JSON echo of the same requests',
  floor: { atLeast: 0.5 },
  rounds: 5,
  prepare: begin('endpoint', 'echo'),
  round: inTurn,
};

/** The same publishes, beside the same endpoint when every publish is a transaction of its own. */
export const publishVersusCommitEach: Row = {
  name: 'publish_durable_vs_commit_each',
  what: 'the same publishes against one commit a request',
  floor: { atLeast: 4 },
  rounds: 5,
  prepare: begin('endpoint', 'commit-each'),
  round: inTurn,
};

/** What telling matches costs, with 200 streams of events open: beside the same endpoint that looks for none. */
export const pushOnVersusOff: Row = {
  name: 'push_on_vs_off',
  what: 'the same publishes with live matches on, against off',
  floor: { atLeast: 0.8 },
  rounds: 5,
  prepare: begin('endpoint', 'without-matches', STREAMS),
  round: inTurn,
};

let red: NodeRed;

/** The same publishes to the matching-endpoint node in a Node-RED of its own, beside the endpoint as a process. */
export const publishInNodeRed: Row = {
  name: 'publish_nodered_vs_alone',
  what: 'the same publishes to the endpoint inside Node-RED, against alone',
  floor: { atLeast: 0.7 },
  rounds: 5,
  async prepare() {
    red = await onServerCore(() => NodeRed.start());
    mkdirSync(join(red.userDir, 'kindred'));
    await populated(join(red.userDir, 'kindred', 'endpoint.sqlite'));
    await red.deploy([
      { id: 'bench-tab', type: 'tab', label: 'bench' },
      { id: 'bench-endpoint', type: 'matching-endpoint', z: 'bench-tab', path: '/kindred', wires: [[]] },
    ]);
    const endAlone = await begin('endpoint', 'echo')();
    return async () => {
      await endAlone();
      await red.stop();
    };
  },
  round: (reversed) =>
    ratio(
      reversed,
      () => publishes(Number(new URL(red.url).port), '/kindred'),
      () => publishes(servers.ours?.port ?? 0),
    ),
};
