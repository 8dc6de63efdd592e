import { connect, type Socket } from 'node:net';
import { tokenOf } from '../rows/endpoint-people.js';

/** Somebody was told of somebody else. */
export type Told = (to: number, of: number, activity: string) => void;

/** Keeps the streams of the first users open, and says when one is told of a match; one that ends is a problem. */
export async function openStreams(port: number, count: number, told: Told, problem: (what: string) => void) {
  let closing = false;
  const sockets: Socket[] = [];
  for (let user = 0; user < count; user++) {
    const socket = connect(port, '127.0.0.1').setEncoding('latin1');
    sockets.push(socket);
    socket.on('error', () => {});
    socket.on('close', () => closing || problem('a stream ended'));
    let text = '';
    await new Promise<void>((opened) => {
      socket.on('data', (chunk: string) => {
        text += chunk;
        if (text.includes('retry:')) opened();
        text = readEvents(text, user, told);
      });
      socket.on('close', opened);
      socket.write(`GET /v1/events HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer ${tokenOf(user)}\r\n\r\n`);
    });
  }
  return () => {
    closing = true;
    for (const socket of sockets) socket.destroy();
  };
}

/** Reads the events that are complete. Returns the rest. */
function readEvents(text: string, user: number, told: Told): string {
  const parts = text.split('\n\n');
  for (const part of parts.slice(0, -1)) {
    if (!part.includes('event: match')) continue;
    const [, name] = /"name":"User (\d+)"/.exec(part) ?? [];
    const [, activity] = /"activity":"([^"]+)"/.exec(part) ?? [];
    if (name && activity) told(user, Number(name), activity);
  }
  return parts.at(-1) ?? '';
}
