import { type AddressInfo, createServer } from 'node:net';

export interface Broker {
  port: number;
  stop(): Promise<void>;
}

/** A small MQTT broker in this process, on 127.0.0.1. @param port 0 for any free one */
export async function startBroker(port = 0): Promise<Broker> {
  const { Aedes } = await import('aedes');
  const aedes = await Aedes.createBroker();
  // A client that breaks off must not end the process.
  aedes.on('clientError', () => {});
  aedes.on('connectionError', () => {});
  const server = createServer(aedes.handle);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    stop: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      await new Promise<void>((resolve) => aedes.close(resolve));
      await closed;
    },
  };
}
