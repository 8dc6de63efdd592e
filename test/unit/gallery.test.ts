import assert from 'node:assert/strict';
import { Collector, MOST_APPLIANCES } from '../../nodes/collect-parameters/collector.js';
import { Gallery } from '../../nodes/collect-parameters/gallery.js';
import type { Activity, Reading } from '../../vocabulary/index.js';
import { anActivity } from '../support/activity.js';
import { KETTLE, OPTIONS, T0 } from '../support/tracker.js';

const FILE = { load: async () => undefined, save: async () => {}, remove: async () => {} };

function reading(seconds: number, parameters: Reading['parameters'], id = KETTLE.id): Reading {
  return { appliance: { ...KETTLE, id }, at: new Date(T0 + seconds * 1000).toISOString(), parameters };
}

/** A gallery of what a collector takes in, as in the node. */
class Wall {
  readonly gallery = new Gallery(FILE);
  now = T0;
  readonly #collector = new Collector({
    options: { ...OPTIONS, recognisers: [] },
    own: KETTLE,
    file: FILE,
    send: () => {},
    onProblem: (_what, problem) => assert.fail(String(problem)),
    onTaken: (one) => this.gallery.note(one),
    now: () => this.now,
  });

  read(one: Reading, arrivedAfter = (Date.parse(one.at) - T0) / 1000): void {
    this.now = T0 + arrivedAfter * 1000;
    void this.#collector.read(one);
  }

  /** Seconds at which something is drawn of the first appliance, and what it said. */
  get shown() {
    const [view] = this.gallery.views();
    const seconds = (at: number) => (at - T0) / 1000;
    return {
      drawn: view?.lines[0]?.spans.map(([from]) => seconds(from)),
      words: view?.words.map(({ at, state }) => `${seconds(at)} ${state}`),
    };
  }
}

describe('the gallery', () => {
  it('shows nothing of a reading that comes late', () => {
    const wall = new Wall();
    for (let s = 0; s < 100; s += 10) wall.read(reading(s, { power: s, state: s < 50 ? 'idle' : 'heating' }));
    const before = wall.shown;
    wall.read(reading(-60, { power: 5, state: 'off' }), 95);
    wall.read(reading(85, { power: 5, state: 'off' }), 96);
    assert.deepEqual(wall.shown, before);
    wall.read(reading(100, { power: 5 }));
    assert.deepEqual(wall.shown.drawn, [...(before.drawn ?? []), 100]);
  });

  it('begins anew where what is recognised does: when for a minute all came from the past', () => {
    const wall = new Wall();
    for (let s = 0; s < 100; s += 10) wall.read(reading(s, { power: s, state: 'idle' }));
    for (let s = 100; s <= 160; s += 10) wall.read(reading(s - 3600, { power: 5, state: 'heating' }), s);
    assert.deepEqual(wall.shown, { drawn: [-3440], words: ['-3440 heating'] });
  });

  it('has the appliance first that was heard of last, and lets the one go that has been silent for longest', () => {
    const wall = new Wall();
    for (let index = 0; index < MOST_APPLIANCES; index++) wall.read(reading(index, { power: 1 }, `k${index}`));
    wall.read(reading(300, { power: 1 }, 'k0'));
    assert.equal(wall.gallery.views()[0]?.appliance.id, 'k0');
    wall.read(reading(301, { power: 1 }, 'one more'));
    const ids = wall.gallery.views().map(({ appliance }) => appliance.id);
    assert.deepEqual([ids.length, ids[0], ids[1]], [MOST_APPLIANCES, 'one more', 'k0']);
    assert.ok(!ids.includes('k1') && ids.includes('k2'));
  });

  it('is saved when a run ends, and when one is taken back', async () => {
    const saved: string[] = [];
    const gallery = new Gallery({
      ...FILE,
      save: async ({ pictures }) => void saved.push(pictures[0]?.runs[0]?.state ?? 'none'),
    });
    for (const [revision, state] of (['started', 'ongoing', 'finished', 'discarded'] as const).entries()) {
      const activity: Activity = { ...anActivity(), appliance: KETTLE, id: 'run', revision, state };
      gallery.hear({ type: 'activity', activity });
    }
    assert.deepEqual(saved, ['finished', 'discarded']);
  });
});
