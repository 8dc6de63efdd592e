import { DISCOVERY_FILTERS, discover, type Found } from '../../appliances/index.js';
import { BrokerSession, type MqttBrokerNode } from './broker-session.js';

/** A broker that no other node uses is connected only now. */
const CONNECT_MS = 5000;
/** Retained announcements arrive at once; a little more lets a slow broker finish. */
const LISTEN_MS = 2000;
const MAX_FOUND = 200;
const MAX_BYTES = 2 * 1024 * 1024;
let running = 0;

/**
 * The appliances that announce themselves on a broker, listening for two seconds.
 * @throws Error when the broker is not connected within five seconds, or too many listen already
 */
export async function listen(broker: MqttBrokerNode): Promise<Found[]> {
  if (running >= 4) throw new Error('somebody is listening already: try again in a moment');
  const session = new BrokerSession(broker, `kindred-listen-${running++}-${Date.now()}`);
  const found = new Map<string, Found>();
  try {
    await connected(session);
    for (const filter of DISCOVERY_FILTERS) {
      session.subscribe(filter, (message) => {
        if (message.payload.length > MAX_BYTES || found.size >= MAX_FOUND) return;
        for (const one of discover(message)) found.set(`${one.profile} ${one.settings.address}`, one);
      });
    }
    await new Promise((resolve) => setTimeout(resolve, LISTEN_MS));
  } finally {
    running--;
    // A broker that nobody else uses disconnects again.
    await session.close(true);
  }
  return [...found.values()].sort((one, other) => one.title.localeCompare(other.title));
}

/** @throws Error when it takes too long */
function connected(session: BrokerSession): Promise<void> {
  return new Promise((resolve, reject) => {
    const problem = new Error('the MQTT broker is not connected: deploy first and check its address');
    const timer = setTimeout(() => reject(problem), CONNECT_MS);
    session.onState((state) => {
      if (state !== 'connected') return;
      clearTimeout(timer);
      resolve();
    });
  });
}
