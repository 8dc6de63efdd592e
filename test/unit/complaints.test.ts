import assert from 'node:assert/strict';
import { Complaints } from '../../matching/server/complaints.js';

describe('what an endpoint complains of', () => {
  it('tells a problem at once, and then once a minute how often it came back', () => {
    let now = 0;
    const lines: string[] = [];
    const complaints = new Complaints(
      (line) => lines.push(line),
      undefined,
      () => now,
    );
    for (let count = 0; count < 1000; count++, now += 100) complaints.failed('The disk is full');
    complaints.failed('Something else');
    assert.deepEqual(lines, [
      'The disk is full',
      'The disk is full (599 more times since the last such line)',
      'Something else',
    ]);
  });

  it('tells once that things go on, when nothing has failed for a while', () => {
    let now = 0;
    const lines: string[] = [];
    const complaints = new Complaints(
      (line) => lines.push(line),
      undefined,
      () => now,
    );
    complaints.succeeded();
    complaints.failed('The disk is full');
    complaints.succeeded();
    assert.equal(lines.length, 1, 'something fitted, that is not the end of it');
    now = 6000;
    complaints.succeeded();
    complaints.succeeded();
    assert.deepEqual(lines.slice(1), ['It goes on: what came in is stored again (1 requests had failed)']);
    complaints.failed('The disk is full');
    assert.equal(lines.at(-1), 'The disk is full');
  });
});
