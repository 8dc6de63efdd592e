import assert from 'node:assert/strict';
import { Complaints } from '../../matching/server/index.js';
import { tellerOf } from '../../nodes/matching-endpoint/telling.js';

describe('what an endpoint’s node tells', () => {
  const told: string[] = [];
  const node = {
    send: (message: object) => told.push(`sent ${JSON.stringify(message)}`),
    error: (problem: string, message: object) => told.push(`error ${problem} ${JSON.stringify(message)}`),
    warn: (problem: string) => told.push(`warned ${problem}`),
    log: (line: string) => told.push(`logged ${line}`),
  };
  beforeEach(() => {
    told.length = 0;
  });

  it('is told once of what goes wrong with every request', () => {
    const tell = tellerOf(node as never, Complaints);
    for (let request = 0; request < 1000; request++) tell({ event: 'failed', problem: 'The disk is full' });
    const message = '{"payload":{"event":"failed","problem":"The disk is full"},"topic":"failed"}';
    assert.deepEqual(told, [`sent ${message}`, `error The disk is full ${message}`]);
  });

  it('is all that happens, and each time that the store stops', () => {
    const tell = tellerOf(node as never, Complaints);
    tell({ event: 'joined' });
    tell({ event: 'warning', problem: 'Kept for 100 days' });
    for (let time = 0; time < 2; time++) tell({ event: 'failed', problem: 'It stopped', away: true });
    const message = '{"payload":{"event":"failed","problem":"It stopped","away":true},"topic":"failed"}';
    const stopped = [`sent ${message}`, `error It stopped ${message}`];
    assert.deepEqual(told, [
      'sent {"payload":{"event":"joined"},"topic":"joined"}',
      'warned Kept for 100 days',
      ...[...stopped, ...stopped],
    ]);
  });

  it('says once that things go on', () => {
    let now = 0;
    const complaining = class extends Complaints {
      constructor(tell: (line: string) => void, tellEnd?: (line: string) => void) {
        super(tell, tellEnd, () => now);
      }
    };
    const tell = tellerOf(node as never, complaining);
    tell({ event: 'failed', problem: 'The disk is full' });
    now = 60_000;
    told.length = 0;
    tell({ event: 'joined' });
    assert.match(told[0] ?? '', /^logged It goes on/);
    assert.equal(told.length, 2);
  });
});
