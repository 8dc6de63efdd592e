import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import {
  type ApplianceEvent,
  type Clock,
  type Connection,
  type ConnectOptions,
  connectAppliance,
  connectMqtt,
  type MqttSession,
  mqttTransport,
  RECORDINGS_FOLDER,
  readRecording,
  recordingTransport,
  replayRound,
  SHIPPED_RECORDINGS,
  Wire,
} from '../../appliances/index.js';
import { readingTime } from '../../appliances/time.js';
import { isTopicFilter, matchesFilter } from '../../appliances/transports/mqtt.js';
import type { Inbox, Transport } from '../../appliances/transports/transport.js';
import type { Reading } from '../../vocabulary/index.js';
import { startAedes, startMosquitto, type TestBroker } from '../support/broker.js';
import { leaveOut } from '../support/leave-out.js';

const MINUTE = 60_000;

/** A clock that moves only when it is told to. */
class HandClock implements Clock {
  #now: number;
  #tasks: { at: number; task: () => void }[] = [];
  constructor(now: number) {
    this.#now = now;
  }
  now(): number {
    return this.#now;
  }
  after(ms: number, task: () => void): () => void {
    const entry = { at: this.#now + ms, task };
    this.#tasks.push(entry);
    return () => {
      this.#tasks = this.#tasks.filter((other) => other !== entry);
    };
  }
  /** Goes on by `ms`, running what falls due, each at its time. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const [next] = this.#tasks.filter(({ at }) => at <= end).sort((one, other) => one.at - other.at);
      if (!next) break;
      this.#tasks = this.#tasks.filter((other) => other !== next);
      this.#now = Math.max(this.#now, next.at);
      next.task();
    }
    this.#now = end;
  }
}

/** What a listener heard, and a way to wait for more of it. */
class Heard {
  readings: Reading[] = [];
  events: ApplianceEvent[] = [];
  problems: string[] = [];
  states: string[] = [];
  pauses: number[] = [];
  #check = () => {};
  readonly listener = {
    reading: (reading: Reading) => this.#add(() => this.readings.push(reading)),
    event: (event: ApplianceEvent) => this.#add(() => this.events.push(event)),
    problem: (problem: Error) => this.#add(() => this.problems.push(problem.message)),
    state: (state: string, until?: number) => {
      if (until !== undefined) this.pauses.push(until);
      this.#add(() => this.states.push(state));
    },
  };
  #add(push: () => void): void {
    push();
    this.#check();
  }
  until(condition: (heard: this) => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.#check = () => {
        if (condition(this)) resolve();
      };
      this.#check();
    });
  }
}

describe('the time of a reading', () => {
  const arrival = Date.UTC(2026, 10, 22, 8, 41, 10);
  const at = (wallClock: string, retained = false) =>
    new Date(readingTime({ wallClock }, arrival, retained)).toISOString();

  it('keeps minutes and seconds, whatever zone the device lives in', () => {
    for (const hour of ['08:41', '09:41', '14:11', '14:26', '03:41']) {
      assert.equal(at(`2026-11-22T${hour}:07`), '2026-11-22T08:41:07.000Z', hour);
    }
    assert.equal(at('2026-11-23T00:41:07'), '2026-11-22T08:41:07.000Z');
    assert.equal(at('2018.02.04 23:41:07'), '2026-11-22T08:41:07.000Z');
  });

  it('stays right for readings that come up to 13 minutes late, in any zone', () => {
    fc.assert(
      fc.property(fc.integer({ min: -56, max: 56 }), fc.integer({ min: 0, max: 12 * 60 + 59 }), (quarters, late) => {
        const taken = arrival - late * 1000;
        const local = new Date(taken + quarters * 15 * MINUTE).toISOString().slice(0, 19);
        assert.equal(readingTime({ wallClock: local }, arrival, false), taken);
      }),
    );
  });

  it('is never more than two minutes after the arrival', () => {
    fc.assert(
      fc.property(
        fc.date({ noInvalidDate: true, min: new Date('1980-01-01'), max: new Date('2100-01-01') }),
        fc.boolean(),
        (date, retained) => {
          const wallClock = date.toISOString().slice(0, 19);
          assert.ok(readingTime({ wallClock }, arrival, retained) <= arrival + 2 * MINUTE);
          assert.ok(readingTime({ epochMs: date.getTime() }, arrival, retained) <= arrival + 2 * MINUTE);
        },
      ),
    );
  });

  it('reads a stored wall clock as the hub’s own', () => {
    assert.equal(at('2026-11-20T10:00:00', true), new Date('2026-11-20T10:00:00').toISOString());
  });

  it('believes an instant, unless the clock was never set, runs ahead, or is a day behind', () => {
    assert.equal(readingTime({ epochMs: arrival - MINUTE }, arrival, false), arrival - MINUTE);
    for (const epochMs of [0, 36_500, arrival + 3 * 60 * MINUTE, arrival - 48 * 60 * MINUTE, Number.NaN]) {
      assert.equal(readingTime({ epochMs }, arrival, false), arrival);
    }
    assert.equal(at('1970-01-01T00:00:12'), new Date(arrival).toISOString());
    assert.equal(at('yesterday'), new Date(arrival).toISOString());
  });
});

describe('replaying', () => {
  it('ends on the wall clock’s now, and no round overlaps the one before', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1000, max: 3_600_000 }),
        fc.double({ min: 0.1, max: 1000, noNaN: true }),
        fc.integer({ min: 0, max: 50 }),
        (lengthMs, speed, round) => {
          const times = { startedAt: 1_000_000, lengthMs, speed };
          const one = replayRound(round, times);
          const next = replayRound(round + 1, times);
          const endPlayed = one.playFrom + lengthMs / speed;
          assert.ok(Math.abs(one.datedFrom + lengthMs - endPlayed) < 1e-3);
          assert.ok(next.datedFrom > one.datedFrom + lengthMs);
          assert.ok(next.playFrom > endPlayed);
        },
      ),
    );
    const first = replayRound(0, { startedAt: 500_000, lengthMs: 400_000, speed: 10 });
    assert.deepEqual(first, { playFrom: 500_000, datedFrom: 500_000 + 40_000 - 400_000 });
  });

  it('plays a recording in order, dated as it was recorded, and begins again', async () => {
    const clock = new HandClock(1_000_000_000_000);
    const recording = readRecording('a.csv', Buffer.from('t_s,power_w\n5,0\n10,2000\n25,1\n'));
    const transport = recordingTransport({ load: async () => recording, speed: 10, loop: true, clock });
    const heard = new Heard();
    const options = { appliance: { id: 'k', name: 'Kettle' }, profile: 'auto', settings: { address: '' }, clock };
    const connection = await connectAppliance({ ...options, transport }, heard.listener);
    clock.advance(2000);
    const dates = heard.readings.map(({ at }) => Date.parse(at));
    assert.deepEqual(
      heard.readings.map(({ parameters }) => parameters.power),
      [0, 2000, 1],
    );
    assert.deepEqual(dates, [999_999_982_000, 999_999_987_000, 1_000_000_002_000]);
    clock.advance(60_000);
    assert.ok(heard.readings.length >= 6);
    const all = heard.readings.map(({ at }) => Date.parse(at));
    assert.deepEqual(
      all,
      [...all].sort((one, other) => one - other),
    );
    assert.deepEqual(
      heard.pauses[0],
      1_000_000_000_000 + 21_000,
      'the next round begins as long after as it was recorded',
    );
    await connection.close();
    const before = heard.readings.length;
    clock.advance(60_000);
    assert.equal(heard.readings.length, before);
  });

  it('says when a recording played once is over', async () => {
    const clock = new HandClock(0);
    const recording = readRecording('a.csv', Buffer.from('t_s,temperature\n0,20\n1,21\n'));
    const heard = new Heard();
    await connectAppliance(
      {
        appliance: { id: 'k', name: 'Kettle' },
        profile: 'json',
        settings: { address: '' },
        clock,
        transport: recordingTransport({ load: async () => recording, clock }),
      },
      heard.listener,
    );
    clock.advance(5000);
    assert.equal(heard.states.at(-1), 'finished');
    assert.deepEqual(
      heard.events.map(({ event }) => event),
      ['detected', 'connected', 'disconnected'],
    );
  });

  it('reads every shipped recording, and each is whole', async () => {
    const files = readdirSync(RECORDINGS_FOLDER).filter((file) => /\.(csv|jsonl)(\.gz)?$/.test(file));
    assert.deepEqual(files.sort(), SHIPPED_RECORDINGS.map(({ file }) => file).sort());
    for (const { file, profile, settings } of SHIPPED_RECORDINGS) {
      const recording = readRecording(file, readFileSync(join(RECORDINGS_FOLDER, file)));
      assert.ok(recording.lengthMs < 8 * MINUTE, `${file} stays within a quarter hour`);
      const clock = new HandClock(Date.UTC(2026, 10, 22));
      const heard = new Heard();
      const transport = recordingTransport({ load: async () => recording, clock });
      await connectAppliance(
        {
          appliance: { id: 'x', name: 'x' },
          profile,
          settings,
          transport,
          clock,
        },
        heard.listener,
      );
      clock.advance(8 * MINUTE);
      const of = (name: 'power' | 'weight' | 'speed') => heard.readings.map(({ parameters }) => parameters[name] ?? 0);
      const [powers, weights, speeds] = [of('power'), of('weight'), of('speed')];
      if (file === 'coffee-scale.jsonl') assert.deepEqual([Math.max(...weights), weights.at(-1)], [3430, 3215]);
      else if (file === 'run.csv') assert.ok(Math.max(...speeds) > 3 && Math.min(...speeds) < 1, speeds.join(' '));
      else assert.ok(Math.max(...powers) > 2500 && (powers.at(-1) ?? 99) < 10, `${file}: ${powers.join(' ')}`);
      assert.deepEqual(heard.problems, []);
    }
  });

  it('says which line of a recording is wrong', () => {
    assert.throws(() => readRecording('a.csv', Buffer.from('time,power_w\n1,2')), /line 1: the first column/);
    assert.throws(() => readRecording('a.csv', Buffer.from('t_s,power_w\n1,2\n2,many\n')), /line 3: power is "many"/);
    assert.throws(() => readRecording('a.jsonl', Buffer.from('{"t_s":1}\n')), /line 1: a message is/);
    assert.throws(() => readRecording('a.csv.gz', Buffer.from('no gzip')), /cannot be unpacked/);
    assert.throws(() => readRecording('a.txt', Buffer.from('')), /ends in \.csv/);
    assert.throws(() => readRecording('a.csv', Buffer.from('t_s,power_w\n')), /empty/);
  });
});

describe('a connection', () => {
  it('listens for no answers any more once one came, also when it asked before its broker was there', async () => {
    const heard = new Heard();
    let inbox: Inbox | undefined;
    const filters: (readonly string[])[] = [];
    const sent: { id: number }[] = [];
    let isThere = false;
    const transport: Transport = {
      open: async (given) => {
        inbox = given;
        const send = async ({ payload }: { payload: string }): Promise<void> => {
          if (!isThere) throw new Error('the MQTT broker is not connected');
          sent.push(JSON.parse(payload));
        };
        return { listen: (wanted) => void filters.push(wanted), send, close: async () => {} };
      },
    };
    const settings = { address: 'shelly', replyTo: 'kindred' };
    const appliance = { id: 'plug', name: 'Plug' };
    await connectAppliance({ appliance, profile: 'shelly-gen2', settings, transport }, heard.listener);
    isThere = true;
    inbox?.reachable(true);
    const answer = { id: sent[0]?.id, result: { 'switch:0': { output: true, apower: 7 } } };
    inbox?.message({ topic: 'kindred/rpc', payload: Buffer.from(JSON.stringify(answer)), retained: false });
    assert.deepEqual(filters.at(-1), ['shelly/online', 'shelly/events/rpc', 'shelly/status/+']);
    assert.deepEqual([sent.length, heard.readings.length], [1, 1]);
  });

  it('asks anew when an appliance says that it is there, though nobody heard it go: it began afresh, its relay perhaps off', async () => {
    let inbox: Inbox | undefined;
    const sent: string[] = [];
    const transport: Transport = {
      open: async (given) => {
        inbox = given;
        return { listen() {}, send: async ({ topic }) => void sent.push(topic), close: async () => {} };
      },
    };
    const appliance = { id: 'plug', name: 'Plug' };
    const settings = { address: 'shelly' };
    await connectAppliance({ appliance, profile: 'shelly-gen2', settings, transport }, new Heard().listener);
    const online = (retained: boolean) =>
      inbox?.message({ topic: 'shelly/online', payload: Buffer.from('true'), retained });
    online(true);
    assert.equal(sent.length, 1);
    online(false);
    assert.equal(sent.length, 2);
  });

  it('says what cannot be listened to, and goes on, when that shows only as it comes back', async () => {
    const heard = new Heard();
    let inbox: Inbox | undefined;
    let [isBroken, sent] = [false, 0];
    const listen = (): void => {
      if (isBroken) throw new Error('"a/#/b" is no MQTT topic');
    };
    const transport: Transport = {
      open: async (given) => {
        inbox = given;
        const send = async (): Promise<void> => void sent++;
        return { listen, send, close: async () => {} };
      },
    };
    const appliance = { id: 'plug', name: 'Plug' };
    const settings = { address: 'shelly' };
    await connectAppliance({ appliance, profile: 'shelly-gen2', settings, transport }, heard.listener);
    assert.equal(sent, 1);
    isBroken = true;
    inbox?.reachable(true);
    assert.deepEqual([sent, heard.problems.length], [1, 1]);
    assert.match(heard.problems[0] ?? '', /is no MQTT topic/);
    isBroken = false;
    inbox?.reachable(true);
    assert.equal(sent, 2);
  });
});

describe('the wire', () => {
  const open = async (profile: string, settings: ConnectOptions['settings']) => {
    const wire = new Wire();
    const heard = new Heard();
    await connectAppliance(
      { appliance: { id: 'cup', name: 'Cup' }, profile, settings, transport: wire },
      heard.listener,
    );
    return { wire, heard };
  };

  it('passes readings on under its own name, and reads bare values', async () => {
    const { wire, heard } = await open('json', { address: '', paths: [{ parameter: 'weight', path: '' }] });
    wire.deliver({ at: '2026-11-22T08:41:07Z', parameters: { power: 7 } });
    wire.deliver(12.5);
    wire.deliver({ at: 'noon', parameters: { power: 7 } });
    assert.deepEqual(heard.readings[0], {
      appliance: { id: 'cup', name: 'Cup', profile: 'json' },
      at: '2026-11-22T08:41:07.000Z',
      parameters: { power: 7 },
    });
    assert.deepEqual(heard.readings[1]?.parameters, { weight: 12.5 });
    assert.match(heard.problems[0] ?? '', /time "at" is "noon"/);
  });

  it('passes on which play of a recording a reading is of, and no other', async () => {
    const { wire, heard } = await open('json', { address: '', paths: [{ parameter: 'power', path: '' }] });
    const reading = { at: '2026-11-22T08:41:07Z', parameters: { power: 7 } };
    for (const payload of [{ ...reading, play: 'first' }, reading, { ...reading, play: 'second' }, 7]) {
      wire.deliver(payload);
    }
    assert.deepEqual(
      heard.readings.map(({ play }) => play),
      ['first', undefined, 'second', undefined],
    );
  });

  it('tells of nonsense at once, and ever less often while it goes on, whatever it consists of', async () => {
    const clock = new HandClock(Date.UTC(2026, 10, 22));
    const wire = new Wire();
    const heard = new Heard();
    const appliance = { id: 'cup', name: 'Cup' };
    const settings = { address: '', paths: [{ parameter: 'weight', path: '' } as const] };
    await connectAppliance({ appliance, profile: 'json', settings, transport: wire, clock }, heard.listener);
    const day = (nonsense: (second: number) => string) => {
      for (let second = 0; second < 86_400; second++) {
        wire.deliver(nonsense(second), `cup/${second % 3}`);
        clock.advance(1000);
      }
    };
    day((second) => `<${second.toString(36)}>`);
    assert.ok(heard.problems.length > 6 && heard.problems.length < 3 * 1500, `${heard.problems.length}`);
    clock.advance(10 * MINUTE);
    heard.problems.length = 0;
    wire.deliver('<again>', 'cup/1');
    assert.equal(heard.problems.length, 1);
  });

  it('marks what a broker had stored, which is no sign of life', async () => {
    const { wire, heard } = await open('json', { address: '', paths: [{ parameter: 'power', path: '' }] });
    wire.deliver(1800, 'kettle/power', true);
    wire.deliver({ at: '2026-11-22T08:41:07Z', parameters: { power: 1800 } }, '', true);
    wire.deliver({ at: '2026-11-22T08:41:07Z', parameters: { power: 1800 }, retained: true });
    assert.deepEqual(
      heard.readings.map(({ retained }) => retained),
      [true, true, true],
    );
    assert.deepEqual(heard.events, []);
    wire.deliver(0, 'kettle/power');
    assert.deepEqual([heard.readings[3]?.retained, heard.events.length], [undefined, 2]);
  });

  it('says that a topic is missing where the profile reads by topics', async () => {
    const { wire, heard } = await open('tasmota', { address: 'kettle' });
    const payload = { Time: '2026-11-22T08:41:07', ENERGY: { Power: 7 } };
    wire.deliver(payload);
    assert.match(
      heard.problems[0] ?? '',
      /is read by its topic: send the message with msg.topic, such as "tele\/<a>\/SENSOR"/,
    );
    wire.deliver(payload, 'tele/kettle/SENSOR');
    wire.deliver(payload, 'tele/lamp/SENSOR');
    assert.deepEqual([heard.readings.length, heard.problems.length], [1, 1]);
  });

  it('finds the profile out from what comes, and tells a battery running low once', async () => {
    const { wire, heard } = await open('auto', { address: '' });
    wire.deliver({ battery: 14, power: 3 });
    wire.deliver({ battery: 13 });
    wire.deliver({ battery: 50 });
    wire.deliver({ battery: 9 });
    assert.equal(heard.readings[0]?.appliance.profile, 'json');
    assert.deepEqual(
      heard.events.map(({ event }) => event),
      ['detected', 'connected', 'battery-low', 'battery-low'],
    );
  });
});

describe('topic filters', () => {
  it('match as MQTT says', () => {
    assert.ok(matchesFilter('a/+/c', 'a/b/c') && matchesFilter('a/#', 'a/b/c') && matchesFilter('a', 'a'));
    assert.ok(!matchesFilter('a/+', 'a/b/c') && !matchesFilter('a/b', 'a/c') && !matchesFilter('a/b/c', 'a/b'));
    for (const filter of ['a', 'a/+/b', '#', 'a/#', '+', '/a', 'a b/c']) assert.ok(isTopicFilter(filter), filter);
    for (const filter of ['', 'a#', 'a/#/b', 'a+/b', 'a\0']) assert.ok(!isTopicFilter(filter), filter);
  });
});

for (const [name, start] of [
  ['aedes', () => startAedes()],
  ['mosquitto', startMosquitto],
] as const) {
  describe(`an appliance on a real broker (${name})`, () => {
    let broker: TestBroker;
    let hub: MqttSession & { close(): Promise<void> };
    let device: MqttSession & { close(): Promise<void> };
    let connection: Connection | undefined;
    let heard: Heard;

    before(async function () {
      const started = await start();
      if (!started) leaveOut(this, `${name} is not installed`);
      broker = started;
    });
    after(() => broker?.close());
    beforeEach(async () => {
      hub = await connectMqtt(broker.url);
      device = await connectMqtt(broker.url);
      await Promise.all([hub, device].map(connected));
      heard = new Heard();
    });
    afterEach(async () => {
      await connection?.close();
      connection = undefined;
      await Promise.all([hub.close(), device.close()]);
    });

    const connect = async (profile: string, address: string, more: Partial<ConnectOptions> = {}) => {
      const options = {
        appliance: { id: 'n1', name: 'Kettle' },
        profile,
        settings: { address },
        transport: mqttTransport(hub),
      };
      connection = await connectAppliance({ ...options, ...more }, heard.listener);
      await roundTrip(hub);
      return connection;
    };
    const say = (topic: string, payload: string, retain = false) => device.publish(topic, payload, { qos: 1, retain });

    it('executes the bound instruction when the appliance is detected, and waits for its word', async () => {
      const seen: string[] = [];
      device.subscribe('cmnd/k1/+', ({ topic, payload, retained }) => {
        seen.push(`${topic} ${payload.toString()} ${retained}`);
        if (topic === 'cmnd/k1/Power' && payload.length > 0)
          say('stat/k1/RESULT', '{"POWER":"ON"}').catch(assert.ifError);
      });
      await roundTrip(device);
      await connect('tasmota', 'k1', { control: { instruction: 'on' } });
      await say('tele/k1/LWT', 'Online');
      await heard.until(({ readings }) => readings.some(({ parameters }) => parameters.state === 'on'));
      assert.ok(seen.includes('cmnd/k1/Power ON false'), seen.join('\n'));
      assert.deepEqual(
        heard.events.map(({ event }) => event),
        ['detected', 'connected'],
      );
      assert.deepEqual(heard.problems, []);
      await say('tele/k1/LWT', 'Offline');
      await heard.until(({ events }) => events.at(-1)?.event === 'disconnected');
    });

    it('says so when the appliance does not confirm, and when it can’t', async () => {
      const link = await connect('tasmota', 'k2', { echoMs: 150 });
      await assert.rejects(link.control({ instruction: 'on' }), /did not confirm cmnd\/k2\/Power within 0.15 s/);
      await assert.rejects(link.control({ instruction: 'start' }), {
        code: 'APPLIANCE_CANNOT',
        message: /presses no button/,
      });
    });

    it('marks stored readings, which are no sign of life', async () => {
      await say('tele/k3/SENSOR', '{"Time":"2026-11-20T10:00:00","ENERGY":{"Power":1800}}', true);
      await connect('tasmota', 'k3');
      await heard.until(({ readings }) => readings.length > 0);
      assert.equal(heard.readings[0]?.retained, true);
      assert.equal(heard.readings[0]?.at, new Date('2026-11-20T10:00:00').toISOString());
      assert.deepEqual(heard.events, []);
      await say('tele/k3/SENSOR', '', true);
    });

    it('refuses 10 MB, binary and nonsense with a reason, and goes on', async () => {
      await connect('tasmota', 'k4');
      await say('tele/k4/SENSOR', 'x'.repeat(10_000_000));
      await say('tele/k4/SENSOR', '\u0001\u0002');
      await say('tele/k4/SENSOR', '{"Time":"2026-11-22T08:41:07","ENERGY":{"Power":1e999}}');
      await say('tele/k4/SENSOR', '{"Time":"2026-11-22T08:41:07","ENERGY":{"Power":1412}}');
      await heard.until(({ readings }) => readings.length > 0);
      assert.deepEqual(heard.readings[0]?.parameters, { power: 1412 });
      assert.match(heard.problems.join('\n'), /10000000 bytes and was refused[\s\S]*not JSON[\s\S]*power is Infinity/);
    });

    it('finds out what an appliance is and listens to no more than it needs', async () => {
      const calls: string[] = [];
      device.subscribe('shellyplug-7/rpc', ({ payload }) => {
        const { id, src, method } = JSON.parse(payload.toString()) as { id: number; src: string; method: string };
        calls.push(method);
        say(
          `${src}/rpc`,
          JSON.stringify({ id, src: 'x', result: { 'switch:0': { output: true, apower: 900 } } }),
        ).catch(assert.ifError);
      });
      await roundTrip(device);
      await connect('auto', 'shellyplug-7');
      await say('shellyplug-7/online', 'true');
      await heard.until(({ readings }) => readings.length > 0);
      assert.equal(heard.readings[0]?.appliance.profile, 'shelly-gen2');
      assert.deepEqual(heard.readings[0]?.parameters, { power: 900, state: 'on' });
      assert.ok(calls.includes('Shelly.GetStatus'));
    });

    it('leaves nothing behind when it closes', async () => {
      const link = await connect('json', 'cup/weight', {
        settings: { address: 'cup/weight', paths: [{ parameter: 'weight', path: '' }] },
      });
      await say('cup/weight', '12');
      await heard.until(({ readings }) => readings.length > 0);
      await link.close();
      await say('cup/weight', '13');
      await roundTrip(hub);
      assert.equal(heard.readings.length, 1);
      await assert.rejects(link.control({ instruction: 'on' }), /closed/);
    });
  });
}

/** Resolves when the broker has done all that this session asked of it so far. */
async function roundTrip(session: MqttSession): Promise<void> {
  const topic = `probe/${Math.random()}`;
  await new Promise<void>((resolve, reject) => {
    const undo = session.subscribe(topic, () => {
      undo();
      resolve();
    });
    session.publish(topic, '1', { qos: 1, retain: false }).catch(reject);
  });
}

function connected(session: MqttSession): Promise<void> {
  return new Promise((resolve) => {
    session.onState((state) => {
      if (state === 'connected') resolve();
    });
  });
}
