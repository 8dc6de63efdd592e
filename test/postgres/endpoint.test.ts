import { operatorsConformance } from '../endpoint/operators-conformance.js';
import { privacyConformance } from '../endpoint/privacy-conformance.js';
import { tracesConformance } from '../endpoint/traces-conformance.js';
import { needsPostgres, openPostgres } from './stores.js';

describe('an endpoint over PostgreSQL', () => {
  needsPostgres();
  privacyConformance('postgres', openPostgres);
  tracesConformance('postgres', openPostgres);
  operatorsConformance('postgres', openPostgres);
});
