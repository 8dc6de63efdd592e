import { mkdir } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { ReplayRound } from '../../appliances/index.js';
import { problemOf } from '../../nodes/shared/problem.js';
import { ensureAccount } from './account.js';
import { startBroker } from './broker.js';
import { claim } from './claim.js';
import { startNodeRed } from './embedded-node-red.js';
import type { Ending } from './ending.js';
import { listen } from './listen.js';
import { Neighbour } from './neighbour.js';
import { play } from './player.js';
import { settingsFor } from './settings.js';
import { coffeeTape, kettleTape } from './tapes.js';
import { AREA, installFlows, prepareUserDirectory, TO_JOIN } from './user-directory.js';

/** An endpoint opens its store before it answers. */
const ENDPOINT_MS = 30_000;
/** Joining, at most. */
const MOST_TRIES = 3;
const KETTLE = 'kettle-uk-house-5.csv';
/** Ports that are looked at behind one that is taken. */
const PORTS_TRIED = 20;
/** The place of the coffee corner among the tapes. */
const COFFEE = 0;

export interface Options {
  port: number;
  /** How many times faster than life the recordings run. */
  speed: number;
  /** Absolute path of the directory that keeps everything; made when it is missing. */
  data: string;
  /** What starts it with the same options, but for the port. */
  commandBesidesPort: string;
}

export interface Household {
  editor: string;
  dashboard: string;
  endpoint: string;
  /** Resolves when a round of the coffee machine begins, with that round. */
  firstRound: Promise<ReplayRound>;
}

/**
 * Starts everything in this process: broker, Node-RED with both flows, the accounts, the player and the neighbour.
 * @param ending learns what has to be ended, as soon as there is something
 * @param onProblem hears what went wrong after the start and goes on by itself
 * @throws Error in words for a person
 */
export async function startHousehold(
  { port, speed, data, commandBesidesPort }: Options,
  root: string,
  ending: Ending,
  onProblem: (problem: unknown) => void,
): Promise<Household> {
  const server = await take(port, commandBesidesPort);
  ending.add(async () => {
    server.closeAllConnections();
    server.close();
  });
  // Only now: whoever has to choose another port has not yet begun anything.
  if (await mkdir(data, { recursive: true })) console.log(`Made the folder ${data}.`);
  ending.add(await claim(data));
  const userDir = join(data, 'node-red');
  const credentialSecret = await prepareUserDirectory(userDir, root);
  if (await installFlows(userDir, root)) {
    const yours = join(userDir, 'flows.json');
    console.log(`${yours} is yours and stays; newer flows are in flows/. To have those, move yours away.`);
  }

  const broker = await startBroker();
  ending.add(() => broker.stop());
  const origin = `http://127.0.0.1:${port}`;
  const endpoint = `${origin}/kindred`;
  const places = {
    KINDRED_MQTT_PORT: String(broker.port),
    KINDRED_ENDPOINT: endpoint,
    KINDRED_HEALTH: `${endpoint}/healthz`,
  };
  Object.assign(process.env, places);
  ending.add(await startNodeRed(server, settingsFor({ userDir, port, credentialSecret })));

  const { signal } = ending;
  const neighbour = await joinBoth({ origin, endpoint, data, toJoin: join(userDir, TO_JOIN), signal, onProblem });
  let begin: (round: ReplayRound) => void = () => {};
  const firstRound = new Promise<ReplayRound>((resolve) => {
    begin = resolve;
  });
  const running: Promise<void>[] = [];
  const run = (task: Promise<void>): void => {
    running.push(task.catch((error: unknown) => (signal.aborted ? undefined : onProblem(error))));
  };
  const onRound = (round: ReplayRound, tape: number): void => {
    // The dashboard says so, as long as there is a player.
    process.env.KINDRED_RECORDED_SPEED = String(Math.round(round.speed * 10) / 10);
    if (tape !== COFFEE) return;
    begin(round);
    if (neighbour) run(neighbour.boil(round));
  };
  if (neighbour) run(neighbour.befriend());
  const url = `mqtt://127.0.0.1:${broker.port}`;
  const tapes = [await coffeeTape(), await kettleTape(KETTLE)];
  run(play(tapes, { url, speed, file: join(data, 'player.json'), signal, onRound }));
  ending.add(async () => {
    await Promise.all(running);
  });
  return {
    editor: `${origin}/`,
    dashboard: `${origin}/dashboard/household`,
    endpoint,
    firstRound,
  };
}

interface Joining {
  origin: string;
  endpoint: string;
  data: string;
  toJoin: string;
  signal: AbortSignal;
  onProblem(problem: unknown): void;
}

/** Both households join the endpoint. Without one, which its owner may have taken out of the flow, there is no neighbour. */
async function joinBoth(joining: Joining): Promise<Neighbour | undefined> {
  try {
    return await tryToJoin(joining);
  } catch (error) {
    const problem = `The households cannot join the endpoint, so there is no neighbour: ${problemOf(error)}`;
    joining.onProblem(new Error(problem));
    return undefined;
  }
}

/** @throws Error when there is no endpoint, which is waited for but once, or it cannot be joined */
async function tryToJoin({ origin, endpoint, data, toJoin, signal, onProblem }: Joining): Promise<Neighbour> {
  for (let tries = 1; ; tries++) {
    await endpointAnswers(endpoint);
    try {
      await ensureAccount({ nodeRed: origin, endpoint, toJoin });
      return await Neighbour.join({ endpoint, file: join(data, 'neighbour-token'), cell: AREA, signal, onProblem });
    } catch (error) {
      // On a machine that is busy with its start a connection may break.
      if (tries === MOST_TRIES || signal.aborted) throw error;
    }
  }
}

async function endpointAnswers(endpoint: string): Promise<void> {
  const end = Date.now() + ENDPOINT_MS;
  for (;;) {
    const answer = await fetch(`${endpoint}/healthz`).catch(() => undefined);
    if (answer?.ok) return;
    if (Date.now() > end)
      throw new Error(`no matching endpoint answers at ${endpoint}: is its node still in the flow?`);
    await wait(100);
  }
}

/** @throws Error that says what to do when the port is taken */
async function take(port: number, commandBesidesPort: string): Promise<Server> {
  try {
    return await listen(port);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE') {
      const other = await freePortBehind(port);
      throw new Error(
        `Port ${port} is taken, perhaps by another Node-RED. Choose another: ${commandBesidesPort} --port ${other}`,
      );
    }
    if (code === 'EACCES')
      throw new Error(`Port ${port} may not be used here. Choose another: ${commandBesidesPort} --port 1880`);
    throw new Error(`Port ${port} cannot be used: ${message}`);
  }
}

/** The next port that nobody listens on at this moment, or any other one. */
async function freePortBehind(taken: number): Promise<number> {
  const next = Array.from({ length: PORTS_TRIED }, (_, index) => taken + 1 + index).filter((port) => port <= 65535);
  for (const port of [...next, 0]) {
    const server = await listen(port).catch(() => undefined);
    if (!server) continue;
    const { port: free } = server.address() as AddressInfo;
    server.close();
    return free;
  }
  return taken;
}
