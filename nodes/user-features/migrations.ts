import type { Migration } from '../shared/migrations.js';

/** From version 0, the config of a node that was made by hand in a flow file. */
export const MIGRATIONS: readonly Migration[] = [
  (config) => ({ ...config, activity: config.activity || '', period: config.period || 'week' }),
];
