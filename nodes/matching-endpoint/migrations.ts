import type { Migration } from '../shared/migrations.js';

/** From version 0, the config of a node that was made by hand in a flow file. */
export const MIGRATIONS: readonly Migration[] = [
  (config) => ({
    ...config,
    path: config.path || '/kindred',
    store: config.store || '',
    registration: config.registration || 'open',
    retentionDays: config.retentionDays || 365,
    activities: config.activities || '',
  }),
  (config) => ({
    ...config,
    metrics: config.metrics || 'nobody',
    audit: config.audit || 'off',
    auditFile: config.auditFile || '',
  }),
  // Zero is a choice of its own: no limit.
  (config) => ({
    ...config,
    callsPerMinute: config.callsPerMinute ?? 300,
    joinsPerHour: config.joinsPerHour ?? 60,
    newActivitiesPerDay: config.newActivitiesPerDay ?? 2000,
    mebibytesPerDay: config.mebibytesPerDay ?? 32,
  }),
];
