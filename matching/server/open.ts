import { isInvitation, isMetricsToken } from '../schema/index.js';
import type { Endpoint, EndpointOptions } from './options.js';
import { Refusal } from './refusal.js';
import { checkExtraActivities } from './rules/allowed.js';
import { openLasting, openStore, type Store, StoreFailure } from './store/index.js';
import { type BuildOptions, buildEndpoint, isUnder, UNREAD_MS } from './web/endpoint.js';
import { DEFAULT_LIMITS } from './web/limits.js';

const DEFAULT_RETENTION_DAYS = 365;
const DAY_MS = 86_400_000;
const SWEEP_MS = 60_000;

/**
 * Opens an endpoint that shares somebody else's server: hand it every request, ahead of whatever else serves there.
 * @throws Error or StoreFailure in words for its operator, when an option is wrong or the store cannot be used
 */
export async function openEndpoint(options: EndpointOptions & Pick<BuildOptions, 'slowMs'>): Promise<Endpoint> {
  const onEvent = guarded(options.onEvent);
  const { app, store, prefix, close } = await assemble(options, (address) =>
    openLasting({
      open: () => openStore(address),
      onStopped: ({ message }) => onEvent({ event: 'failed', problem: `${message}: it is opened again`, away: true }),
      onStill: ({ message }) => onEvent({ event: 'failed', problem: message, away: true }),
      onReopened: () => onEvent({ event: 'recovered' }),
    }),
  );
  const { unread: unreadMs = UNREAD_MS } = options.slowMs ?? {};
  let closed = false;
  return {
    handle(request, response) {
      if (closed || !isUnder(prefix, request)) return false;
      // What the endpoint's own server does for all its connections.
      response.setTimeout(unreadMs, () => response.destroy());
      app.routing(request, response);
      return true;
    },
    counts: () => store.counts({ now: Date.now() }),
    close() {
      closed = true;
      return close();
    },
  };
}

/**
 * The endpoint over its store, with the sweeper running; not listening.
 * @throws Error or StoreFailure in words for its operator, when an option is wrong or the store cannot be used
 */
export async function assemble(
  options: EndpointOptions & Pick<BuildOptions, 'tls' | 'slowMs'>,
  open: (address: string) => Promise<Store> = openStore,
) {
  const { registration = 'open', invitation, retentionDays = DEFAULT_RETENTION_DAYS, extraActivities = [] } = options;
  const prefix = checkPrefix(options.prefix ?? '');
  if (registration === 'invitation' && !isInvitation(invitation ?? '')) {
    throw new Error('Registration by invitation needs an invitation of 16 to 200 characters');
  }
  if (typeof options.metrics === 'object' && !isMetricsToken(options.metrics.token)) {
    throw new Error('The token for the metrics must be 16 to 200 letters (A to Z), digits and signs, without a space');
  }
  if (!(retentionDays >= 2 && retentionDays <= 36_500)) throw new Error('The retention must be 2 to 36,500 days');
  checkExtraActivities(extraActivities);
  const wrong = Object.entries(options.limits ?? {}).find(([, limit]) => !(Number.isInteger(limit) && limit >= 0));
  if (wrong) throw new Error(`The limit ${wrong[0]} must be a whole number, or 0 for no limit`);
  const store = await open(options.store);
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const app = buildEndpoint({ ...options, prefix, limits, store, onEvent: guarded(options.onEvent) });
  const stopSweeping = keepWell(store, retentionDays * DAY_MS, options);
  await app.ready();
  const close = async (): Promise<void> => {
    stopSweeping();
    await app.close();
    await store.close();
  };
  return { app, store, prefix, close };
}

function eventOf(error: Error): 'failed' | 'warning' {
  return error instanceof StoreFailure && error.reason === 'differs' ? 'warning' : 'failed';
}

/** Looks whether anything can be stored, then sweeps regularly, and tells what is wrong with either. @returns what ends it */
function keepWell(store: Store, retentionMs: number, { onEvent }: EndpointOptions): () => void {
  let timer: NodeJS.Timeout;
  let stopped = false;
  const failed = (error: Error): void => {
    // Busy, or away and told already.
    if (stopped || error instanceof Refusal) return;
    guarded(onEvent)({ event: eventOf(error), problem: error.message });
  };
  const sweep = (): void => {
    store.sweep({ now: Date.now(), retentionMs }).then(
      (more) => plan(more ? 100 : SWEEP_MS),
      (error: Error) => {
        failed(error);
        plan(SWEEP_MS);
      },
    );
  };
  const plan = (ms: number): void => {
    if (stopped) return;
    timer = setTimeout(sweep, ms);
    timer.unref();
  };
  store.check().catch(failed);
  plan(SWEEP_MS);
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}

/** Whoever listens must not be able to spoil an answer. */
function guarded(listener: EndpointOptions['onEvent']): NonNullable<EndpointOptions['onEvent']> {
  return (event) => {
    try {
      listener?.(event);
    } catch {
      // The listener's own affair.
    }
  };
}

function checkPrefix(prefix: string): string {
  const trimmed = prefix.replace(/\/+$/, '');
  if (trimmed !== '' && !/^(\/[\w.~-]+)+$/.test(trimmed)) {
    throw new Error(`"${prefix}" is no path for the endpoint: use something like /kindred`);
  }
  return trimmed;
}
