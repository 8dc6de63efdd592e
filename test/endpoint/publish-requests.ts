import fc from 'fast-check';
import { newId } from '../../vocabulary/index.js';
import { NOW, type Pieces } from './doors.js';

export const ANNA = 'A'.repeat(43);
export const BEN = 'B'.repeat(43);
export const NOBODY = 'N'.repeat(43);

export const good = (changes: object = {}): object => ({
  ...{ revision: 1, activity: 'coffee', category: 'food-and-beverage', state: 'started', seconds: 60 },
  startedAt: new Date(NOW - 60_000).toISOString(),
  place: 'Küche 🫖',
  parameters: { power: { last: 1200, max: 1412 } },
  ...changes,
});

export interface Request {
  method?: string;
  target?: string;
  version?: string;
  token?: string;
  type?: string;
  headers?: readonly string[];
  body?: string | Buffer | object;
  /** None, for a body in chunks. */
  length?: number | string | undefined;
}

/** The bytes of a publish: plain, unless something of it is changed. */
export function put(request: Request = {}): Buffer {
  const { method = 'PUT', target = `/v1/activities/${newId()}`, version = '1.1', token = ANNA, headers = [] } = request;
  const { type = 'application/json', body: given = good() } = request;
  const body = Buffer.isBuffer(given) ? given : Buffer.from(typeof given === 'string' ? given : JSON.stringify(given));
  const length = 'length' in request ? request.length : body.length;
  const lines = [
    `${method} ${target} HTTP/${version}`,
    'Host: here',
    ...(token === '' ? [] : [`Authorization: Bearer ${token}`]),
    ...(type === '' ? [] : [`Content-Type: ${type}`]),
    ...(length === undefined ? [] : [`Content-Length: ${length}`]),
    ...headers,
  ];
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), body]);
}

export function chunked(body: string): string {
  return `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
}

export const TEXT = JSON.stringify(good());
const id = (): string => `/v1/activities/${newId()}`;

/** What is accepted, and came as hubs send it. */
export const PLAIN: Record<string, () => Pieces> = {
  'a publish': () => [put()],
  'one that asks to be kept alive': () => [put({ headers: ['Connection: keep-alive'] })],
  'the last one on its connection': () => [put({ headers: ['Connection: close'] })],
  'the old version, which closes': () => [put({ version: '1.0' })],
  'names of headers in other letters': () => [
    Buffer.from(put().toString('latin1').replace('Content-Type', 'CONTENT-TYPE').replace('Auth', 'auTH'), 'latin1'),
  ],
  'the word Bearer in other letters': () => [put({ token: '', headers: [`Authorization: bEARER ${ANNA}`] })],
  'two tokens': () => [put({ headers: [`Authorization: Bearer ${BEN}`] })],
  'two types': () => [put({ headers: ['Content-Type: text/plain'] })],
  'headers that mean nothing here': () => [
    put({ headers: ['Accept-Version: 9', 'X-HTTP-Method-Override: DELETE', 'Cookie: a=b', 'Range: bytes=0-1'] }),
  ],
  'what wants to be another protocol': () => [put({ headers: ['Connection: upgrade', 'Upgrade: websocket'] })],
  'an id in it': () => {
    const one = newId();
    return [put({ target: `/v1/activities/${one}`, body: good({ id: one }) })];
  },
  'all of it': () => [
    put({
      body: good({
        ...{ state: 'finished', endedAt: new Date(NOW).toISOString(), drink: 'espresso', rating: 4, confidence: 1 },
        ...{ timeZone: 'Europe/Vienna', actions: [{ action: 'raise-cup', startedAt: new Date(NOW).toISOString() }] },
        appliance: { id: 'kitchen', name: 'Coffee machine' },
      }),
    }),
  ],
  'what is discarded': () => [put({ body: good({ state: 'discarded' }) })],
  'a key twice': () => [put({ body: `${TEXT.slice(0, -1)},"revision":7}` })],
  'spaces around it': () => [put({ body: `\r\n\t ${TEXT} \n` })],
  'no UTF-8': () => [put({ body: Buffer.from(TEXT.replace('Küche', 'K\xfcche'), 'latin1') })],
  'a token of nobody': () => [put({ token: NOBODY })],
};

/** What Fastify is asked about, and why. */
export const OTHER: Record<string, () => Pieces> = {
  'no token': () => [put({ token: '' })],
  'no token’s form': () => [put({ token: 'short' })],
  'another scheme': () => [put({ token: '', headers: ['Authorization: Basic YTpi'] })],
  'another method': () => [put({ method: 'POST' })],
  HEAD: () => [put({ method: 'HEAD', body: '', length: undefined, headers: ['Connection: close'] })],
  'a query': () => [put({ target: `${id()}?a=b` })],
  'a slash more': () => [put({ target: `${id()}/` })],
  'an id that is none': () => [put({ target: '/v1/activities/x' })],
  'an id in capitals': () => [put({ target: id().toUpperCase().replace('/V1/ACTIVITIES', '/v1/activities') })],
  'an escaped id': () => [put({ target: id().replace(/.$/, (last) => `%3${last.charCodeAt(0) % 10}`) })],
  'a target with a host': () => [put({ target: `http://here${id()}` })],
  'a charset': () => [put({ type: 'application/json; charset=utf-8' })],
  'another charset': () => [put({ type: 'application/json; charset=utf-16' })],
  'another type': () => [put({ type: 'text/plain' })],
  'a type that is none': () => [put({ type: 'json' })],
  'no type': () => [put({ type: '' })],
  nothing: () => [put({ body: '' })],
  'nothing, and no type': () => [put({ body: '', type: '', length: undefined })],
  'no JSON': () => [put({ body: TEXT.slice(0, -1) })],
  'no object': () => [put({ body: '[]' })],
  null: () => [put({ body: 'null' })],
  'a mark before it': () => [put({ body: `\ufeff${TEXT}` })],
  'UTF-16': () => [put({ body: Buffer.from(TEXT, 'utf16le') })],
  zipped: () => [put({ body: Buffer.from([0x1f, 0x8b, 8, 0]), headers: ['Content-Encoding: gzip'] })],
  'a prototype': () => [put({ body: `${TEXT.slice(0, -1)},"appliance":{"__proto__":{"a":1}}}` })],
  'a prototype in other letters': () => [
    put({ body: `${TEXT.slice(0, -1)},"appliance":{"\\u005f_proto__":{"a":1}}}` }),
  ],
  'a constructor': () => [put({ body: `${TEXT.slice(0, -1)},"appliance":{"constructor":{"prototype":{}}}}` })],
  'a harmless constructor': () => [put({ body: good({ appliance: { constructor: 1 } }) })],
  'an escaped character': () => [put({ body: good({ place: 'Kitchen "2"' }) })],
  'something unknown': () => [put({ body: good({ admin: true }) })],
  'something missing': () => [put({ body: { revision: 1 } })],
  'a wrong kind': () => [put({ body: good({ revision: '1' }) })],
  'a state that is none': () => [put({ body: good({ state: 'paused' }) })],
  'an activity that is not matched': () => [put({ body: good({ activity: 'sleep' }) })],
  'another id in it': () => [put({ body: good({ id: newId() }) })],
  'a time that is none': () => [put({ body: good({ startedAt: '2026-02-30T25:00:00Z' }) })],
  'an end before its beginning': () => [put({ body: good({ endedAt: '2020-01-01T00:00:00Z' }) })],
  'a zone that is none': () => [put({ body: good({ timeZone: 'Mars/Olympus' }) })],
  'too much': () => [put({ body: good({ place: 'x'.repeat(70_000) }) })],
  'too much, not sent': () => [put({ length: 100_000_000 })],
  'a length that is none': () => [put({ length: -1 })],
  'a length with a sign': () => [put({ length: '+5' })],
  'two lengths': () => [put({ headers: ['Content-Length: 5'] })],
  chunks: () => [
    put({
      body: chunked(JSON.stringify(good({ place: 'Kitchen' }))),
      length: undefined,
      headers: ['Transfer-Encoding: chunked'],
    }),
  ],
  'chunks and a length': () => [put({ headers: ['Transfer-Encoding: chunked'] })],
  'chunks in pieces': () => [
    put({ body: '5\r\n{"rev', length: undefined, headers: ['Transfer-Encoding: chunked'] }),
    'a\r\nision":1,\n\r\n',
    '2\r\n} \r\n0\r\n\r\n',
  ],
  'a body behind its head': () => [put({ body: '', length: Buffer.byteLength(TEXT) }), TEXT],
  'a body in pieces': () => [
    put({ body: TEXT.slice(0, 30), length: Buffer.byteLength(TEXT) }),
    TEXT.slice(30, 80),
    TEXT.slice(80),
  ],
  'a head in pieces, and half a body': () => {
    const bytes = put();
    return [bytes.subarray(0, 60), bytes.subarray(60, bytes.length - 40), bytes.subarray(bytes.length - 40)];
  },
  'a wait for the word to go on': () => [
    put({ body: '', length: Buffer.byteLength(TEXT), headers: ['Expect: 100-continue'] }),
    TEXT,
  ],
  'another expectation': () => [put({ headers: ['Expect: a miracle'] })],
  'no host': () => [Buffer.from(put().toString('latin1').replace('Host: here\r\n', ''), 'latin1')],
};

const ids = Array.from({ length: 5 }, () => newId());
const sometimes = <T>(usual: T, ...others: fc.Arbitrary<T>[]): fc.Arbitrary<T> =>
  fc.oneof({ arbitrary: fc.constant(usual), weight: 6 }, ...others.map((arbitrary) => ({ arbitrary, weight: 1 })));
const words = fc.string({ unit: 'binary', maxLength: 30 });
const NAMES = [
  ...Object.keys(good()),
  'id',
  'appliance',
  'actions',
  'drink',
  'rating',
  'endedAt',
  'timeZone',
  '__proto__',
];

/** An activity in which one thing or another is odd. */
const BODY: fc.Arbitrary<string> = fc
  .tuple(
    fc.record({ revision: fc.nat(9), state: fc.constantFrom('started', 'ongoing', 'finished', 'discarded') }),
    sometimes<Record<string, unknown>>({}, fc.dictionary(fc.constantFrom(...NAMES), fc.jsonValue(), { maxKeys: 2 })),
    sometimes('', words),
  )
  .map(([usual, odd, behind]) => JSON.stringify(good({ ...usual, ...odd })) + behind);

/** A publish, plain or with something odd in it. */
export const REQUEST: fc.Arbitrary<Buffer> = fc
  .record({
    target: sometimes(
      `/v1/activities/${ids[0]}`,
      fc.constantFrom(...ids).map((id) => `/v1/activities/${id}`),
      fc.webPath().map((path) => `/v1/activities/${ids[0]}${path}`),
    ),
    token: sometimes(ANNA, fc.constantFrom(BEN, NOBODY, '', 'x')),
    type: sometimes('application/json', fc.constantFrom('application/json;', 'Application/JSON', 'text/plain', '')),
    version: sometimes('1.1', fc.constant('1.0')),
    body: BODY,
    isChunked: sometimes(false, fc.constant(true)),
    headers: fc.subarray([
      ...[
        'Connection: close',
        'Connection: keep-alive',
        'Accept-Encoding: gzip',
        'Content-Encoding: br',
        'TE: trailers',
      ],
      ...['X-Forwarded-For: 192.0.2.1, 192.0.2.7', `Authorization: Bearer ${BEN}`, 'Content-Type: text/plain'],
      ...['Accept-Version: 1', 'Expect: 100-continue', 'Upgrade: h2c'],
    ]),
  })
  .map(({ isChunked, body, headers, ...request }) =>
    isChunked
      ? put({ ...request, body: chunked(body), length: undefined, headers: [...headers, 'Transfer-Encoding: chunked'] })
      : put({ ...request, body, headers }),
  );
