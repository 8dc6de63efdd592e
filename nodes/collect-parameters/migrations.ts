import type { Migration } from '../shared/migrations.js';

/** From version 0, the config of a node that was made by hand in a flow file. */
export const MIGRATIONS: readonly Migration[] = [
  (config) => ({
    ...config,
    kind: config.kind || 'any',
    activity: config.activity ?? '',
    recogniser: config.recogniser || 'auto',
    parameters: config.parameters ?? [],
    everySeconds: config.everySeconds ?? 60,
    instruction: config.instruction ?? '',
  }),
];
