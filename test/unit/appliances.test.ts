import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { type ConnectOptions, connectAppliance, Wire } from '../../appliances/index.js';
import type { Command } from '../../appliances/profile.js';
import { readingTime } from '../../appliances/time.js';
import { isTopicFilter, matchesFilter } from '../../appliances/transports/mqtt.js';
import type { Inbox, Transport } from '../../appliances/transports/transport.js';
import { HandClock, Heard } from '../support/appliance.js';

const MINUTE = 60_000;

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

  it('is when a bridge last heard of the appliance, however long ago: it sends again what it keeps', () => {
    for (const heardMs of [arrival - 1000, arrival - 72 * 60 * MINUTE]) {
      for (const retained of [false, true]) assert.equal(readingTime({ heardMs }, arrival, retained), heardMs);
    }
    for (const heardMs of [0, 36_500, arrival + 3 * 60 * MINUTE, Number.NaN]) {
      assert.equal(readingTime({ heardMs }, arrival, false), arrival);
    }
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
    const clock = new HandClock(Date.UTC(2026, 10, 22));
    await connectAppliance({ appliance, profile: 'shelly-gen2', settings, transport, clock }, new Heard().listener);
    const online = (retained: boolean) =>
      inbox?.message({ topic: 'shelly/online', payload: Buffer.from('true'), retained });
    online(true);
    clock.advance(1000);
    assert.equal(sent.length, 1);
    online(false);
    clock.advance(1000);
    assert.equal(sent.length, 2);
  });

  describe('with a Tasmota plug, which says that it is there before it listens', () => {
    const connect = async () => {
      let inbox: Inbox | undefined;
      const sent: string[] = [];
      const transport: Transport = {
        open: async (given) => {
          inbox = given;
          return { listen() {}, send: async ({ topic }) => void sent.push(topic), close: async () => {} };
        },
      };
      const appliance = { id: 'plug', name: 'Plug' };
      const settings = { address: 'plug' };
      const clock = new HandClock(Date.UTC(2026, 10, 22));
      const options = { appliance, profile: 'tasmota', settings, transport, clock };
      const link = await connectAppliance({ ...options, control: { instruction: 'collect' } }, new Heard().listener);
      sent.length = 0;
      const hear = async (name: string, payload: string, afterMs: number) => {
        inbox?.message({ topic: `tele/plug/${name}`, payload: Buffer.from(payload), retained: false });
        clock.advance(afterMs);
        await turn();
      };
      return { link, sent, hear };
    };

    it('tells it half a second later what it was bound to, and asks when it comes back again', async () => {
      const { link, sent, hear } = await connect();
      await hear('LWT', 'Online', 400);
      await hear('LWT', 'Online', 499);
      assert.deepEqual(sent, []);
      await hear('LWT', 'Online', 500);
      assert.deepEqual(sent, ['cmnd/plug/TelePeriod']);
      await hear('LWT', 'Online', 500);
      assert.deepEqual(sent.slice(1), ['cmnd/plug/Status', 'cmnd/plug/Power']);
      await link.close();
    });

    it('tells it at once when it says more: it listens by then', async () => {
      const { link, sent, hear } = await connect();
      await hear('LWT', 'Online', 10);
      await hear('INFO1', '{"Info1":{"Module":"Gosund SP1"}}', 0);
      assert.deepEqual(sent, ['cmnd/plug/TelePeriod']);
      await link.close();
    });

    it('keeps it for later when it goes again, and tells nothing any more once it is closed', async () => {
      const { link, sent, hear } = await connect();
      await hear('LWT', 'Online', 10);
      await hear('LWT', 'Offline', 1000);
      assert.deepEqual(sent, []);
      await hear('LWT', 'Online', 500);
      assert.deepEqual(sent, ['cmnd/plug/TelePeriod']);
      await hear('LWT', 'Online', 10);
      await link.close();
      await hear('LWT', 'Online', 1000);
      assert.equal(sent.length, 1);
    });
  });

  it('asks a Zigbee plug what it said during a gap, and takes no word of its bridge for a sign of life', async () => {
    const heard = new Heard();
    let inbox: Inbox | undefined;
    const sent: string[] = [];
    const transport: Transport = {
      open: async (given) => {
        inbox = given;
        const send = async ({ topic, payload }: Command): Promise<void> => void sent.push(`${topic} ${payload}`);
        return { listen: () => {}, send, close: async () => {} };
      },
    };
    await connectAppliance(
      {
        ...{ appliance: { id: 'plug', name: 'Plug' }, profile: 'zigbee2mqtt', settings: { address: 'Kettle' } },
        ...{ transport, control: { instruction: 'on' } },
      },
      heard.listener,
    );
    const exposes = ['power', 'state'].map((property) => ({ property, access: 7 }));
    const list = JSON.stringify([{ friendly_name: 'Kettle', type: 'Router', definition: { exposes } }]);
    const say = (topic: string, payload: string) =>
      inbox?.message({ topic: `zigbee2mqtt/${topic}`, payload: Buffer.from(payload), retained: false });
    say('bridge/devices', list);
    const ask = 'zigbee2mqtt/Kettle/get {"power":"","state":""}';
    assert.deepEqual([sent, heard.events], [[ask], []]);
    inbox?.reachable(false, 'the connection is lost');
    inbox?.reachable(true);
    assert.deepEqual(sent, [ask, ask]);
    say('Kettle', '{"power":0,"state":"OFF"}');
    assert.equal(heard.readings[0]?.parameters.state, 'off');
  });

  it('says what cannot be asked, and goes on, when that shows only as it comes back', async () => {
    const heard = new Heard();
    let inbox: Inbox | undefined;
    const transport: Transport = {
      open: async (given) => {
        inbox = given;
        return { listen: () => {}, send: async () => {}, close: async () => {} };
      },
    };
    const settings = { address: 'Kettle', channel: 3 };
    const appliance = { id: 'plug', name: 'Plug' };
    await connectAppliance({ appliance, profile: 'zigbee2mqtt', settings, transport }, heard.listener);
    const exposes = [{ name: 'power', property: 'power_left', endpoint: 'left', access: 7 }];
    const payload = JSON.stringify([{ friendly_name: 'Kettle', type: 'Router', definition: { exposes } }]);
    inbox?.message({ topic: 'zigbee2mqtt/bridge/devices', payload, retained: true });
    inbox?.reachable(true);
    assert.match(heard.problems.join('\n'), /has no endpoint 3/);
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
    const clock = new HandClock(Date.UTC(2026, 10, 22));
    const connection = await connectAppliance(
      { appliance: { id: 'cup', name: 'Cup' }, profile, settings, transport: wire, clock },
      heard.listener,
    );
    return { wire, heard, clock, connection };
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

  it('hears of no battery whose level is not known, nor takes it for one that was charged', async () => {
    const { wire, heard } = await open('json', { address: '' });
    wire.deliver({ battery: 14 });
    wire.deliver({ battery: '255', power: 3 });
    wire.deliver({ at: '2026-11-22T08:41:07Z', parameters: { battery: 255, power: 4 } });
    wire.deliver({ at: '2026-11-22T08:41:07Z', parameters: { battery: 255 } });
    wire.deliver({ battery: 13 });
    assert.deepEqual(
      heard.readings.map(({ parameters }) => parameters),
      [{ battery: 14 }, { power: 3 }, { power: 4 }, { battery: 13 }],
    );
    assert.equal(heard.events.filter(({ event }) => event === 'battery-low').length, 1);
    assert.deepEqual(heard.problems, []);
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

  it('says once, after three seconds, that nothing comes under the topics of the appliance, and what these are', async () => {
    const payload = { Time: '2026-11-22T08:41:07', ENERGY: { Power: 7 } };
    const { wire, heard, clock } = await open('tasmota', { address: 'kettle' });
    for (let second = 0; second < 10; second++) {
      wire.deliver(payload, 'kettle/tele/SENSOR');
      assert.equal(heard.problems.length, second < 3 ? 0 : 1);
      clock.advance(1000);
    }
    assert.match(heard.problems[0] ?? '', /not heard under this topic but under tele\/kettle\/\+, stat\/kettle\/\+/);
    for (const [profile, settings, topic] of [
      ['zigbee2mqtt', { address: 'kettle' }, 'house/kettle'],
      ['auto', { address: 'pot' }, 'house/pot/SENSOR'],
    ] as const) {
      const other = await open(profile, settings);
      other.wire.deliver(payload, topic);
      other.clock.advance(3000);
      assert.equal(other.heard.problems.length, 1, profile);
    }
  });

  it('says nothing of what others say on the same wire, as long as the appliance itself is silent', async () => {
    for (const [profile, topic] of [
      ['zigbee2mqtt', 'zigbee2mqtt/lamp'],
      ['tasmota', 'tele/kettle2/SENSOR'],
    ] as const) {
      const { wire, heard, clock } = await open(profile, { address: 'kettle' });
      wire.deliver({ state: 'ON' }, topic);
      clock.advance(600_000);
      assert.deepEqual(heard.problems, [], profile);
    }
  });

  it('says nothing of other topics where anything is understood, nor once it is closed', async () => {
    const payload = { Time: '2026-11-22T08:41:07', ENERGY: { Power: 7 } };
    const reading = { at: '2026-11-22T08:41:07Z', parameters: { power: 7 } };
    const understand: ((wire: Wire) => void)[] = [
      (wire) => wire.deliver(payload, 'tele/kettle/SENSOR'),
      (wire) => wire.deliver(reading),
    ];
    for (const first of [true, false]) {
      for (const deliver of understand) {
        const { wire, heard, clock } = await open('tasmota', { address: 'kettle' });
        if (first) deliver(wire);
        wire.deliver(payload, 'kettle/tele/SENSOR');
        if (!first) deliver(wire);
        clock.advance(5000);
        assert.deepEqual(heard.problems, []);
      }
    }
    const { wire, heard, clock, connection } = await open('tasmota', { address: 'kettle' });
    wire.deliver(payload, 'kettle/tele/SENSOR');
    await connection.close();
    clock.advance(5000);
    assert.deepEqual(heard.problems, []);
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
