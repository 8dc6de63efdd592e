import type { FromSchema } from 'json-schema-to-ts';
import type * as answers from './answers.js';
import type * as features from './features.js';
import type * as friends from './friends.js';
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
export type Measure = (typeof features.MEASURES)[number];
export type Period = (typeof features.PERIODS)[number];
export type Among = (typeof features.AMONG)[number];
export type Habits = FromSchema<typeof features.habits>;
export type Features = FromSchema<typeof features.features>;
export type FeaturesQuery = FromSchema<typeof features.featuresQuery>;
export type Rank = FromSchema<typeof features.rank>;
export type Ranks = FromSchema<typeof features.ranks>;
export type RanksQuery = FromSchema<typeof features.ranksQuery, { keepDefaultedPropertiesOptional: true }>;
export type Match = FromSchema<typeof answers.match>;
export type UserCard = FromSchema<typeof parts.userCard>;
export type Friend = FromSchema<typeof friends.friend>;
export type Friends = FromSchema<typeof friends.friends>;
export type NewFriendRequest = FromSchema<typeof friends.newFriendRequest>;
export type SentRequest = FromSchema<typeof friends.sentRequest>;
export type ReceivedRequest = FromSchema<typeof friends.receivedRequest>;
export type FriendRequests = FromSchema<typeof friends.friendRequests>;
export type Friendship = FromSchema<typeof friends.friendship>;
export type Declined = FromSchema<typeof friends.declined>;
export type Blocks = FromSchema<typeof friends.blocks>;
export type NewInvitation = FromSchema<typeof friends.newInvitation>;
export type FriendAnswer = FromSchema<typeof friends.friendAnswer>;
export type ProblemDocument = FromSchema<typeof answers.problemDocument>;

/** What arrives on the stream of events. */
export type Event =
  | { id: string; type: 'match'; match: Match }
  | { id: string; type: 'friend-request'; request: ReceivedRequest }
  | { id: string; type: 'friend-answer'; answer: FriendAnswer };
