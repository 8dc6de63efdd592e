import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { effort } from '../support/effort.js';
import { EndpointProcess } from './process-support.js';
import { Cleanup, coffee, joinAs, type Member, temporaryFolder } from './support.js';

const STREAMS_OF_USER = 4;
/** Each end of a connection is a file of its process, and processes have others. */
const OTHER_FILES = 200;
const { count: wanted, note } = effort(10_000, 1000);
const STREAMS = Math.floor(Math.min(wanted, filesAllowed() - OTHER_FILES) / STREAMS_OF_USER) * STREAMS_OF_USER;
const size = STREAMS < wanted ? `: this machine allows a process only ${filesAllowed()} open files (ulimit -n)` : note;

function filesAllowed(): number {
  const { userLimits } = process.report.getReport() as { userLimits?: { open_files?: { soft: number | 'unlimited' } } };
  const soft = userLimits?.open_files?.soft ?? 1024;
  return soft === 'unlimited' ? 1_000_000 : soft;
}

describe('idle streams', function () {
  this.timeout(10 * 60_000);
  const cleanup = new Cleanup();
  afterEach(() => cleanup.run());

  /** Resolves once the stream says where it stands. */
  function openStream(url: string, token: string): Promise<Socket> {
    return new Promise((opened, failed) => {
      const { hostname, port } = new URL(url);
      const socket = connect({ host: hostname, port: Number(port) });
      cleanup.add(() => socket.destroy());
      socket.on('error', failed).on('close', () => failed(new Error('the stream was closed')));
      socket.once('data', () => opened(socket));
      socket.write(`GET /v1/events HTTP/1.1\r\nhost: here\r\nauthorization: Bearer ${token}\r\n\r\n`);
    });
  }

  async function metric(url: string, name: string): Promise<number> {
    const text = await (await fetch(`${url}/metrics`)).text();
    return Number(new RegExp(`^${name} (.+)$`, 'm').exec(text)?.[1]);
  }

  it(`are held, ${STREAMS} of them, cheaply, and the endpoint goes on${size}`, async () => {
    const store = `sqlite:${join(temporaryFolder(cleanup), 'kindred.sqlite')}`;
    const { url } = await EndpointProcess.serve(cleanup, ['--store', store, '--joins-per-hour', '0']);
    const members: Member[] = [];
    await inTurns(STREAMS / STREAMS_OF_USER, async (index) => {
      members.push(await joinAs(url, `User ${index}`));
    });
    const before = await metric(url, 'process_resident_memory_bytes');
    const sockets: Socket[] = [];
    const memberOf = new Map<Socket, Member>();
    await inTurns(STREAMS, async (index) => {
      const member = members[index % members.length] as Member;
      const socket = await openStream(url, member.token);
      memberOf.set(socket, member);
      sockets.push(socket);
    });
    assert.equal(await metric(url, 'kindred_event_streams'), STREAMS);
    const each = ((await metric(url, 'process_resident_memory_bytes')) - before) / STREAMS;
    // Bench measures it; this is only to see that nothing is kept by mistake.
    assert.ok(each < 128 * 1024, `${Math.round(each / 1024)} KiB a stream`);

    const { client: anna } = await joinAs(url, 'Anna');
    await anna.publish(coffee());
    const [watched, member] = [sockets[0] as Socket, memberOf.get(sockets[0] as Socket) as Member];
    const told = new Promise<string>((resolve) => {
      let text = '';
      watched.on('data', (chunk) => {
        text += String(chunk);
        if (text.includes('event: match')) resolve(text);
      });
    });
    await member.client.publish(coffee());
    assert.match(await told, /"name":"Anna"/);

    for (const socket of sockets) socket.removeAllListeners('close').destroy();
    while ((await metric(url, 'kindred_event_streams')) > 0) await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal((await anna.me()).name, 'Anna');
  });
});

/** Does something so many times, some of it at once. */
async function inTurns(times: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < times) await work(next++);
  };
  await Promise.all(Array.from({ length: 32 }, worker));
}
