import type { Migration } from '../shared/migrations.js';
import { listOf } from './accounts.js';

/** From version 0, the config of a node that was made by hand in a flow file. */
export const MIGRATIONS: readonly Migration[] = [
  (config) => ({
    ...config,
    accounts: listOf(config.accounts),
    shareAccounts: listOf(config.shareAccounts),
    when: config.when || 'both',
    startedText: config.startedText || '',
    finishedText: config.finishedText || '',
    language: config.language || 'auto',
    reveal: Array.isArray(config.reveal) ? config.reveal : ['drink', 'actions'],
    askFirst: config.askFirst || 'public',
    dailyCap: config.dailyCap || 20,
  }),
];
