import assert from 'node:assert/strict';
import {
  newTracker,
  recognisersFor,
  stepTracker,
  type TrackerInput,
  type TrackerOptions,
  type TrackerState,
} from '../../activities/index.js';
import { connectAppliance } from '../../appliances/index.js';
import { ApplianceClock } from '../../appliances/time.js';
import type { Inbox } from '../../appliances/transports/transport.js';
import { newId, type Reading } from '../../vocabulary/index.js';
import { HandClock } from '../support/appliance.js';

const START = Date.UTC(2026, 10, 27, 9, 0, 30);
const STEP = 10_000;

/**
 * A kettle on a Tasmota plug boils from the 5th minute to the 8th; in the middle of it the broker is away for a moment, and
 * the plug is asked anew, which it answers without a date.
 * @param slowMs by how much the plug's clock is behind the hub's
 */
async function boil(slowMs: number): Promise<{ ids: Set<string>; dates: number[] }> {
  const clock = new HandClock(START);
  const ids = new Set<string>();
  const dates: number[] = [];
  let state: TrackerState | undefined;
  const options: TrackerOptions = {
    ...{ activity: 'tea', category: 'food-and-beverage', kind: 'kettle', everySeconds: 0, keep: [], place: '' },
    recognisers: recognisersFor('auto', 'kettle', 'food-and-beverage'),
  };
  const step = (input: TrackerInput, before: TrackerState) => {
    const stepped = stepTracker(before, input, options, newId);
    state = stepped.state;
    for (const told of stepped.told) if (told.type === 'activity') ids.add(told.activity.id);
  };
  const read = (reading: Reading) => {
    dates.push(Date.parse(reading.at));
    step({ type: 'reading', reading, arrivedAt: clock.now() }, state ?? newTracker(reading.appliance));
  };
  let inbox: Inbox | undefined;
  const transport = {
    async open(given: Inbox) {
      inbox = given;
      return { listen() {}, async send() {}, async close() {} };
    },
  };
  const connection = await connectAppliance(
    { appliance: { id: 'k', name: 'K' }, profile: 'tasmota', settings: { address: 'k' }, transport, clock },
    { reading: read, event() {}, problem: (problem) => assert.fail(problem) },
  );
  const say = (topic: string, payload: string) => inbox?.message({ topic, payload, retained: false });
  for (let second = 0; second < 1200; second += STEP / 1000) {
    const power = second >= 300 && second < 480 ? 2000 : 0;
    const time = new Date(clock.now() - slowMs).toISOString().slice(0, 19);
    say('tele/k/SENSOR', JSON.stringify({ Time: time, ENERGY: { Power: power, Total: 1 } }));
    if (second === 360) {
      inbox?.reachable(false, 'the connection is lost');
      inbox?.reachable(true);
      say('stat/k/RESULT', '{"POWER":"ON"}');
      say('stat/k/POWER', 'ON');
    }
    clock.advance(STEP);
    if (state) step({ type: 'tick', now: (state.at ?? 0) + clock.now() - (state.arrivedAt ?? 0) }, state);
  }
  await connection.close();
  return { ids, dates };
}

describe('an appliance whose clock is not the hub’s', () => {
  for (const slow of [0, 5, 20, 30, 45, 90, 120, -60, -180]) {
    it(`is dated by one clock, and boils once, where its own is ${slow} s behind`, async () => {
      const { ids, dates } = await boil(slow * 1000);
      assert.equal(ids.size, 1);
      assert.ok(dates.every((date, index) => date >= (dates[index - 1] ?? 0)));
    });
  }

  it('is dated by the hub’s again a quarter of an hour after it said its own', () => {
    const clock = new ApplianceClock();
    const hours = 3 * 3_600_000;
    assert.equal(clock.date({ epochMs: START - hours }, START, false), START - hours);
    assert.equal(clock.date(undefined, START + 60_000, false), START + 60_000 - hours);
    assert.equal(clock.date(undefined, START + 16 * 60_000, false), START + 16 * 60_000);
  });
});
