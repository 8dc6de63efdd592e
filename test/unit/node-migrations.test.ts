import assert from 'node:assert/strict';
import { DEFAULT_LIMITS } from '../../matching/server/web/limits.js';
import { MIGRATIONS as find } from '../../nodes/find-concurrent-users/migrations.js';
import { MIGRATIONS as endpoint } from '../../nodes/matching-endpoint/migrations.js';
import { migrate } from '../../nodes/shared/migrations.js';
import { MIGRATIONS as features } from '../../nodes/user-features/migrations.js';

/** What a flow file held that somebody wrote by hand, or that an earlier release saved. */
describe('find-concurrent-users, saved configs', () => {
  it('VERSION_0 gets what the dialog would have chosen', () => {
    assert.deepEqual(migrate({ account: 'a' }, find), {
      account: 'a',
      mode: 'ask',
      activity: '',
      action: '',
      window: 'overlap',
      radiusKm: '',
      among: 'everyone',
      limit: 20,
      version: find.length,
    });
  });

  it('VERSION_0 keeps what its owner chose', () => {
    const chosen = {
      mode: 'watch',
      activity: 'tea',
      action: 'sip',
      window: 'minute',
      radiusKm: '25',
      among: 'friends',
      limit: 5,
    };
    assert.deepEqual(migrate(chosen, find), { ...chosen, version: find.length });
  });

  it('a current one is left alone', () => {
    const current = { version: find.length, mode: 'ask' };
    assert.deepEqual(migrate(current, find), current);
  });
});

describe('user-features, saved configs', () => {
  it('VERSION_0 gets what the dialog would have chosen', () => {
    const current = { account: 'a', activity: '', period: 'week', version: features.length };
    assert.deepEqual(migrate({ account: 'a' }, features), current);
  });

  it('VERSION_0 keeps what its owner chose', () => {
    const chosen = { activity: 'tea', period: 'ever' };
    assert.deepEqual(migrate(chosen, features), { ...chosen, version: features.length });
  });

  it('a current one is left alone', () => {
    const current = { version: features.length, period: 'month' };
    assert.deepEqual(migrate(current, features), current);
  });
});

describe('matching-endpoint, saved configs', () => {
  const LIMITS = { callsPerMinute: 300, joinsPerHour: 60, newActivitiesPerDay: 2000, mebibytesPerDay: 32 };
  const VERSION_1 = {
    version: 1,
    ...{ path: '/club', store: 'club.sqlite', registration: 'closed', retentionDays: 30, activities: 'chess' },
  };

  it('VERSION_0 gets what the dialog would have chosen', () => {
    assert.deepEqual(migrate({}, endpoint), {
      ...{ path: '/kindred', store: '', registration: 'open', retentionDays: 365, activities: '' },
      ...{ metrics: 'nobody', audit: 'off', auditFile: '', ...LIMITS, version: endpoint.length },
    });
  });

  it('VERSION_1 keeps what its owner chose, and tells nobody more than before', () => {
    const added = { metrics: 'nobody', audit: 'off', auditFile: '', ...LIMITS };
    assert.deepEqual(migrate(VERSION_1, endpoint), { ...VERSION_1, ...added, version: 3 });
  });

  it('VERSION_1 that was edited in a newer dialog keeps that', () => {
    const chosen = { ...VERSION_1, metrics: 'loopback', audit: 'file', auditFile: 'audit.log', ...LIMITS };
    const unlimited = { ...chosen, callsPerMinute: 0, mebibytesPerDay: '0' };
    assert.deepEqual(migrate(unlimited, endpoint), { ...unlimited, version: 3 });
  });

  it('VERSION_2 gets the limits that it had', () => {
    const { callsPerMinute, joinsPerHour, newActivitiesPerDay, bytesPerDay } = DEFAULT_LIMITS;
    assert.deepEqual(
      { callsPerMinute, joinsPerHour, newActivitiesPerDay, mebibytesPerDay: bytesPerDay / 2 ** 20 },
      LIMITS,
    );
    assert.deepEqual(migrate({ version: 2 }, endpoint), { ...LIMITS, version: 3 });
  });

  it('a current one is left alone', () => {
    const current = { version: endpoint.length, metrics: 'token' };
    assert.deepEqual(migrate(current, endpoint), current);
  });
});
