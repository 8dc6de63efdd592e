import { MAX_MATCHES, type PublishAnswer, type StoredActivity } from '../../../schema/index.js';
import { Refusal } from '../../refusal.js';
import { claimedOf } from '../../rules/claims.js';
import { type Publication, type Span, spansOf } from '../../rules/publication.js';
import type { Caller, Published } from '../store.js';
import type { Database } from './database.js';
import type { Features } from './features.js';
import type { Friends } from './friends/friends.js';
import { claimIn, isCurrent, type LiveIndex, positionOf, type StoredSpan, spansIn } from './live.js';
import type { Matches } from './matches.js';
import type { FoundPerson, People } from './people.js';
import { type Entry, NEVER } from './run.js';
import type { Topics } from './topics.js';
import type { UserRow, Users } from './users.js';

export interface ActivityRow {
  key: number;
  id: string;
  revision: number;
  activity: string;
  state: StoredActivity['state'];
  started: number;
  ended: number | null;
  closes: number;
  body: string | null;
  spans: string;
}

type Outcome = PublishAnswer['outcome'];

const COLUMNS = 'key, id, revision, activity, state, started, ended, closes, body, spans';

/** Takes activities in: once each, the newest revision only, and found at once by whoever may find them. */
export class Publishing {
  constructor(
    private readonly db: Database,
    private readonly users: Users,
    private readonly topics: Topics,
    private readonly live: LiveIndex,
    private readonly matches: Matches,
    private readonly people: People,
    private readonly friends: Friends,
    private readonly features: Features,
    /** Whether matches are looked for and told. */
    private readonly tells: boolean,
  ) {}

  publish(call: Caller & { publication: Publication }): Published {
    const user = this.users.caller(call);
    const { row, outcome } = this.#store(user, call.publication, call.now);
    const { matches, told } = this.#match(user, row, outcome, call.now);
    const friendRequests = this.friends.requests.count(user, call.now);
    const answer: PublishAnswer = { outcome, activity: activityOf(row), matches, friendRequests };
    return { outcome, activity: row.activity, state: row.state, json: JSON.stringify(answer), told };
  }

  #store(user: UserRow, given: Publication, now: number): { row: ActivityRow; outcome: Outcome } {
    const before = this.db.get<ActivityRow>(
      `SELECT ${COLUMNS} FROM activity WHERE user = ? AND id = ?`,
      ...[user.key, given.id],
    );
    if (before && before.revision >= given.revision) return { row: before, outcome: 'unchanged' };
    if (!before && this.live.isFull(user.key)) {
      throw new Refusal('limit-reached', 'You have more activities in one day than anybody can: publish less');
    }
    const discarded = given.state === 'discarded';
    const spans = discarded ? [] : this.#stored(spansOf(given), before ? spansIn(before) : [], now);
    const row = before ? this.#update(before.key, given, spans) : this.#insert(user, given, spans, now);
    this.features.change(user.key, before, row);
    if (discarded && before) this.matches.forgetActivity(user.key, before.key);
    if (user.discoverable) {
      const found = isCurrent(given.closes, now) ? spans : [];
      this.live.change(user, row, before ? spansIn(before) : [], found);
    }
    return { row, outcome: before ? 'updated' : 'created' };
  }

  #insert(user: UserRow, given: Publication, spans: StoredSpan[], now: number): ActivityRow {
    return this.db.get<ActivityRow>(
      `INSERT INTO activity (user, id, revision, activity, state, started, ended, closes, body, spans, received)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING ${COLUMNS}`,
      ...[user.key, given.id, given.revision, given.activity, given.state, given.started, given.ended ?? null],
      ...[given.closes, bodyOf(given), JSON.stringify(spans), now],
    ) as ActivityRow;
  }

  #update(key: number, given: Publication, spans: StoredSpan[]): ActivityRow {
    return this.db.get<ActivityRow>(
      `UPDATE activity SET revision = ?, activity = ?, state = ?, started = ?, ended = ?, closes = ?, body = ?, spans = ?
       WHERE key = ? RETURNING ${COLUMNS}`,
      ...[given.revision, given.activity, given.state, given.started, given.ended ?? null],
      ...[given.closes, bodyOf(given), JSON.stringify(spans), key],
    ) as ActivityRow;
  }

  #stored(spans: Span[], before: StoredSpan[], now: number): StoredSpan[] {
    return spans.map(({ topic, ...minutes }) => {
      const key = this.topics.keyOf(topic);
      const earlier = before.filter(([of]) => of === key).map(claimIn);
      const claimed = claimedOf(minutes, earlier, now);
      const isWhole = claimed.from === minutes.from && claimed.to === minutes.to;
      return [key, minutes.from, minutes.to, ...(isWhole ? ([] as const) : ([claimed.from, claimed.to] as const))];
    });
  }

  /**
   * The people of the moment. When an activity begins to be found, they are told of it, and its owner of them, as far as
   * neither has been told of enough: whoever begins later will do the same.
   */
  #match(
    user: UserRow,
    row: ActivityRow,
    outcome: Outcome,
    now: number,
  ): { matches: PublishAnswer['matches']; told: string[] } {
    const whole = spansIn(row)[0];
    const mine = whole && this.live.find(whole[0], positionOf(whole[1], row));
    if (!this.tells || !whole || !mine) return { matches: [], told: [] };
    const exact = { from: row.started, to: row.closes };
    const time = { minutes: { from: whole[1], to: whole[2] }, claimed: claimIn(whole), exact };
    const found = this.people.during(user, row.activity, time, MAX_MATCHES, now);
    // None of what has just been created can be isNew.
    const isNew = outcome === 'created' || mine.told === 0;
    const ids = isNew ? new Map<number, string>() : this.matches.idsOf(user.key, row.key);
    const told = mine.told !== NEVER ? [] : this.#tell(user, mine, found, ids, row.activity);
    const matches = found.map(({ person, match }) => {
      const matchId = ids.get(match.theirs);
      return matchId === undefined ? person : { ...person, matchId };
    });
    return { matches, told: told.length > 0 ? [...told, user.id] : told };
  }

  /** @param ids those of the matches known so far, by the other side's activity; takes those of the new ones */
  #tell(user: UserRow, mine: Entry, found: FoundPerson[], ids: Map<number, string>, activity: string): string[] {
    const told = found.filter(({ match, entry }) => {
      if (ids.has(match.theirs) || ids.size >= MAX_MATCHES || entry.told >= MAX_MATCHES) return false;
      ids.set(match.theirs, this.matches.tell(user, { ...match, mine: mine.activity, activity }));
      this.live.alter(entry, { told: Math.max(0, entry.told) + 1 });
      return true;
    });
    this.live.alter(mine, { told: ids.size });
    return told.map(({ userId }) => userId);
  }
}

function bodyOf({ state, body }: Publication): string | null {
  return state === 'discarded' ? null : body;
}

/** An activity as its owner gets it back. */
export function activityOf(row: ActivityRow): StoredActivity {
  const { id, revision, activity, state, started, ended, closes, body } = row;
  return {
    id,
    revision,
    activity,
    state,
    startedAt: new Date(started).toISOString(),
    ...(ended === null ? {} : { endedAt: new Date(ended).toISOString() }),
    ...(ended === null && state !== 'discarded' ? { endsAt: new Date(closes).toISOString() } : {}),
    ...(body ? (JSON.parse(body) as object) : {}),
  };
}
