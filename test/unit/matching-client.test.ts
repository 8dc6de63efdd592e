import assert from 'node:assert/strict';
import fc from 'fast-check';
import { EventStreamParser, type StreamEvent } from '../../matching/client/event-stream.js';
import { cellOf, KindredClient } from '../../matching/client/index.js';

function parse(...pieces: string[]): StreamEvent[] {
  const parser = new EventStreamParser();
  return pieces.flatMap((piece) => parser.push(piece));
}

describe('event stream', () => {
  it('reads events, with several lines of data, and remembers the last id', () => {
    assert.deepEqual(parse('id: 7\nevent: match\ndata: a\ndata:b\n\ndata: c\n\n'), [
      { id: '7', event: 'match', data: 'a\nb' },
      { id: '7', event: 'message', data: 'c' },
    ]);
  });

  it('passes over comments, unknown fields, events without data and ids with a NUL', () => {
    assert.deepEqual(parse(':\n\nevent: match\n\nfoo: x\nid: 1\0\ndata\n\n'), [{ id: '', event: 'message', data: '' }]);
  });

  it('takes every kind of line ending and a byte order mark', () => {
    assert.deepEqual(
      parse('\uFEFFdata: a\r\n\r\ndata: b\r\rdata: c\n\n').map(({ data }) => data),
      ['a', 'b', 'c'],
    );
  });

  it('counts an id once its event is complete, also when that carries nothing else', () => {
    const parser = new EventStreamParser('3');
    assert.deepEqual(parser.push('id: 4\n\nid: 5\ndata: x\n'), []);
    assert.equal(parser.lastEventId, '4');
    assert.deepEqual(parser.push('\n'), [{ id: '5', event: 'message', data: 'x' }]);
    assert.equal(parser.lastEventId, '5');
  });

  it('takes the wait before the next connection only when it is a number', () => {
    const parser = new EventStreamParser();
    parser.push('retry: 250\nretry: soon\n\n');
    assert.equal(parser.retryMs, 250);
  });

  it('finds the same events however the text is cut into pieces', () => {
    const text =
      'id: 1\r\nevent: match\r\ndata: {"a":1}\r\n\r\n:\r\n\r\nid: 2\ndata: b\ndata: c\n\nid: 3\rdata: d\r\r\n';
    const whole = parse(text);
    assert.equal(whole.length, 3);
    fc.assert(
      fc.property(fc.array(fc.nat(text.length), { maxLength: 8 }), (cuts) => {
        const ends = [...cuts.sort((a, b) => a - b), text.length];
        const pieces = ends.map((end, index) => text.slice(ends[index - 1] ?? 0, end));
        assert.deepEqual(parse(...pieces), whole);
      }),
    );
  });

  it('gives up on a line or an event that never ends', () => {
    assert.throws(() => parse('data: '.padEnd(300_000, 'x')), RangeError);
    const parser = new EventStreamParser();
    assert.throws(() => {
      for (let line = 0; line < 400; line++) parser.push(`data: ${'x'.repeat(1000)}\n`);
    }, RangeError);
  });
});

describe('cellOf', () => {
  it('gives the cell of a place, resolution 6 unless another is asked for', () => {
    assert.equal(cellOf(48.2082, 16.3738)[1], '6');
    assert.equal(cellOf(48.2082, 16.3738, 4)[1], '4');
    assert.equal(cellOf(90, 0), cellOf(90, 77));
  });

  it('refuses what is no place, and cells that would say more than a town', () => {
    for (const [latitude, longitude, resolution] of [
      [91, 0],
      [0, 181],
      [Number.NaN, 0],
      [0, 0, 7],
      [0, 0, 3],
    ] as const) {
      assert.throws(() => cellOf(latitude, longitude, resolution), RangeError);
    }
  });
});

describe('client', () => {
  it('takes an address of HTTP only, and never shows what is in it', () => {
    for (const url of ['', 'hub.local', 'ftp://hub.local', 'file:///etc/passwd']) {
      assert.throws(() => new KindredClient({ url }), /starts with http/);
    }
    assert.throws(
      () => new KindredClient({ url: 'ftp://me:secret@hub' }),
      (error: Error) => !/secret/.test(error.message),
    );
  });
});
