import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { NodeMessage } from 'node-red';
import { newTracker, type TrackerState } from '../../activities/index.js';
import connect from '../../nodes/appliance-connect/appliance-connect.js';
import collect from '../../nodes/collect-parameters/collect-parameters.js';
import { statusOf } from '../../nodes/collect-parameters/status.js';
import type { Activity } from '../../vocabulary/index.js';
import { helper, inNodeRed } from '../support/node-helper.js';

const EXAMPLE = resolve(__dirname, '..', '..', '..', 'examples', '22-collect-parameters-scale-run-mug.json');

interface FlowNode {
  id: string;
  type: string;
  payload?: string;
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
