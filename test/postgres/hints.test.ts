import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { mock } from 'node:test';
import { Hints } from '../../matching/server/store/postgres/hints.js';
import type { Servers } from '../../matching/server/store/postgres/servers.js';
import { Cleanup } from '../endpoint/support.js';

/** A connection that breaks as it is asked, and says so in both ways that the driver has. */
class Breaking extends EventEmitter {
  released = 0;

  query(_query: unknown, done: (error: Error) => void): void {
    setImmediate(() => {
      this.emit('error', new Error('Connection terminated'));
      done(new Error('Connection terminated'));
    });
  }

  release(): void {
    this.released++;
  }
}

describe('the connection for hints', () => {
  const cleanup = new Cleanup();
  afterEach(() => cleanup.run());

  it('is made anew once when it breaks, and given back once', async () => {
    mock.timers.enable({ apis: ['setTimeout'] });
    cleanup.add(() => mock.timers.reset());
    const connections: Breaking[] = [];
    const connect = async (): Promise<Breaking> => {
      const connection = new Breaking();
      connections.push(connection.on('error', () => {}));
      return connection;
    };
    const hints = new Hints({ connect } as unknown as Servers);
    cleanup.add(() => hints.close());
    hints.listen('anna', () => {});
    const settled = () => new Promise((done) => setImmediate(() => setImmediate(done)));
    for (let broken = 1; broken <= 3; broken++) {
      for (let turn = 0; turn < 3; turn++) await settled();
      assert.deepEqual(
        connections.map(({ released }) => released),
        Array.from({ length: broken }, () => 1),
      );
      mock.timers.tick(5000);
    }
    hints.close();
  });
});
