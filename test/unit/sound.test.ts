import assert from 'node:assert/strict';
import { soundRecogniser } from '../../activities/index.js';
import { assertNear, FIXTURES, oneIn, recognise, recorded, type Said } from '../support/readings.js';

/** A talk from 25 to 58 s, a song from 98 to 156 with refrains from 121 and 144 on, a short one from 246 to 269, from 257 on high. */
const EVENING = recorded(FIXTURES, 'singing.csv');
const levelOnly = (said: readonly Said[]): Said[] => said.map(([t, { soundLevel = 0 }]): Said => [t, { soundLevel }]);

/**
 * What real voices come to: three readers from 30 to 75 s, a singer alone from 135 to 168 s, a song with instruments from 408
 * to 540.75 s; a quiet room before, between and after, which is made.
 */
const VOICES = inQuiet(recorded(FIXTURES, 'voices.csv'));

function inQuiet(said: readonly Said[]): Said[] {
  const heard = new Map(said.map(([t, parameters]) => [30 + t, parameters]));
  return Array.from({ length: 4 * 640 }, (_, i): Said => [i / 4, heard.get(i / 4) ?? { soundLevel: -56, pitch: 0 }]);
}

/** The mean level of so many seconds, as ESPHome's sound_level tells it. */
function meanOf(seconds: number, said: readonly Said[]): Said[] {
  const sums = new Map<number, { sum: number; count: number }>();
  for (const [t, { soundLevel = -200 }] of said) {
    const slot = Math.floor(t / seconds);
    const { sum, count } = sums.get(slot) ?? { sum: 0, count: 0 };
    sums.set(slot, { sum: sum + 10 ** (soundLevel / 10), count: count + 1 });
  }
  return [...sums].map(
    ([slot, { sum, count }]): Said => [(slot + 1) * seconds, { soundLevel: 10 * Math.log10(sum / count) }],
  );
}

describe('sound recogniser', () => {
  it('finds the songs by level and pitch, not the talk, and the high refrain', () => {
    const [run, ...others] = recognise(soundRecogniser, EVENING);
    assert.deepEqual(others, []);
    assertNear(run?.start, 98.5, 5);
    assertNear(run?.end, 269, 3);
    assert.ok(run && run.startedAt <= 98.5 + 30);
    assert.deepEqual([...new Set(run.actions.map(({ action }) => action))], ['high-note']);
    for (const { start, end } of run.actions)
      assert.ok(
        (start >= 120 && end <= 132) || (start >= 143 && end <= 157) || (start >= 256 && end <= 270),
        `${start}`,
      );
  });

  it('finds the song by loudness alone, of a second or of ten', () => {
    for (const seconds of [1, 5, 10]) {
      const [run] = recognise(soundRecogniser, meanOf(seconds, EVENING));
      assertNear(run?.start, 98.5, seconds + 5);
      assertNear(run?.end, 156, seconds + 5);
    }
  });

  it('hears the same in dBA as below full scale', () => {
    const louder = levelOnly(EVENING).map(([t, { soundLevel = 0 }]): Said => [t, { soundLevel: soundLevel + 100 }]);
    const times = (said: readonly Said[]) => recognise(soundRecogniser, said).map(({ start, end }) => [start, end]);
    assert.deepEqual(times(louder), times(levelOnly(EVENING)));
  });

  it('needs no level where a pitch is told', () => {
    const pitches = EVENING.map(([t, { pitch = 0 }]): Said => [t, { pitch }]);
    const [run] = recognise(soundRecogniser, pitches);
    assertNear(run?.start, 98.5, 5);
  });

  it('gets used to a room that is always loud', () => {
    const fan: Said[] = Array.from({ length: 3600 }, (_, t) => [t, { soundLevel: t < 600 ? 35 : 44 + (t % 3) }]);
    assert.deepEqual(recognise(soundRecogniser, fan), []);
  });

  it('tells no song that goes on for ever of a room that becomes loud for good, and hears the next song in it', () => {
    const hours = (from: number, to: number, level: number, more: Said[1] = {}): Said[] =>
      Array.from({ length: ((to - from) * 3600) / 5 }, (_, i) => {
        return [from * 3600 + 5 * i, { soundLevel: level + (i % 3), ...more }];
      });
    for (const hum of [{}, { pitch: 120 }]) {
      const said = [
        ...hours(0, 0.2, 35),
        ...hours(0.2, 10, 50, hum),
        ...hours(10, 10.05, 70),
        ...hours(10.05, 10.2, 50),
      ];
      const [fan, song, ...others] = recognise(soundRecogniser, said);
      assert.deepEqual(others, []);
      assertNear(fan?.start, 0.2 * 3600, 10);
      assert.ok(fan?.end !== undefined && fan.end < 5 * 3600, `${fan?.end}`);
      assertNear(song?.start, 36_000, 10);
      assertNear(song?.end, 36_180, 10);
    }
  });

  it('takes an evening of five hours for one, whose songs have pauses between them', () => {
    const songs = Array.from({ length: 60 }, (_, song) =>
      Array.from({ length: 60 }, (_, i): Said => [300 * song + 5 * i, { soundLevel: i < 50 ? 52 : 35 }]),
    ).flat();
    const evening = songs.map(([t, said]): Said => [600 + t, said]);
    const quiet = Array.from({ length: 120 }, (_, i): Said => [5 * i, { soundLevel: 35 }]);
    const [run, ...others] = recognise(soundRecogniser, [...quiet, ...evening, [18_700, { soundLevel: 35 }]]);
    assert.deepEqual(others, []);
    assertNear(run?.start, 600, 5);
    assertNear(run?.end, 18_550, 10);
  });

  it('is quiet in a quiet room', () => {
    const night: Said[] = Array.from({ length: 3600 }, (_, t) => [
      t,
      { soundLevel: 30 + (t % 60 === 0 ? 25 : 0), pitch: 0 },
    ]);
    assert.deepEqual(recognise(soundRecogniser, night), []);
  });

  it('takes real readers for no song, and finds a real singer, alone and with instruments', () => {
    const [alone, accompanied, ...others] = recognise(soundRecogniser, VOICES);
    assert.deepEqual(others, []);
    assertNear(alone?.start, 135, 5);
    assertNear(alone?.end, 168, 3);
    assert.ok(alone && alone.startedAt <= 135 + 25);
    assertNear(accompanied?.start, 408, 5);
    assertNear(accompanied?.end, 540, 5);
    assert.ok(accompanied && accompanied.startedAt <= 408 + 35);
  });

  it('says little of a pitch every ten seconds, and nothing wrong', () => {
    for (const { actions } of recognise(soundRecogniser, oneIn(10, EVENING))) assert.ok(actions.length <= 2);
  });
});
