import type { Activity } from '../../vocabulary/index.js';
import {
  type ActivityPage,
  type ActivityPageQuery,
  type Blocks,
  type ConcurrentUsers,
  type ConcurrentUsersQuery,
  type CreatedUser,
  type Declined,
  type Export,
  type Features,
  type FeaturesQuery,
  type FriendRequests,
  type Friends,
  type Friendship,
  type Me,
  type MePatch,
  type NewFriendRequest,
  type NewInvitation,
  type NewUser,
  type PublishAnswer,
  problemCode,
  type Ranks,
  type RanksQuery,
  ROUTES,
  type RouteName,
  type SentRequest,
} from '../schema/index.js';
import { EndpointError } from './error.js';
import { type Connection, call } from './http.js';
import { localTimeZone } from './time-zone.js';
import { type WatchOptions, watch } from './watch.js';

interface ClientOptions {
  /** Where the endpoint is, with its path prefix if it has one: `http://hub.local:1880/kindred`. */
  url: string;
  token?: string;
  /** For a whole call; 10,000 ms when missing. */
  timeoutMs?: number;
  /** Ends every call of this client. */
  signal?: AbortSignal;
}

/** Bytes of an export: thousands of activities fit. */
const MAX_EXPORT = 32 * 1024 * 1024;

/** Talks to a matching endpoint. Every method throws EndpointError, or the signal's reason once that is aborted. */
export class KindredClient {
  readonly #connection: Connection;

  /** @throws TypeError when the address is none of HTTP */
  constructor({ url, timeoutMs = 10_000, token, signal }: ClientOptions) {
    this.#connection = {
      url: baseOf(url),
      timeoutMs,
      ...(token ? { token } : {}),
      ...(signal ? { signal } : {}),
    };
  }

  /** Joins. The token is shown this once: keep it. */
  createUser(user: NewUser): Promise<CreatedUser> {
    return this.#call('createUser', { body: user });
  }

  me(): Promise<Me> {
    return this.#call('me');
  }

  /** Changes name, discoverability or cell. */
  updateMe(patch: MePatch): Promise<Me> {
    return this.#call('updateMe', { body: patch });
  }

  /** Leaves, with everything. */
  deleteMe(): Promise<void> {
    return this.#call('deleteMe');
  }

  /** A new token; the one this client has ends at once. */
  rotateToken(): Promise<{ token: string }> {
    return this.#call('rotateToken');
  }

  exportMe(): Promise<Export> {
    return this.#call('exportMe');
  }

  /**
   * Publishes an activity, with the time zone of this house. Doing it again is harmless. What others need not know stays at
   * home: appliance, place and cups.
   */
  publish(activity: Activity): Promise<PublishAnswer> {
    const { id, appliance: _appliance, place: _place, cups: _cups, confidence: _confidence, ...body } = activity;
    return this.#inZone((zone) => this.#call('publish', { body: { ...body, ...zone }, id }));
  }

  /** Own activities, newest first. */
  activities(query: ActivityPageQuery = {}): Promise<ActivityPage> {
    return this.#call('activities', { query });
  }

  /** The people who are doing the same thing at the same time. */
  concurrentUsers(query: ConcurrentUsersQuery): Promise<ConcurrentUsers> {
    return this.#call('concurrentUsers', { query });
  }

  /** Your habits, of one kind of activity or of all; today is by the clock of this house, when no zone is given. */
  features(query: FeaturesQuery = {}): Promise<Features> {
    return this.#inZone((zone) => this.#call('features', { query: { ...zone, ...query } }));
  }

  /** Where you stand among others, without a word of who they are. The period is of this house, when no zone is given. */
  ranks(query: RanksQuery): Promise<Ranks> {
    return this.#inZone((zone) => this.#call('ranks', { query: { ...zone, ...query } }));
  }

  /**
   * Asks somebody to be a friend: by a match or the id of a person that the endpoint reported, or with an invitation. An
   * open request says nothing of the other one; `accepted` means that they are a friend already or from now on.
   */
  requestFriend(request: NewFriendRequest): Promise<SentRequest | Friendship> {
    return this.#call('requestFriend', { body: request });
  }

  /** The requests that are open. */
  friendRequests(): Promise<FriendRequests> {
    return this.#call('friendRequests');
  }

  acceptFriendRequest(id: string): Promise<Friendship> {
    return this.#call('answerFriendRequest', { id, body: { state: 'accepted' } });
  }

  /** The asker is not told. */
  declineFriendRequest(id: string): Promise<Declined> {
    return this.#call('answerFriendRequest', { id, body: { state: 'declined' } });
  }

  friends(): Promise<Friends> {
    return this.#call('friends');
  }

  /** Ends a friendship, or takes a request back. @param id of the user, as the endpoint showed it */
  removeFriend(id: string): Promise<void> {
    return this.#call('removeFriend', { id });
  }

  blocks(): Promise<Blocks> {
    return this.#call('blocks');
  }

  /** Neither sees the other from now on. @param id of the user, as the endpoint showed it */
  block(id: string): Promise<void> {
    return this.#call('block', { id });
  }

  unblock(id: string): Promise<void> {
    return this.#call('unblock', { id });
  }

  /** Makes an invitation to friendship, for whoever uses it first. Its secret is shown this once. */
  invite(): Promise<NewInvitation> {
    return this.#call('invite');
  }

  /** Follows what happens until the signal is aborted; comes back by itself after a broken connection, and misses nothing. */
  watch(options: WatchOptions): Promise<void> {
    return watch(this.#connection, ROUTES.events.path, options);
  }

  /** An endpoint may not know this zone, which may be newer than it is: then without one, rather than not at all. */
  async #inZone<T>(carryOut: (zone: { timeZone?: string }) => Promise<T>): Promise<T> {
    const timeZone = localTimeZone();
    try {
      return await carryOut(timeZone === undefined ? {} : { timeZone });
    } catch (error) {
      const isUnknown = error instanceof EndpointError && problemCode(error.type) === 'bad-time-zone';
      if (!isUnknown || timeZone === undefined) throw error;
      return await carryOut({});
    }
  }

  #call<T>(route: RouteName, { id, ...parts }: { id?: string; query?: object; body?: object } = {}): Promise<T> {
    const base = ROUTES[route].path.replace(/\/\{\w+\}$/, '');
    const path = id === undefined ? base : `${base}/${encodeURIComponent(id)}`;
    const { method, answers } = ROUTES[route];
    const size = route === 'exportMe' ? { maxBytes: MAX_EXPORT } : {};
    return call<T>(this.#connection, { method, path, answers, ...size, ...parts });
  }
}

function baseOf(address: string): string {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new TypeError('The address of an endpoint starts with http:// or https://, such as http://127.0.0.1:8080');
  }
  return url.origin + url.pathname.replace(/\/+$/, '');
}
