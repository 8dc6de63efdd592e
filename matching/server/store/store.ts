import type {
  ActivityPage,
  Among,
  Blocks,
  ConcurrentUsers,
  Declined,
  Event,
  Export,
  Features,
  FriendRequests,
  Friends,
  Friendship,
  Match,
  Me,
  Measure,
  MePatch,
  Period,
  PublishAnswer,
  RadiusKm,
  Ranks,
  SentRequest,
  StoredActivity,
  Window,
} from '../../schema/index.js';
import type { LocalDay } from '../rules/features/local-time.js';
import type { Publication } from '../rules/publication.js';

/** Who calls: the SHA-256 of a bearer token, looked up in the same transaction; and the endpoint's clock. */
export interface Caller {
  credential: Uint8Array;
  /** Epoch milliseconds. */
  now: number;
}

export interface PublishCall extends Caller {
  publication: Publication;
  /** Seconds until the caller may begin one more activity: until then, one that is not known yet is refused. Missing where they may. */
  beginsIn?: number;
}

export interface Search {
  activity: string;
  action?: string;
  window: Window;
  /** Epoch milliseconds. */
  at: number;
  radiusKm?: RadiusKm;
  among: 'everyone' | 'friends';
  limit: number;
  /** `next` of the answer whose next page is asked for. */
  after?: string;
}

/** The zone that is asked for, and which day it is there. */
export interface Today {
  timeZone: string;
  today: LocalDay;
}

/** What is asked of somebody's features; of all kinds of activities, without one. */
export interface FeaturesQuestion extends Today {
  activity?: string;
}

export interface RanksQuestion extends Today {
  activity: string;
  measures: readonly Measure[];
  period: Period;
  among: readonly Among[];
}

/** Whom somebody asks: by the id that the endpoint reported, or by the SHA-256 of an invitation's secret. */
export type Asking = { matchId: string } | { userId: string } | { invitation: Uint8Array };

export interface Counts {
  users: number;
  live: number;
}

/** What came of a publish. */
export interface Published {
  outcome: PublishAnswer['outcome'];
  activity: string;
  state: PublishAnswer['activity']['state'];
  /** The answer to its sender, a PublishAnswer, written out where it is made: it is long, and only passed on. */
  json: string;
  /** Whoever has been told of a match by it. */
  told: UserId[];
}

/** Of an export, what is told in one piece. */
export type ExportedWhole = Omit<Export, 'activities' | 'matches'>;

/** Of an export, some of the matches. */
export interface MatchPage {
  matches: Match[];
  /** Where the next page begins: what that is, each store knows for itself. */
  next?: string;
}

/** A user's id, as the streams of events know it. */
export type UserId = string;

/**
 * How the processes over one store tell each other that something happened to users. It is only a hint to read on from where
 * a stream stands: one too many changes nothing.
 */
export interface Feed {
  /** Calls `listener` with users whom it follows and to whom something may have happened, by another process's doing. */
  onTold(listener: (users: readonly UserId[]) => void): void;
  follow(user: UserId): void;
  unfollow(user: UserId): void;
}

/**
 * What every store implements. A call that changes something resolves once that is on disk, and not before;
 * it rejects with a Refusal when the request is at fault, and with a StoreFailure when the store is.
 */
export interface Store {
  createUser(call: Caller & { name: string; discoverable: boolean; cell: string | null }): Promise<Me>;
  me(call: Caller): Promise<Me>;
  updateMe(call: Caller & { patch: MePatch }): Promise<Me>;
  /** The old token ends with the answer. */
  rotateToken(call: Caller & { next: Uint8Array }): Promise<UserId>;
  /** Removes the user and every trace of them, in other people's rows too. */
  deleteMe(call: Caller): Promise<UserId>;
  /** Everything but the activities and the matches: they can be more than anybody holds at once. */
  exportMe(call: Caller): Promise<ExportedWhole>;
  /** The next EXPORTED_AT_ONCE activities behind `after`, an activity's id, oldest first; fewer when they are the last. */
  exportActivities(call: Caller & { after?: string }): Promise<StoredActivity[]>;
  /** Some hundreds of the matches behind `next` of the page before; without `next`, they are the last. */
  exportMatches(call: Caller & { after?: string }): Promise<MatchPage>;
  /** Idempotent by user and id; an older or equal revision changes nothing. Tells each match to both sides, once. */
  publish(call: PublishCall): Promise<Published>;
  activities(call: Caller & { before?: string; limit: number }): Promise<ActivityPage>;
  concurrentUsers(call: Caller & { search: Search }): Promise<ConcurrentUsers>;
  /** Habits: always as if they were worked out anew from the finished activities that are there. */
  features(call: Caller & { question: FeaturesQuestion }): Promise<Features>;
  /** Places among those who are visible, as `placeAmong` tells them. */
  ranks(call: Caller & { question: RanksQuestion }): Promise<Ranks>;
  /**
   * Asks somebody to be a friend. The answer is the same whether they are undecided, have said no, block the caller, hide
   * or do not exist; who has asked the caller, too, is a friend at once.
   */
  requestFriend(
    call: Caller & { to: Asking },
  ): Promise<{ answer: SentRequest | Friendship; isNew: boolean; told: UserId[] }>;
  /** Answers a received request, as often as one likes with the same result. Who is declined is not told. */
  answerFriendRequest(
    call: Caller & { id: string; state: 'accepted' | 'declined' },
  ): Promise<{ answer: Friendship | Declined; told: UserId[] }>;
  friendRequests(call: Caller): Promise<FriendRequests>;
  friends(call: Caller): Promise<Friends>;
  /** Ends a friendship or takes a request back; nothing, when the id is nobody's. */
  removeFriend(call: Caller & { id: string }): Promise<void>;
  blocks(call: Caller): Promise<Blocks>;
  /** Ends everything between two users, and keeps them from finding each other. */
  block(call: Caller & { id: string }): Promise<void>;
  unblock(call: Caller & { id: string }): Promise<void>;
  /** Keeps an invitation, by the SHA-256 of its secret. */
  invite(call: Caller & { hash: Uint8Array }): Promise<{ expiresAt: string }>;
  /** What happened behind sequence number `after`, oldest first, at most 100; nothing, without `after`. */
  events(call: Caller & { after?: number }): Promise<{ user: UserId; last: number; events: Event[] }>;
  /**
   * Forgets what is past its time, a bounded piece at a time. Resolves to whether there is more to do.
   * @throws StoreFailure also when all is done and another process over the store has another retention (`differs`)
   */
  sweep(call: { now: number; retentionMs: number }): Promise<boolean>;
  /** How many users there are, and how many activities go on that others can find. */
  counts(call: { now: number }): Promise<Counts>;
  /** Resolves when the store can read and write. */
  check(): Promise<void>;
  /** Resolves when everything accepted is on disk and the store is released. */
  close(): Promise<void>;
  /** Resolves when the store has stopped by itself, with the reason: it carries out nothing more. */
  readonly ended: Promise<StoreFailure>;
  /** Of a store that several processes share. */
  readonly feed?: Feed;
}

/** What can be asked of a store. */
export type OperationName = Exclude<keyof Store, 'close' | 'ended' | 'feed'>;

/** A store all of whose operations are carried out in one way. */
export function storeOf(
  operation: <Name extends OperationName>(name: Name) => Store[Name],
  rest: Pick<Store, 'close' | 'ended' | 'feed'>,
): Store {
  return {
    createUser: operation('createUser'),
    me: operation('me'),
    updateMe: operation('updateMe'),
    rotateToken: operation('rotateToken'),
    deleteMe: operation('deleteMe'),
    exportMe: operation('exportMe'),
    exportActivities: operation('exportActivities'),
    exportMatches: operation('exportMatches'),
    publish: operation('publish'),
    activities: operation('activities'),
    concurrentUsers: operation('concurrentUsers'),
    features: operation('features'),
    ranks: operation('ranks'),
    requestFriend: operation('requestFriend'),
    answerFriendRequest: operation('answerFriendRequest'),
    friendRequests: operation('friendRequests'),
    friends: operation('friends'),
    removeFriend: operation('removeFriend'),
    blocks: operation('blocks'),
    block: operation('block'),
    unblock: operation('unblock'),
    invite: operation('invite'),
    events: operation('events'),
    sweep: operation('sweep'),
    counts: operation('counts'),
    check: operation('check'),
    ...rest,
  };
}

export interface StoreOptions {
  /** Whether each publish looks for matches and tells them; true when missing. Searches find everybody either way. */
  matches?: boolean;
}

/** Why a store cannot be opened, or cannot go on: in words for its operator. */
export class StoreFailure extends Error {
  override readonly name = 'StoreFailure';

  constructor(
    message: string,
    /**
     * For what an operator sees at a glance: another endpoint has it, it is none of our files, its server is not there, its
     * disk is full; or nothing has failed, and another endpoint over it was started with something else.
     */
    readonly reason?: 'in-use' | 'damaged' | 'away' | 'full' | 'differs',
  ) {
    super(message);
  }
}
