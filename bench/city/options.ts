import { parseArgs } from 'node:util';

export const HELP = `npm run bench:city [-- --users N] [-- --hours H] [-- --minutes M] …
Plays some hours of a city's day against a real endpoint process over HTTP, and says how fast it was.

  --users N         how many live there                                         (10000)
  --hours H         how many hours of the day are played                        (1)
  --from H          the hour of the day they begin at; the morning's peak is 8  (8)
  --before H        how many hours before that people have begun what they are in the middle of; 0 for nobody (4)
  --minutes M       in how many minutes; the endpoint's clock runs as fast      (1)
  --even            the endpoint has as much work at any time: the clock goes fast through the night, slowly through the morning
  --store ADDRESS   sqlite:FILE, or another store of the endpoint's; users that it lacks are added (a new file)
  --streams N       users who keep a stream of events open                      (200)
  --connections N   connections that the others' hubs share                     (128)
  --json FILE       write the figures there as well

Everybody wants to be found. Each user does 6 things a day and searches 10 times; 2,000 towns and 60 activities of very
different size; an activity lasts 8 minutes in the middle, 4 hours at most, and one in a hundred never ends. The load is
open: what is due is sent when it is due, whether the endpoint keeps up or not, and times count from when it was due.`;

export interface CityOptions {
  users: number;
  hours: number;
  from: number;
  before: number;
  minutes: number;
  even: boolean;
  store: string | undefined;
  streams: number;
  connections: number;
  json: string | undefined;
}

/** @throws Error in words when an option cannot be used; undefined when help is asked for */
export function parseOptions(args: string[]): CityOptions | undefined {
  const { values } = parseArgs({
    args,
    options: {
      users: { type: 'string', default: '10000' },
      hours: { type: 'string', default: '1' },
      from: { type: 'string', default: '8' },
      before: { type: 'string', default: '4' },
      minutes: { type: 'string', default: '1' },
      even: { type: 'boolean', default: false },
      store: { type: 'string' },
      streams: { type: 'string', default: '200' },
      connections: { type: 'string', default: '128' },
      json: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return undefined;
  const number = (
    name: 'users' | 'hours' | 'from' | 'before' | 'minutes' | 'streams' | 'connections',
    min: number,
    max: number,
  ) => {
    const value = Number(values[name]);
    if (!(value >= min && value <= max)) throw new Error(`--${name} must be a number from ${min} to ${max}`);
    return value;
  };
  return {
    users: Math.floor(number('users', 10, 10_000_000)),
    hours: number('hours', 0.01, 24),
    from: number('from', 0, 24),
    before: number('before', 0, 4),
    minutes: number('minutes', 0.05, 240),
    streams: Math.floor(number('streams', 0, 15_000)),
    connections: Math.floor(number('connections', 1, 2000)),
    even: values.even,
    store: values.store,
    json: values.json,
  };
}
