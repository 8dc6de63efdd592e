import { DISCOVERY_FILTERS, discover, type Found } from '../../appliances/index.js';
import { newId } from '../../vocabulary/index.js';
import { BrokerSession, isMqttBroker } from './broker-session.js';

interface Times {
  /** A broker that no other node uses is connected only now. */
  connectMs: number;
  /** Retained announcements arrive at once; a little more lets a slow broker finish. */
  listenMs: number;
}

const USUAL_TIMES: Times = { connectMs: 5000, listenMs: 2000 };
const MAX_FOUND = 200;
const MAX_BYTES = 2 * 1024 * 1024;
const MOST_AT_ONCE = 4;
let running = 0;

/** Why it was not listened: the editor has the words for each. */
export class ListenError extends Error {
  constructor(readonly code: 'not-deployed' | 'not-connected' | 'busy') {
    super(code);
  }
}

/**
 * The appliances that announce themselves on a broker, listening for two seconds.
 * @throws ListenError when the broker is none, is not connected within five seconds, or too many listen already
 */
export async function listen(broker: unknown, times: Partial<Times> = {}): Promise<Found[]> {
  if (!isMqttBroker(broker)) throw new ListenError('not-deployed');
  if (running >= MOST_AT_ONCE) throw new ListenError('busy');
  running++;
  try {
    return await listenOn(new BrokerSession(broker, `kindred-listen-${newId()}`), { ...USUAL_TIMES, ...times });
  } finally {
    running--;
  }
}

async function listenOn(session: BrokerSession, { connectMs, listenMs }: Times): Promise<Found[]> {
  const found = new Map<string, Found>();
  try {
    await connected(session, connectMs);
    for (const filter of DISCOVERY_FILTERS) {
      session.subscribe(filter, (message) => {
        if (message.payload.length > MAX_BYTES || found.size >= MAX_FOUND) return;
        for (const one of discover(message)) found.set(`${one.profile} ${one.settings.address}`, one);
      });
    }
    await new Promise((resolve) => setTimeout(resolve, listenMs));
  } finally {
    // A broker that nobody else uses disconnects again.
    await session.close(true);
  }
  return [...found.values()].sort((one, other) => one.title.localeCompare(other.title));
}

/** @throws ListenError when it takes too long */
function connected(session: BrokerSession, withinMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new ListenError('not-connected')), withinMs);
    session.onState((state) => {
      if (state !== 'connected') return;
      clearTimeout(timer);
      resolve();
    });
  });
}
