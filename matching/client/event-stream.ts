export interface StreamEvent {
  /** The last id seen on the stream, also when this event has none of its own. */
  id: string;
  event: string;
  data: string;
}

/** Most characters of one line or one event: more than any event of ours, little enough for a small hub. */
const MAX_LENGTH = 256 * 1024;

/**
 * Reads Server-Sent Events (WHATWG HTML, section 9.2.6) from text as it arrives in pieces.
 * Give it decoded text; it keeps what is not complete yet, and never more than one event.
 */
export class EventStreamParser {
  /** What the server asked to wait before the next connection, in milliseconds. */
  retryMs: number | undefined;
  /** Where to go on; an id counts once its event is complete, also when that carries nothing else. */
  lastEventId: string;
  #rest = '';
  #id: string;
  #event = '';
  #data: string[] = [];
  #size = 0;
  #first = true;

  constructor(lastEventId = '') {
    this.#id = lastEventId;
    this.lastEventId = lastEventId;
  }

  /** @throws RangeError when a line or an event is far larger than any of ours */
  push(text: string): StreamEvent[] {
    let buffer = this.#rest + text;
    if (this.#first && buffer.length > 0) {
      if (buffer.startsWith('\uFEFF')) buffer = buffer.slice(1);
      this.#first = false;
    }
    const events: StreamEvent[] = [];
    let start = 0;
    for (const { 0: ending, index } of buffer.matchAll(/\r\n|\r|\n/g)) {
      // A CR at the very end may be the first half of a CRLF.
      if (ending === '\r' && index === buffer.length - 1) break;
      const event = this.#line(buffer.slice(start, index));
      if (event) events.push(event);
      start = index + ending.length;
    }
    this.#rest = buffer.slice(start);
    this.#guard(this.#rest.length);
    return events;
  }

  #line(line: string): StreamEvent | undefined {
    if (line === '') return this.#dispatch();
    const colon = line.indexOf(':');
    if (colon === 0) return undefined;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
    if (field === 'data') {
      this.#size += value.length + 1;
      this.#guard(this.#size);
      this.#data.push(value);
    } else if (field === 'event') this.#event = value;
    else if (field === 'id' && !value.includes('\0')) this.#id = value;
    else if (field === 'retry' && /^\d{1,9}$/.test(value)) this.retryMs = Number(value);
    return undefined;
  }

  #dispatch(): StreamEvent | undefined {
    const data = this.#data.join('\n');
    const complete = this.#data.length > 0;
    this.lastEventId = this.#id;
    const event = this.#event || 'message';
    this.#data = [];
    this.#event = '';
    this.#size = 0;
    return complete ? { id: this.#id, event, data } : undefined;
  }

  #guard(length: number): void {
    if (length > MAX_LENGTH) throw new RangeError('an event is larger than any of ours');
  }
}
