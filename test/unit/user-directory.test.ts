import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FlowNode, installFlows } from '../../scripts/household/user-directory.js';

describe('the flows that npm start installs', () => {
  let folder: string;
  let flows: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'kindred-flows-'));
    mkdirSync(join(folder, 'flows'));
    flows = join(folder, 'flows.json');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** As a start of a version whose household has this label. */
  function start(label: string): Promise<boolean> {
    writeFileSync(join(folder, 'flows/household.json'), JSON.stringify([{ id: 'household', type: 'tab', label }]));
    writeFileSync(join(folder, 'flows/matching-endpoint.json'), '[]');
    return installFlows(folder, folder);
  }

  const installed = (): FlowNode[] => JSON.parse(readFileSync(flows, 'utf8'));
  const label = (): unknown => installed()[0]?.label;
  const deploy = (nodes: FlowNode[]): void => writeFileSync(flows, JSON.stringify(nodes));

  it('are replaced by newer ones while nobody has changed them, however Node-RED has written them', async () => {
    assert.equal(await start('first'), false);
    deploy(installed());
    assert.equal(await start('second'), false);
    assert.equal(label(), 'second');
    assert.equal(await start('third'), false);
    assert.equal(label(), 'third');
  });

  it('stay as their owner has changed them, which is said once for each newer version', async () => {
    await start('first');
    deploy([...installed(), { id: 'mine', type: 'debug' }]);
    const mine = readFileSync(flows, 'utf8');
    assert.equal(await start('first'), false, 'there are no newer ones');
    for (const [version, isSaid] of [
      ['second', true],
      ['second', false],
      ['third', true],
    ] as const) {
      assert.equal(await start(version), isSaid);
      assert.equal(readFileSync(flows, 'utf8'), mine);
    }
  });

  it('stay where a former version has not said whether they are as it installed them', async () => {
    deploy([{ id: 'household', type: 'tab', label: 'former' }]);
    assert.equal(await start('first'), true);
    assert.equal(label(), 'former');
  });

  it('are known for those of a former version that are the same', async () => {
    deploy([{ id: 'household', type: 'tab', label: 'first' }]);
    assert.equal(await start('first'), false);
    await start('second');
    assert.equal(label(), 'second');
  });

  it('say that an account is to join when they are installed, and not when they are replaced', async () => {
    const toJoin = join(folder, 'to-join');
    await start('first');
    assert.ok(existsSync(toJoin));
    rmSync(toJoin);
    await start('second');
    assert.ok(!existsSync(toJoin));
  });
});
