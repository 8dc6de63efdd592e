/**
 * The one truth about the endpoint's interface, for both of its doors: the table of routes with the JSON Schemas that
 * validate requests, the types that follow from them, the table of problems, and the OpenAPI document made of it all.
 */
export { AMONG, MEASURES, PERIODS } from './features.js';
export { MAX_ASKED, MAX_BLOCKS, MAX_FRIENDS, REQUEST_DAYS } from './friends.js';
export { openApi } from './openapi.js';
export {
  BODY_LIMIT,
  DEFAULT_PEOPLE,
  displayName,
  LASTS_HOURS,
  MAX_AHEAD_MINUTES,
  MAX_MATCHES,
  MAX_STRANGERS,
  RADII_KM,
  WINDOWS,
} from './parts.js';
export { PROBLEMS, type ProblemCode, problemCode, problemType } from './problems.js';
export { EVENTS, ROUTES, type RouteName } from './routes.js';
export { isInvitation, isMetricsToken } from './secrets.js';
export type * from './types.js';
