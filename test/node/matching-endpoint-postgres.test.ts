import assert from 'node:assert/strict';
import { KindredClient } from '../../matching/client/index.js';
import register from '../../nodes/matching-endpoint/matching-endpoint.js';
import { placeOf } from '../../nodes/matching-endpoint/place.js';
import { needsPostgres } from '../postgres/stores.js';
import { helper, inNodeRed, Seen, statusOf } from '../support/node-helper.js';
import { newSchema, PostgresServer, sharedPostgres } from '../support/postgres.js';

describe('matching-endpoint over PostgreSQL', () => {
  needsPostgres();
  inNodeRed();

  async function deploy(store: string, storePassword: string): Promise<Seen> {
    const config = { path: '/kindred', store, registration: 'open', retentionDays: 365, activities: '' };
    const flow = [
      { id: 'tab', type: 'tab', label: 'test' },
      { id: 'out', z: 'tab', type: 'helper' },
      { id: 'endpoint', z: 'tab', type: 'matching-endpoint', version: 1, ...config, wires: [['out']] },
    ];
    await helper.load([register], flow, { endpoint: { storePassword } });
    return new Seen('out');
  }

  it('serves from the database whose password is a credential', async () => {
    const server = await sharedPostgres();
    const store = server.address(newSchema()).replace(`:${PostgresServer.password}@`, '@');
    await deploy(store, PostgresServer.password);
    await statusOf('endpoint', /counts/);
    const client = new KindredClient({ url: `${helper.url()}/kindred` });
    assert.equal((await client.createUser({ name: 'Anna' })).user.name, 'Anna');
  });

  it('waits for a server that is away, and keeps a password out of the address', async () => {
    await deploy('postgres://kindred@127.0.0.1:1/kindred', 'never-told');
    await statusOf('endpoint', /stopped/);
    await helper.unload();
    await deploy('postgres://kindred:in-the-flow@127.0.0.1:1/kindred', '');
    await statusOf('endpoint', /store-password/);
  });

  it('puts the password where the driver wants it', () => {
    const { address, shown, file } = placeOf('postgres://kindred@a:1,b:2/x?sslmode=require', '/u', 'p@:/%');
    assert.equal(address, 'postgres://kindred:p%40%3A%2F%25@a:1,b:2/x?sslmode=require');
    assert.equal(shown, 'postgres://kindred@a:1,b:2/x?sslmode=require');
    assert.equal(file, undefined);
    for (const wrong of ['postgres://a:b@c/d', 'postgres://c/d?user=a&password=b', 'postgres://a:b/c@d/e']) {
      assert.throws(() => placeOf(wrong, '/u'), { code: 'store-password' });
    }
    assert.deepEqual(placeOf('', '/u'), {
      address: 'sqlite:/u/kindred/endpoint.sqlite',
      shown: '/u/kindred/endpoint.sqlite',
      file: '/u/kindred/endpoint.sqlite',
    });
  });
});
