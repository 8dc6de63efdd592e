import type { Migration } from '../shared/migrations.js';

/** From version 0, the config of a node that was made by hand in a flow file. */
export const MIGRATIONS: readonly Migration[] = [
  (config) => ({
    ...config,
    mode: config.mode || 'ask',
    activity: config.activity || '',
    action: config.action || '',
    window: config.window || 'overlap',
    radiusKm: config.radiusKm ?? '',
    among: config.among || 'everyone',
    limit: config.limit || 20,
  }),
];
