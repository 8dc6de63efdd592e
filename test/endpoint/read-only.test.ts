import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { KindredClient } from '../../matching/client/index.js';
import { Cleanup, coffee, joinAs, openFile, startEndpoint, until } from './support.js';

describe('an endpoint whose store is moving', () => {
  const cleanup = new Cleanup();
  afterEach(() => cleanup.run());

  it('answers everything that changes nothing, writes nothing for it, and takes nothing new', async () => {
    const { url, file } = await startEndpoint(cleanup, {}, openFile);
    const [{ client, token }, ben] = [await joinAs(url, 'Anna'), await joinAs(url, 'Ben')];
    await ben.client.publish(coffee());
    await client.publish(coffee({ state: 'finished' }));
    writeFileSync(`${file}.read-only`, 'read-only\n');
    await until(() =>
      client.updateMe({ name: 'Anne' }).then(
        () => false,
        ({ status }) => status === 503,
      ),
    );
    const watching = new DatabaseSync(file, { readOnly: true });
    cleanup.add(() => watching.close());
    const version = () => Object.values(watching.prepare('PRAGMA data_version').get() ?? {})[0];
    const before = version();

    const [habits] = (await client.features({ activity: 'coffee' })).features;
    assert.equal(habits?.count, 1);
    const { ranks } = await client.ranks({ activity: 'coffee', measure: 'count', among: 'everyone' });
    assert.deepEqual([ranks[0]?.value, ranks[0]?.reason], [1, 'too-few']);
    assert.equal((await client.concurrentUsers({ activity: 'coffee', window: 'quarter-hour' })).people.length, 1);
    assert.equal((await client.exportMe()).matches.length, 1);
    await Promise.all([client.me(), client.activities(), client.friends(), client.friendRequests(), client.blocks()]);
    const stream = await fetch(`${url}/v1/events`, {
      headers: { authorization: `Bearer ${token}`, 'last-event-id': '0' },
    });
    assert.equal(stream.status, 200);
    await stream.body?.cancel();
    assert.equal(version(), before);

    const refused = { status: 503, retryAfterSeconds: 30 };
    await assert.rejects(client.publish(coffee()), refused);
    await assert.rejects(client.deleteMe(), refused);
    await assert.rejects(client.rotateToken(), refused);
    await assert.rejects(client.invite(), refused);
    await assert.rejects(new KindredClient({ url }).createUser({ name: 'Carl' }), refused);
  });
});
