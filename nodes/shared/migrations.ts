/** Brings a node's config from one version to the next. */
export type Migration = (config: Record<string, unknown>) => Record<string, unknown>;

/**
 * A node's config at the current version. A config without a version is version 0; migration `n` leads from n to n + 1,
 * so a config that was saved by any earlier release deploys without a word from its owner.
 */
export function migrate<T extends object>(config: object, migrations: readonly Migration[]): T & { version: number } {
  let current: Record<string, unknown> = { ...config };
  const from = typeof current.version === 'number' ? current.version : Number(current.version) || 0;
  for (let version = from; version < migrations.length; version++) {
    current = (migrations[version] as Migration)(current);
  }
  return { ...current, version: Math.max(from, migrations.length) } as T & { version: number };
}
