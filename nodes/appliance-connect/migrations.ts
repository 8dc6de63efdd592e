import type { Migration } from '../shared/migrations.js';

/** The node's config as it is deployed. Numbers may be text: they come from the editor's input fields. */
export interface ApplianceConnectConfig {
  name?: string;
  profile?: string;
  transport?: 'mqtt' | 'recording' | 'wire';
  broker?: string;
  address?: string;
  base?: string;
  fullTopic?: string;
  channel?: number | string;
  paths?: { parameter: string; path: string; factor?: number | string; offset?: number | string }[];
  commandTopic?: string;
  commandOn?: string;
  commandOff?: string;
  /** The file name of a recording that comes with the package; empty when `file` says where one lies. */
  recording?: string;
  file?: string;
  speed?: number | string;
  loop?: boolean;
  control?: '' | 'on' | 'off' | 'toggle' | 'collect';
  everySeconds?: number | string;
}

/** Version 1 is the first; a config without a version was written by hand. */
export const migrations: readonly Migration[] = [
  (config) => ({ profile: 'auto', transport: 'mqtt', speed: 1, loop: true, control: '', ...config }),
];
