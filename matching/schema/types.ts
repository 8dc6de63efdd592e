import type { FromSchema } from 'json-schema-to-ts';
import type * as answers from './answers.js';
import type * as parts from './parts.js';
import type { ROUTES } from './routes.js';

export type Window = (typeof parts.WINDOWS)[number];
export type RadiusKm = (typeof parts.RADII_KM)[number];
export type Person = FromSchema<typeof parts.person>;
export type Relation = Person['relation'];
export type Me = FromSchema<typeof parts.me>;
export type NewUser = FromSchema<typeof answers.newUser, { keepDefaultedPropertiesOptional: true }>;
export type CreatedUser = FromSchema<typeof answers.createdUser>;
export type MePatch = FromSchema<typeof answers.mePatch>;
export type Export = FromSchema<typeof answers.exported>;
export type PublishedActivity = FromSchema<typeof parts.activityBody>;
export type StoredActivity = FromSchema<typeof parts.storedActivity>;
export type PublishAnswer = FromSchema<typeof answers.publishAnswer>;
export type ActivityPage = FromSchema<typeof answers.activityPage>;
export type ActivityPageQuery = FromSchema<
  (typeof ROUTES)['activities']['query'],
  { keepDefaultedPropertiesOptional: true }
>;
export type ConcurrentUsers = FromSchema<typeof answers.concurrentUsers>;
/** What to ask for; `radiusKm` reaches from the caller's own published cell. */
export type ConcurrentUsersQuery = FromSchema<
  (typeof ROUTES)['concurrentUsers']['query'],
  { keepDefaultedPropertiesOptional: true }
>;
export type Match = FromSchema<typeof answers.match>;
export type ProblemDocument = FromSchema<typeof answers.problemDocument>;

/** What arrives on the stream of events. */
export type Event = { id: string; type: 'match'; match: Match };
