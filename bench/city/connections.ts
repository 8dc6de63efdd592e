import { connect, type Socket } from 'node:net';

/** Requests that wait for a connection at most; more are given up, and counted. */
const MOST_WAITING = 100_000;
const TIMEOUT_MS = 30_000;

interface Sending {
  text: string;
  /** Takes the HTTP status, or why there is none. */
  answered: (status: number | string) => void;
}

/** A fixed number of kept-alive connections that all hubs share, one request at a time on each. */
export class Connections {
  readonly #idle: Connection[] = [];
  readonly #waiting: Sending[] = [];
  #head = 0;

  constructor(port: number, count: number) {
    const free = (connection: Connection): void => this.#free(connection);
    for (let index = 0; index < count; index++) this.#idle.push(new Connection(port, free));
  }

  get waiting(): number {
    return this.#waiting.length - this.#head;
  }

  send(sending: Sending): void {
    const connection = this.#idle.pop();
    if (connection) connection.send(sending);
    else if (this.waiting >= MOST_WAITING) sending.answered('given up');
    else this.#waiting.push(sending);
  }

  /** Sends nothing more of what waits. */
  giveUpWaiting(): void {
    for (const { answered } of this.#waiting.splice(0).slice(this.#head)) answered('not sent before the end');
    this.#head = 0;
  }

  close(): void {
    for (const connection of this.#idle) connection.close();
  }

  #free(connection: Connection): void {
    const next = this.#waiting[this.#head];
    if (!next) {
      this.#idle.push(connection);
      return;
    }
    this.#head++;
    if (this.#head > 1000) this.#waiting.splice(0, this.#head);
    this.#head %= 1001;
    connection.send(next);
  }
}

class Connection {
  #socket: Socket | undefined;
  #sending: Sending | undefined;
  #text = '';
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly port: number,
    private readonly free: (connection: Connection) => void,
  ) {}

  send(sending: Sending): void {
    this.#sending = sending;
    this.#text = '';
    this.#timer = setTimeout(() => this.#settle('no answer in 30 s'), TIMEOUT_MS);
    this.#socket ??= this.#open();
    this.#socket.write(sending.text, 'latin1');
  }

  close(): void {
    this.#socket?.destroy();
    this.#socket = undefined;
  }

  #open(): Socket {
    const socket = connect(this.port, '127.0.0.1').setNoDelay().setEncoding('latin1');
    const broken = (reason: string): void => {
      if (this.#socket === socket) this.#settle(reason);
    };
    socket.on('data', (chunk: string) => this.#take(chunk));
    socket.on('error', (error: NodeJS.ErrnoException) => broken(error.code ?? 'broken'));
    socket.on('close', () => broken('closed'));
    return socket;
  }

  #take(chunk: string): void {
    this.#text += chunk;
    const end = this.#text.indexOf('\r\n\r\n');
    if (end < 0) return;
    const [, length = '0'] = /\r\ncontent-length: (\d+)/i.exec(this.#text.slice(0, end)) ?? [];
    if (this.#text.length >= end + 4 + Number(length)) this.#settle(Number(this.#text.slice(9, 12)));
  }

  #settle(result: number | string): void {
    const sending = this.#sending;
    clearTimeout(this.#timer);
    if (typeof result === 'string') this.close();
    this.#sending = undefined;
    if (!sending) return;
    sending.answered(result);
    this.free(this);
  }
}
