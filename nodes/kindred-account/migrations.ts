import type { Migration } from '../shared/migrations.js';

/** From version 0, the config of a node that was made by hand in a flow file. */
export const MIGRATIONS: readonly Migration[] = [
  (config) => ({
    ...config,
    url: config.url || 'http://127.0.0.1:1880/kindred',
    visibility: config.visibility || 'nobody',
    cell: config.cell || '',
  }),
];
