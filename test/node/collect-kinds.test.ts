import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { NodeMessage } from 'node-red';
import { newTracker, type TrackerState } from '../../activities/index.js';
import { connectAppliance, RECORDINGS_FOLDER, readRecording, recordingTransport } from '../../appliances/index.js';
import connect from '../../nodes/appliance-connect/appliance-connect.js';
import collect from '../../nodes/collect-parameters/collect-parameters.js';
import { Collector } from '../../nodes/collect-parameters/collector.js';
import { type CollectConfig, settingsOf } from '../../nodes/collect-parameters/settings.js';
import { statusOf } from '../../nodes/collect-parameters/status.js';
import type { Activity } from '../../vocabulary/index.js';
import { HandClock } from '../support/appliance.js';
import { helper, inNodeRed } from '../support/node-helper.js';

const EXAMPLE = resolve(__dirname, '..', '..', '..', 'examples', '22-collect-parameters-scale-run-mug.json');

interface FlowNode {
  id: string;
  type: string;
  payload?: string;
}

/** How a recording is played, as the node of the example says it. */
interface ReplaySettings {
  recording: string;
  speed: number;
  loop: boolean;
}

describe('collect-parameters, the example of a scale, a run and a mug', () => {
  inNodeRed();

  it('tells what its recordings and its frames show', async () => {
    const example: FlowNode[] = JSON.parse(readFileSync(EXAMPLE, 'utf8'));
    const buttons = example.filter(({ type }) => type === 'inject');
    const flow = example
      .filter(({ type }) => type !== 'inject' && type !== 'comment')
      .map((node) => (node.type === 'debug' ? { ...node, type: 'helper' } : { ...node, speed: 500 }));
    await helper.load([connect, collect], flow);
    const seen = new Set<string>();
    const note = (message: NodeMessage) =>
      seen.add(`${message.topic} ${(message.payload as Activity).state ?? ''}`.trim());
    for (const name of ['activities', 'actions']) helper.getNode(`collect-kinds-${name}`).on('input', note);
    for (const { payload } of buttons.slice(0, 4)) {
      helper.getNode('collect-kinds-mug').receive({ payload: JSON.parse(payload ?? '') } as NodeMessage);
    }
    const expected = ['coffee started', 'pour', 'run started', 'rest', 'drink started'];
    while (!expected.every((one) => seen.has(one))) await new Promise((resolved) => setTimeout(resolved, 20));
  });

  it('finishes the coffee of the scale, with its cup, as it is played there', async () => {
    const example: FlowNode[] = JSON.parse(readFileSync(EXAMPLE, 'utf8'));
    const [player, collecting] = ['collect-kinds-scale', 'collect-kinds-coffee'].map((id) => {
      return example.find((node) => node.id === id) as FlowNode & ReplaySettings & CollectConfig;
    });
    assert.ok(player && collecting);
    const { recording, speed, loop } = player;
    const made = settingsOf(collecting);
    assert.ok('settings' in made);
    const clock = new HandClock(Date.UTC(2026, 10, 22, 8));
    const told: Activity[] = [];
    const collector = new Collector({
      options: made.settings.tracker,
      own: made.settings.own,
      file: { save: async () => {} },
      send: (one) => one.type === 'activity' && told.push(one.activity),
      onProblem: (_what, problem) => assert.fail(String(problem)),
      now: () => clock.now(),
    });
    const lines = readRecording(recording, readFileSync(join(RECORDINGS_FOLDER, recording)));
    const connection = await connectAppliance(
      {
        ...{ appliance: { id: 'scale', name: 'Scale' }, profile: 'auto', settings: { address: '' }, clock },
        transport: recordingTransport({ load: async () => lines, speed, loop, clock }),
      },
      {
        ...{ event: () => {}, state: () => {}, problem: (problem) => assert.fail(problem) },
        reading: (reading) => void collector.read(reading),
      },
    );
    for (let seconds = 0; seconds < 15 * 60; seconds += 2) {
      clock.advance(2000);
      collector.tick();
      await new Promise((resolve) => setImmediate(resolve));
    }
    await connection.close();
    assert.deepEqual([told.at(-1)?.state, told.at(-1)?.cups], ['finished', 1]);
  });
});

describe('the status of what an appliance says', () => {
  const translate = (key: string, values = {}) => `${key} ${JSON.stringify(values)}`;
  const appliance = { id: 'a', name: 'A', profile: 'json' };
  const saying = (said: string, more: Partial<TrackerState> = {}) => {
    return statusOf([{ ...newTracker(appliance), at: 1, said, ...more }], translate).text;
  };

  it('shows its words: those that are known, and those that are not as unknown', () => {
    assert.equal(saying('keeping warm'), 'status.says {"word":"keeping warm"}');
    assert.equal(saying('frothing'), 'status.unknown {"word":"frothing"}');
    assert.match(saying('x'.repeat(60)), /"x{23}…"/);
  });

  it('shows no word of a switch, nor where something surer is measured', () => {
    assert.equal(saying('on'), 'status.watching {}');
    const recogniser = { name: 'power', kind: 'any', memory: {} };
    assert.equal(saying('frothing', { recogniser }), 'status.watching {}');
  });

  it('shows how many cups were taken', () => {
    const times = { startedAt: 0, endedAt: 60_000, seenAt: 60_000, toldAt: 0 };
    const what = {
      id: 'x',
      revision: 2,
      state: 'finished',
      activity: 'coffee',
      category: 'food-and-beverage',
    } as const;
    const last = { ...what, ...times, actions: [], cups: 2 };
    const { text } = statusOf([{ ...newTracker(appliance), at: 1, last }], translate);
    assert.match(text, / · status\.cups \{"count":2\}$/);
  });
});
