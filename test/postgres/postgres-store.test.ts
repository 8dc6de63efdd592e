import { featuresConformance } from '../endpoint/features-conformance.js';
import { featuresProperty } from '../endpoint/features-property.js';
import { friendsConformance } from '../endpoint/friends-conformance.js';
import { searchConformance } from '../endpoint/search-conformance.js';
import { storeConformance } from '../endpoint/store-conformance.js';
import { needsPostgres, openPostgres } from './stores.js';

describe('over PostgreSQL', () => {
  needsPostgres();
  storeConformance('postgres', openPostgres);
  friendsConformance('postgres', openPostgres);
  featuresConformance('postgres', openPostgres);
  featuresProperty('postgres', openPostgres);
  searchConformance('postgres', openPostgres);
});
