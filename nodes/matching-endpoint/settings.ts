import { resolve } from 'node:path';
import type { NodeDef } from 'node-red';
import { isInvitation, isMetricsToken } from '../../matching/schema/index.js';
import type { EndpointOptions, Limits, MetricsFor, Registration } from '../../matching/server/index.js';
import { activitiesIn, isActivityWord, isNeverMatched } from '../../vocabulary/index.js';
import { EndpointProblem } from './claims.js';

export interface EndpointDef extends NodeDef {
  path: string;
  store: string;
  registration: Registration;
  /** Missing or empty in a flow that was made by hand. */
  retentionDays?: number | string | null;
  activities: string;
  callsPerMinute: number | string;
  joinsPerHour: number | string;
  newActivitiesPerDay: number | string;
  mebibytesPerDay: number | string;
  /** Missing in a node that was saved before there was a choice. */
  behindProxy?: boolean;
  metrics: 'nobody' | 'loopback' | 'token';
  audit: 'off' | 'file' | 'log';
  auditFile: string;
}

export interface EndpointCredentials {
  invitation?: string;
  storePassword?: string;
  metricsToken?: string;
}

const REGISTRATIONS: readonly string[] = ['open', 'invitation', 'closed'] satisfies Registration[];
/** Of a limit, as with the command. */
const MOST = 1_000_000;

/** @throws EndpointProblem when an endpoint cannot be there */
export function pathOf(path: string): string {
  const trimmed = path.replace(/\/+$/, '');
  if (!/^(\/[\w.~-]+)+$/.test(trimmed)) throw new EndpointProblem('path');
  return trimmed;
}

/** @throws EndpointProblem when something that was chosen makes no sense, or a secret is missing */
export function optionsOf(
  config: EndpointDef,
  { invitation = '', metricsToken = '' }: EndpointCredentials = {},
): Omit<EndpointOptions, 'store' | 'prefix' | 'audit' | 'onEvent'> {
  const { registration } = config;
  if (!REGISTRATIONS.includes(registration)) throw new EndpointProblem('registration');
  if (registration === 'invitation' && !isInvitation(invitation)) {
    throw new EndpointProblem('needs-invitation');
  }
  return {
    registration,
    retentionDays: retentionOf(config.retentionDays),
    extraActivities: activitiesOf(config.activities),
    limits: limitsOf(config),
    behindProxy: config.behindProxy === true,
    metrics: metricsFor(config.metrics, metricsToken),
    ...(registration === 'invitation' ? { invitation } : {}),
  };
}

function retentionOf(given: EndpointDef['retentionDays']): number {
  const days = String(given ?? '').trim() || '365';
  if (!/^\d+$/.test(days) || Number(days) < 2 || Number(days) > 3650) throw new EndpointProblem('retention');
  return Number(days);
}

function activitiesOf(list: string): string[] {
  const names = activitiesIn(list);
  if (!names.every(isActivityWord)) throw new EndpointProblem('activities');
  const never = names.find((name) => isNeverMatched(name));
  if (never !== undefined) throw new EndpointProblem('never-matched', { name: never });
  return names;
}

function limitsOf(config: EndpointDef): Partial<Limits> {
  const limit = (value: number | string): number => {
    const given = String(value).trim();
    if (!/^\d+$/.test(given) || Number(given) > MOST) throw new EndpointProblem('limits', { given });
    return Number(given);
  };
  return {
    callsPerMinute: limit(config.callsPerMinute),
    joinsPerHour: limit(config.joinsPerHour),
    newActivitiesPerDay: limit(config.newActivitiesPerDay),
    bytesPerDay: limit(config.mebibytesPerDay) * 2 ** 20,
  };
}

function metricsFor(chosen: EndpointDef['metrics'], token: string): MetricsFor {
  if (chosen === 'nobody' || chosen === 'loopback') return chosen;
  if (chosen !== 'token') throw new EndpointProblem('metrics');
  if (!isMetricsToken(token)) throw new EndpointProblem('needs-metrics-token');
  return { token };
}

/**
 * Where the audit log goes: a file, Node-RED's own log, or nowhere.
 * @throws EndpointProblem
 */
export function auditOf({ audit, auditFile }: EndpointDef, userDir: string): { file: string } | 'log' | undefined {
  if (audit === 'off') return undefined;
  if (audit === 'log') return audit;
  if (audit !== 'file') throw new EndpointProblem('audit');
  return { file: resolve(userDir, auditFile.trim() || 'kindred/audit.log') };
}
