import type { Row } from '../harness.js';
import { type BenchServer, residentKib, startClient, startServer, USERS } from './endpoint-processes.js';

const STREAMS = 10_000;

async function settled(server: BenchServer): Promise<number> {
  // What the opening left behind is collected while nothing happens.
  await new Promise((resolve) => setTimeout(resolve, 2000));
  return residentKib(server.pid);
}

/** Resident memory of the endpoint's process with 10,000 streams of events open, less that with one; four for each user. */
export const memoryPerStream: Row = {
  name: 'sse_kib_per_connection',
  what: 'resident KiB of the endpoint for each of 10,000 idle streams of events',
  floor: { atMost: 20 },
  rounds: 5,
  unavailable: async () => (process.platform === 'linux' ? undefined : 'the memory of a process is read from /proc'),
  async round() {
    const server = await startServer('endpoint');
    const client = startClient();
    try {
      await client.run({ what: 'streams', port: server.port, count: 1, users: USERS });
      const before = await settled(server);
      await client.run({ what: 'streams', port: server.port, count: STREAMS, users: USERS });
      return { value: ((await settled(server)) - before) / STREAMS, parts: { without: before } };
    } finally {
      await client.stop();
      await server.stop();
    }
  },
};
