import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Activity } from '../../vocabulary/index.js';
import { NodeRed, until } from '../support/node-red.js';

const TOLD = 'told.jsonl';

const inject = (id: string, payload: string, payloadType: string) => ({
  ...{ id, z: 'tab', type: 'inject', props: [{ p: 'payload' }], payload, payloadType, once: false },
  wires: [['collector']],
});

function flows(userDir: string) {
  return [
    { id: 'tab', type: 'tab', label: 'restart' },
    inject('say-start', 'start', 'str'),
    inject('say-hot', '95.5', 'num'),
    inject('say-stop', 'stop', 'str'),
    {
      ...{ id: 'collector', z: 'tab', type: 'collect-parameters', version: 1, kind: 'kettle', activity: '' },
      ...{ recogniser: 'none', parameters: [], everySeconds: 0, instruction: '', parameter: 'temperature' },
      wires: [['to-json'], []],
    },
    { id: 'to-json', z: 'tab', type: 'json', property: 'payload', action: 'str', pretty: false, wires: [['to-file']] },
    {
      ...{ id: 'to-file', z: 'tab', type: 'file', filename: join(userDir, TOLD), filenameType: 'str' },
      ...{ appendNewline: true, createDir: false, overwriteFile: 'false', encoding: 'utf8', wires: [[]] },
    },
  ];
}

describe('collect-parameters in a Node-RED that is killed', () => {
  let nodeRed: NodeRed;

  before(async () => {
    nodeRed = await NodeRed.start();
    await nodeRed.deploy(flows(nodeRed.userDir));
  });
  after(() => nodeRed?.stop());

  async function press(id: string): Promise<boolean> {
    return (await fetch(`${nodeRed.url}/inject/${id}`, { method: 'POST' })).ok;
  }

  function told(): Activity[] {
    const file = join(nodeRed.userDir, TOLD);
    if (!existsSync(file)) return [];
    const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
    return lines.map((line) => JSON.parse(line) as Activity);
  }

  it('goes on with the same activity, and numbers its revisions on', async () => {
    await until('a start is said', () => press('say-start'));
    await until('the start is told', () => told().length > 0);
    await nodeRed.kill();
    await nodeRed.restart();
    await until('a number arrives', () => press('say-hot'));
    await until('a stop is said', () => press('say-stop'));
    await until('the finish is told', () => told().some(({ state }) => state === 'finished'));
    assert.deepEqual([...new Set(told().map(({ id }) => id))], [told()[0]?.id]);
    const last = told().at(-1) as Activity;
    assert.equal(last.revision, 2);
    assert.equal(last.parameters.temperature?.last, 95.5);
    // What had been sent just before the kill may come again, as the same revision.
    assert.deepEqual([...new Set(told().map(({ revision }) => revision))], [1, 2]);
  });
});
