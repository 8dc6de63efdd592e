import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import {
  connectAppliance,
  nextReplayRound,
  RECORDINGS_FOLDER,
  readRecording,
  recordingTransport,
  replayRound,
  SHIPPED_RECORDINGS,
} from '../../appliances/index.js';
import type { Inbox } from '../../appliances/transports/transport.js';
import { HandClock, Heard } from '../support/appliance.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const NOW = 1_000_000_000_000;

/** A kettle of 20 s that is being played. */
async function playing(clock: HandClock, how: { speed: number; loop: boolean }) {
  const recording = readRecording('a.csv', Buffer.from('t_s,power_w\n5,0\n10,2000\n25,1\n'));
  const transport = recordingTransport({ load: async () => recording, ...how, clock });
  const heard = new Heard();
  const options = { appliance: { id: 'k', name: 'Kettle' }, profile: 'auto', settings: { address: '' }, clock };
  return { heard, connection: await connectAppliance({ ...options, transport }, heard.listener) };
}

describe('replaying', () => {
  it('ends on the wall clock’s now, and no round overlaps the one before', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1000, max: 3_600_000 }),
        fc.double({ min: 0.1, max: 1000, noNaN: true }),
        fc.integer({ min: 0, max: 3_600_000 }),
        (lengthMs, speed, late) => {
          const one = replayRound(1_000_000, lengthMs, speed);
          const next = nextReplayRound(one.endsAt + late, lengthMs, speed, one.datedFrom + lengthMs);
          for (const { playFrom, datedFrom, endsAt } of [one, next]) {
            const meets = speed < 1 ? datedFrom - playFrom : datedFrom + lengthMs - endsAt;
            assert.ok(Math.abs(meets) < 1e-3);
            assert.ok(Math.abs(playFrom + lengthMs / speed - endsAt) < 1e-3);
          }
          assert.ok(next.datedFrom > one.datedFrom + lengthMs);
          assert.ok(next.playFrom >= one.endsAt + late);
        },
      ),
    );
    assert.deepEqual(replayRound(500_000, 400_000, 10), {
      playFrom: 500_000,
      datedFrom: 500_000 + 40_000 - 400_000,
      endsAt: 540_000,
      speed: 10,
    });
  });

  it('plays a recording in order, dated as it was recorded, and begins again', async () => {
    const clock = new HandClock(NOW);
    const { heard, connection } = await playing(clock, { speed: 10, loop: true });
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
    assert.deepEqual(heard.pauses[0], NOW + 21_000, 'the next round begins as long after as it was recorded');
    await connection.close();
    const before = heard.readings.length;
    clock.advance(60_000);
    assert.equal(heard.readings.length, before);
  });

  for (const [what, leap] of [
    ['slept for eight hours', 8 * HOUR],
    ['slept for a minute', MINUTE],
    ['was set back by an hour', -HOUR],
  ] as const) {
    for (const [where, before] of [
      ['in the middle of a play', 1500],
      ['between two plays', 10_000],
    ] as const) {
      it(`plays one round and no more where the clock ${what} ${where}`, async () => {
        const clock = new HandClock(NOW);
        const { heard, connection } = await playing(clock, { speed: 10, loop: true });
        clock.advance(before);
        const soFar = heard.readings.length;
        clock.leap(leap);
        clock.advance(20_000);
        const since = heard.readings.slice(soFar);
        assert.deepEqual(
          since.map(({ parameters }) => parameters.power),
          [0, 2000, 1],
        );
        const end = Date.parse(since.at(-1)?.at ?? '');
        assert.ok(end <= clock.now() && end > clock.now() - 20_000, 'its end falls on the moment it is played');
        const plays = new Set(since.map(({ play }) => play));
        assert.equal(plays.size, 1);
        assert.ok(
          !plays.has(heard.readings[0]?.play),
          'another play: it may be dated before the one that was given up',
        );
        await connection.close();
      });
    }
  }

  it('dates nothing later than it is played, however slowly', async () => {
    const clock = new HandClock(NOW);
    const { heard, connection } = await playing(clock, { speed: 0.5, loop: true });
    for (let second = 0; second < 200; second++) {
      clock.advance(1000);
      assert.ok(heard.readings.every(({ at }) => Date.parse(at) <= clock.now()));
    }
    const dates = heard.readings.map(({ at }) => Date.parse(at) - NOW);
    assert.deepEqual(dates.slice(0, 4), [0, 5000, 20_000, 40_000]);
    await connection.close();
  });

  it('goes on where it is only some seconds late', async () => {
    const clock = new HandClock(NOW);
    const { heard, connection } = await playing(clock, { speed: 1, loop: false });
    clock.advance(6000);
    clock.leap(4000);
    clock.advance(15_000);
    assert.deepEqual(
      heard.readings.map(({ parameters }) => parameters.power),
      [0, 2000, 1],
    );
    assert.equal(new Set(heard.readings.map(({ play }) => play)).size, 1);
    assert.equal(heard.states.at(-1), 'finished');
    await connection.close();
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

  it('refuses a recording longer than a year, which no time of its would be right in', () => {
    for (const seconds of ['100000000000000', '-40000000', '1e308']) {
      const csv = `t_s,power_w\n0,0\n\n${seconds},2000\n`;
      assert.throws(() => readRecording('a.csv', Buffer.from(csv)), /line 4: t_s is more than a year from the first/);
      const lines = [0, Number(seconds)].map((t_s) => JSON.stringify({ t_s, topic: 'a', payload: 1 })).join('\n');
      assert.throws(() => readRecording('a.jsonl', Buffer.from(lines)), /line 2: t_s is more than a year/);
    }
    assert.throws(() => readRecording('a.csv', Buffer.from('t_s,power_w\n1e308,0\n0,1\n')), /line 2: t_s is/);
    const lastYear = Date.UTC(2026, 0, 1) / 1000;
    assert.equal(readRecording('a.csv', Buffer.from(`t_s,power_w\n${lastYear},0\n`)).lengthMs, 0);
  });

  it('tells of a reading with a time that is none, and goes on', async () => {
    const heard = new Heard();
    let inbox: Inbox | undefined;
    const transport = {
      async open(given: Inbox) {
        inbox = given;
        return { listen() {}, async send() {}, async close() {} };
      },
    };
    const options = { appliance: { id: 'k', name: 'Kettle' }, profile: 'json', settings: { address: '' } };
    await connectAppliance({ ...options, transport }, heard.listener);
    inbox?.values({ power: 1 }, 1e17);
    inbox?.values({ power: 2 }, NOW);
    assert.deepEqual(
      heard.readings.map(({ parameters }) => parameters.power),
      [2],
    );
    assert.equal(heard.problems.length, 1);
  });
});
