import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buildEndpoint, openStore, type Store } from '../../matching/server/index.js';

/** Which server: the endpoint itself, two that lack one thing, and a plain one that only gives back what it gets. */
export type Variant = 'endpoint' | 'commit-each' | 'without-matches' | 'echo';

async function main(variant: Variant, file: string): Promise<number> {
  if (variant === 'echo') return await echo();
  const store = await openStore(`sqlite:${file}`, { matches: variant !== 'without-matches' });
  const app = buildEndpoint({ store: variant === 'commit-each' ? oneByOne(store) : store });
  await app.listen({ port: 0, host: '127.0.0.1' });
  return (app.server.address() as AddressInfo).port;
}

/** The same store, but each publish waits for the one before it: one commit a request, as it is commonly written. */
function oneByOne(store: Store): Store {
  let last: Promise<unknown> = Promise.resolve();
  return {
    ...store,
    publish: (call) => {
      const own = last.then(() => store.publish(call));
      last = own.catch(() => {});
      return own;
    },
  };
}

/** What Node alone costs: reads a JSON body and sends it back. */
function echo(): Promise<number> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = JSON.stringify(JSON.parse(Buffer.concat(chunks).toString()));
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
      response.end(text);
    });
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}

const [variant, file] = process.argv.slice(2) as [Variant, string];
main(variant, file).then(
  (port) => process.send?.({ port }),
  (error: Error) => process.send?.({ problem: error.message }),
);
process.on('disconnect', () => process.exit());
