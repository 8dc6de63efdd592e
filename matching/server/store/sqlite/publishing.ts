import { MAX_MATCHES, type PublishAnswer, type StoredActivity } from '../../../schema/index.js';
import { type Publication, type Span, spansOf } from '../../rules/publication.js';
import type { Caller } from '../store.js';
import type { Database } from './database.js';
import type { Friends } from './friends/friends.js';
import { isCurrent, type LiveIndex, type StoredSpan, spansIn } from './live.js';
import type { Matches } from './matches.js';
import type { People } from './people.js';
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
    /** Whether matches are looked for and told. */
    private readonly tells: boolean,
  ) {}

  publish(call: Caller & { publication: Publication }): { answer: PublishAnswer; told: string[] } {
    const user = this.users.caller(call);
    const { row, outcome } = this.#store(user, call.publication, call.now);
    const { matches, told } = this.#match(user, row, call.now);
    const friendRequests = this.friends.requests.count(user, call.now);
    return { answer: { outcome, activity: activityOf(row), matches, friendRequests }, told };
  }

  #store(user: UserRow, given: Publication, now: number): { row: ActivityRow; outcome: Outcome } {
    const before = this.db.get<ActivityRow>(
      `SELECT ${COLUMNS} FROM activity WHERE user = ? AND id = ?`,
      ...[user.key, given.id],
    );
    if (before && before.revision >= given.revision) return { row: before, outcome: 'unchanged' };
    const discarded = given.state === 'discarded';
    const spans = discarded ? [] : this.#stored(spansOf(given));
    const row = before ? this.#update(before.key, given, spans) : this.#insert(user, given, spans, now);
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

  #stored(spans: Span[]): StoredSpan[] {
    return spans.map(({ topic, from, to }) => [this.topics.keyOf(topic), from, to]);
  }

  /** The people of the moment; whoever is new among them is told, too. */
  #match(user: UserRow, row: ActivityRow, now: number): { matches: PublishAnswer['matches']; told: string[] } {
    const whole = spansIn(row)[0];
    if (!this.tells || !user.discoverable || !whole || !isCurrent(row.closes, now)) return { matches: [], told: [] };
    const told: string[] = [];
    const exact = { from: row.started, to: row.closes };
    const time = { minutes: { from: whole[1], to: whole[2] }, exact };
    const found = this.people.during(user, row.activity, time, MAX_MATCHES, now);
    const matches = found.map(({ person, userId, match }) => {
      const known = this.matches.tell(user, { ...match, mine: row.key, activity: row.activity });
      if (known?.isNew) told.push(userId);
      return known ? { ...person, matchId: known.id } : person;
    });
    return { matches, told: told.length > 0 ? [...told, user.id] : told };
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
