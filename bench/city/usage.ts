import { type CityEndpoint, diskOf, machineCpu } from './processes.js';

/** What has been used so far: seconds of processor time, and MB. */
export interface Usage {
  endpoint: number;
  generator: number;
  machine: number;
  memory: number;
  disk: number;
}

/** @returns what is read each time that it is called */
export function usageOf(endpoint: CityEndpoint, store: string): () => Usage {
  return () => {
    const { user, system } = process.cpuUsage();
    return {
      endpoint: endpoint.cpu(),
      generator: (user + system) / 1e6,
      machine: machineCpu(),
      memory: endpoint.memory().now,
      disk: store.startsWith('sqlite:') ? diskOf(store) : Number.NaN,
    };
  };
}

/** Cores in use on average. */
export interface Cores {
  endpoint: number;
  generator: number;
  others: number;
}

export function coresBetween(before: Usage, after: Usage, seconds: number): Cores {
  const cores = (name: 'endpoint' | 'generator' | 'machine') => (after[name] - before[name]) / seconds;
  const [endpoint, generator] = [cores('endpoint'), cores('generator')];
  return { endpoint, generator, others: Math.max(0, cores('machine') - endpoint - generator) };
}
