import assert from 'node:assert/strict';
import fc from 'fast-check';
import { discover, nextReplayRound } from '../../appliances/index.js';
import { firstRound, slowerInWords } from '../../scripts/household/round.js';
import { coffeeTape } from '../../scripts/household/tapes.js';

const NOW = Date.UTC(2026, 10, 23);
const length = fc.integer({ min: 1000, max: 3_600_000 });
const speed = fc.double({ min: 1, max: 1000, noNaN: true });
const ago = fc.integer({ min: 0, max: 7_200_000 });
/** Epoch milliseconds have no room for smaller parts. */
const CLOSE_MS = 1;

describe('rounds of a recording', () => {
  it('are said to be slower than wished for where they are, and never at 1.0 times their pace', () => {
    assert.equal(slowerInWords(30, 30), '');
    assert.match(slowerInWords(2.34, 30), /^, this once at only 2\.3×, to follow/);
    for (const speed of [1, 1.04])
      assert.match(slowerInWords(speed, 30), /^, this once as slowly as it really did, to follow/);
  });

  it('begin at once, and slower rather than before what an earlier session has given', () => {
    fc.assert(
      fc.property(length, speed, ago, (lengthMs, wanted, before) => {
        const round = firstRound(NOW, lengthMs, wanted, NOW - before);
        assert.equal(round.playFrom, NOW);
        assert.ok(round.datedFrom >= NOW - before - CLOSE_MS);
        assert.ok(round.speed >= 1 && round.speed <= wanted);
        assert.ok(Math.abs(round.playFrom + lengthMs / round.speed - round.endsAt) <= CLOSE_MS, 'both clocks meet');
      }),
    );
  });

  it('play as fast as wished for when nothing stands in the way', () => {
    assert.equal(firstRound(NOW, 60_000, 10).speed, 10);
    assert.equal(firstRound(NOW, 60_000, 10, NOW - 600_000).speed, 10);
  });

  it('follow one another without overlapping in time', () => {
    fc.assert(
      fc.property(length, speed, ago, (lengthMs, wanted, before) => {
        const round = nextReplayRound(NOW, lengthMs, wanted, NOW - before);
        assert.equal(round.speed, wanted);
        assert.ok(round.playFrom >= NOW);
        assert.ok(round.datedFrom > NOW - before);
        assert.ok(Math.abs(round.playFrom + lengthMs / wanted - round.endsAt) <= CLOSE_MS);
      }),
    );
  });

  it('do not wait for a clock that has been set back', () => {
    assert.equal(nextReplayRound(NOW, 60_000, 10, NOW + 3_600_000).playFrom, NOW);
  });
});

describe('the tape of the coffee corner', () => {
  it('gives every message as its device sent it, save for its time', async () => {
    const { messages } = await coffeeTape();
    const at = new Date(2026, 10, 23, 8, 41, 7);
    const said = messages.map(
      ({ payload }) => JSON.parse(payload(at)) as { Time?: string; ENERGY?: { Power: number } },
    );
    const brewing = said.filter(({ ENERGY }) => (ENERGY?.Power ?? 0) > 2500);
    assert.deepEqual(
      brewing.map(({ ENERGY }) => ENERGY?.Power),
      [2546, 2548, 2561],
    );
    for (const { Time } of brewing) assert.equal(Time, '2026-11-23T08:41:07');
    assert.ok(
      said.some((message) => !('Time' in message)),
      "the scale's events have no time and get none",
    );
  });

  it('announces its plugs as they are read, so that listening finds them', async () => {
    const { announced, messages } = await coffeeTape();
    const found = announced.flatMap((message) => discover({ ...message, retained: true }));
    assert.deepEqual(
      found.map(({ profile, title }) => [profile, title]),
      [
        ['tasmota', 'Coffee machine'],
        ['tasmota', 'Grinder'],
      ],
    );
    for (const { settings } of found) {
      assert.equal(settings.fullTopic, '%topic%/%prefix%/');
      assert.ok(messages.some(({ topic }) => topic === `${settings.address}/tele/SENSOR`));
    }
  });
});
