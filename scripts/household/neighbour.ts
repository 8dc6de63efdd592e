import { chmod, writeFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import {
  newTracker,
  powerRecogniser,
  stepTracker,
  type TrackerInput,
  type TrackerOptions,
  type TrackerState,
} from '../../activities/index.js';
import { connectAppliance, type ReplayRound, recordingTransport, type Transport } from '../../appliances/index.js';
import { EndpointError, KindredClient } from '../../matching/client/index.js';
import { type Activity, newId } from '../../vocabulary/index.js';
import { loadRecording } from './tapes.js';
import { readIfThere } from './user-directory.js';

interface NeighbourOptions {
  endpoint: string;
  /** Keeps the neighbour's account. */
  file: string;
  /** The area both households are in. */
  cell: string;
  signal: AbortSignal;
  onProblem(problem: unknown): void;
}

const NEIGHBOUR_NAME = 'Robin (recorded)';
const RECORDING = 'kettle-uk-house-17.csv';
const APPLIANCE = { id: 'neighbour-kettle', name: 'Kettle' };
const TICK_MS = 2000;

/** Makes coffee with the kettle, so a boiling kettle is coffee in that house. */
const OPTIONS: TrackerOptions = {
  activity: 'coffee',
  category: 'food-and-beverage',
  everySeconds: 60,
  keep: [],
  place: '',
  kind: 'kettle',
  recognisers: [powerRecogniser('kettle')],
};

/**
 * A second household, without Node-RED: a recorded kettle, the same recogniser and tracker that the nodes use, and the
 * client of the endpoint.
 */
export class Neighbour {
  readonly #client: KindredClient;
  readonly #options: NeighbourOptions;
  #state: TrackerState = newTracker({ ...APPLIANCE, profile: 'json' });
  /** What is still to be published, in order: an endpoint that is away for a while misses nothing. */
  readonly #outbox: Activity[] = [];
  #publishing: Promise<void> | undefined;

  private constructor(client: KindredClient, options: NeighbourOptions) {
    this.#client = client;
    this.#options = options;
  }

  /** Joins the endpoint at the first time. @throws EndpointError */
  static async join(options: NeighbourOptions): Promise<Neighbour> {
    const { endpoint: url, file, cell } = options;
    const known = (await readIfThere(file))?.trim();
    const client = known ? new KindredClient({ url, token: known }) : undefined;
    if (client && (await isMember(client))) return new Neighbour(client, options);
    const { token } = await new KindredClient({ url }).createUser({ name: NEIGHBOUR_NAME, discoverable: true, cell });
    await writeFile(file, token, { mode: 0o600 });
    await chmod(file, 0o600);
    return new Neighbour(new KindredClient({ url, token }), options);
  }

  /** Boils the kettle once, so that its recording ends together with the round's. Resolves when that is over. */
  async boil({ endsAt, speed }: ReplayRound): Promise<void> {
    const { signal } = this.#options;
    const recording = await loadRecording(RECORDING);
    await wait(Math.max(0, endsAt - recording.lengthMs / speed - Date.now()), undefined, { signal });
    const transport = recordingTransport({ load: async () => recording, speed });
    const ticking = setInterval(() => this.#tick(), TICK_MS);
    try {
      await this.#readAll(transport);
    } finally {
      clearInterval(ticking);
    }
    await this.#end();
  }

  /** Says yes to whoever asks to be friends, until the signal: a newcomer sees what becomes of asking. */
  async befriend(): Promise<void> {
    const { signal, onProblem } = this.#options;
    let turn = Promise.resolve();
    const acceptAll = (): void => {
      turn = turn.then(() => this.#acceptAll()).catch((error) => (signal.aborted ? undefined : onProblem(error)));
    };
    await this.#client.watch({
      signal,
      onEvent: ({ type }) => {
        if (type === 'friend-request') acceptAll();
      },
      // Whoever asked while nobody listened.
      onState: ({ state }) => {
        if (state === 'open') acceptAll();
      },
    });
  }

  async #acceptAll(): Promise<void> {
    const { received } = await this.#client.friendRequests();
    for (const { id } of received) await this.#client.acceptFriendRequest(id);
  }

  /** Resolves when the recording is over, or nobody wants to hear it any more. */
  async #readAll(transport: Transport): Promise<void> {
    const { signal, onProblem } = this.#options;
    let end = (): void => {};
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    signal.addEventListener('abort', end, { once: true });
    try {
      const connection = await connectAppliance(
        { appliance: APPLIANCE, profile: 'json', settings: { address: '' }, transport },
        {
          reading: (reading) => this.#take({ type: 'reading', reading, arrivedAt: Date.now() }),
          event: () => {},
          problem: onProblem,
          state: (state) => {
            if (state === 'finished') end();
          },
        },
      );
      await ended;
      await connection.close();
    } finally {
      signal.removeEventListener('abort', end);
    }
  }

  /** Ends what is open and tells it, as far as the endpoint is still there. */
  async #end(): Promise<void> {
    if (this.#state.open) this.#take({ type: 'stop', now: this.#now() });
    await this.#publishing;
  }

  #tick(): void {
    this.#take({ type: 'tick', now: this.#now() });
  }

  /** Now, on the readings' clock. */
  #now(): number {
    const { at, arrivedAt } = this.#state;
    return at === undefined || arrivedAt === undefined ? Date.now() : at + Date.now() - arrivedAt;
  }

  #take(input: TrackerInput): void {
    const { state, told } = stepTracker(this.#state, input, OPTIONS, newId);
    this.#state = state;
    for (const one of told) if (one.type === 'activity') this.#outbox.push(one.activity);
    this.#publishing ??= this.#publish().finally(() => {
      this.#publishing = undefined;
    });
  }

  async #publish(): Promise<void> {
    for (let next = this.#outbox[0]; next; next = this.#outbox[0]) {
      try {
        await this.#client.publish(next);
        this.#outbox.shift();
      } catch (error) {
        if (this.#options.signal.aborted) return;
        this.#options.onProblem(error);
        if (error instanceof EndpointError && error.kind === 'refused') this.#outbox.shift();
        else await wait(TICK_MS);
      }
    }
  }
}

async function isMember(client: KindredClient): Promise<boolean> {
  try {
    await client.me();
    return true;
  } catch (error) {
    if (error instanceof EndpointError && error.kind === 'unauthorised') return false;
    throw error;
  }
}
