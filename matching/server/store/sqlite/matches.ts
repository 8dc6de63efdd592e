import type { Match, Person } from '../../../schema/index.js';
import { type Home, isNearby, NEARBY_KM } from '../../rules/cells.js';
import type { IdBatch } from '../../rules/id-batch.js';
import { type Shown, type StoredSpan, shownIn } from '../../rules/live.js';
import { KEEP_MINUTES } from '../../rules/people.js';
import { MOST_OWN } from '../../rules/sharing.js';
import { ShownIds } from '../../rules/shown-ids.js';
import { DAY_MINUTES, isoMinute, MINUTE_MS, minuteOf } from '../../rules/time.js';
import type { Told } from '../../rules/told.js';
import type { MatchPage } from '../store.js';
import { type Companion, Companions } from './companions.js';
import type { Database } from './database.js';
import type { Relations, Relationships } from './friends/relations.js';
import type { KnownUsers } from './known.js';
import { type LiveIndex, positionOf } from './live.js';
import { MatchIds } from './match-ids.js';
import { type Side, sidesOf, write } from './meeting.js';
import type { Meetings, OwnActivity } from './meetings.js';
import type { Memory } from './memory.js';
import { RecentMatches } from './recent.js';
import type { Entry } from './run.js';
import { minuteOfNumber, type Sequence } from './sequence.js';
import type { Topics } from './topics.js';
import type { UserRow } from './users.js';

/** Matches that are told at a time. */
const MOST_TOLD = 100;

/** Who is told of an activity. */
export interface NewMatch extends Companion {
  seconds: number;
}

/** What both sides of each match have been told, and are shown of it. */
export class Matches {
  readonly #ids: MatchIds;
  readonly #companions: Companions;
  readonly #recent = new RecentMatches();

  constructor(
    private readonly db: Database,
    private readonly meetings: Meetings,
    private readonly known: KnownUsers,
    private readonly topics: Topics,
    private readonly live: LiveIndex,
    private readonly relations: Relations,
    private readonly sequence: Sequence,
    memory: Memory,
  ) {
    this.#companions = new Companions(memory);
    this.#ids = new MatchIds(db);
  }

  /** Writes down the matches of an activity that has just been found, for both sides. @param own its entry, and whose it is */
  tell(topic: number, own: Omit<Companion, 'nearby'>, matches: readonly NewMatch[], now: number): void {
    const { user, activity: key } = own.entry;
    const at = minuteOf(now);
    const pairs: number[] = [];
    const far = this.meetings.farIn(topic, [key, ...matches.map(({ entry }) => entry.activity)]);
    for (const match of matches) {
      const { entry, seconds, nearby } = match;
      const { user: other, activity: theirs } = entry;
      this.#companions.add(key, match);
      this.#companions.add(theirs, { entry: own.entry, user: own.user, nearby });
      const [mine, their] = [this.sequence.next(user, now), this.sequence.next(other, now)];
      const both = { topic, at, seconds, nearby };
      if (this.#recent.hears(user)) this.#recent.add({ ...both, user, mine: key, other, theirs, seq: mine });
      if (this.#recent.hears(other)) {
        this.#recent.add({ ...both, user: other, mine: theirs, other: user, theirs: key, seq: their });
      }
      const isNewer = theirs < key;
      if (isNewer || key < far) write(pairs, at, { other: theirs, user: other, seqs: [mine, their], seconds, nearby });
      if (isNewer && theirs >= far) continue;
      const pair = { other: key, user, seqs: [their, mine], seconds, nearby } as const;
      this.meetings.add({ topic, newer: theirs, at, user: other, pairs: write([], at, pair).join() });
    }
    if (pairs.length > 0) this.meetings.add({ topic, newer: key, at, user, pairs: pairs.join() });
  }

  /** An activity has been taken in that has met nobody yet. */
  begin(key: number): void {
    this.#companions.begin(key);
  }

  /** Whom an activity has been matched with, as far as they can still be found. @param home of its owner */
  people(own: OwnActivity, home: Home | null): readonly Companion[] {
    const known = this.#companions.of(own.key);
    if (known) return known;
    const entries =
      this.#companions.entriesOf(own.key) ??
      this.meetings.sidesOf(own).flatMap(({ theirs }) => this.#entryOf(own.topic, theirs) ?? []);
    const companions = entries.flatMap((entry) => {
      const user = this.known.get(entry.user);
      return user ? { entry, user, nearby: isNearby(home, entry.home, NEARBY_KM) } : [];
    });
    return this.#companions.begin(own.key, companions);
  }

  /** The activities that an activity has been matched with. */
  othersOf(activity: OwnActivity): ReadonlySet<number> {
    const entries = this.#companions.entriesOf(activity.key);
    if (entries) return new Set(entries.map((entry) => entry.activity));
    return new Set(this.meetings.sidesOf(activity).map(({ theirs }) => theirs));
  }

  /** An activity is found elsewhere in the index than before, or its owner lives elsewhere. */
  moved(activity: OwnActivity): void {
    this.#companions.forget(activity.key);
    for (const { theirs } of this.meetings.sidesOf(activity)) this.#companions.forget(theirs);
  }

  /** The same, for all of a user's. */
  movedUser(user: number, now: number): void {
    for (const activity of this.meetings.ownOf(user, now - DAY_MINUTES * MINUTE_MS)) this.moved(activity);
  }

  /** After an activity ended: it is asked about seldom. */
  end(key: number): void {
    this.#companions.forget(key);
  }

  /** After a transaction was taken back. */
  forget(): void {
    this.#companions.forget();
    this.#recent.forget();
  }

  /** Ids of matches to be made together, by `addMatch`. */
  newIds(): IdBatch {
    return this.#ids.batch();
  }

  /** The match of a user's with an id, if it is theirs. */
  find(user: number, id: string): Side | undefined {
    const pair = this.#ids.read(id);
    const rows = this.meetings.rowsOf(pair.topic, Math.max(...pair.activities));
    const sides = rows.flatMap((row) => [...sidesOf(row, pair.activities[0]), ...sidesOf(row, pair.activities[1])]);
    return sides.find((side) => side.user === user && pair.activities.includes(side.theirs));
  }

  /** What two users were doing at the same time: in the match that is named, or last. */
  activityOf(user: number, other: number, now: number, matchId?: string): string | null {
    const named = matchId === undefined ? undefined : this.find(user, matchId);
    const side = named ?? this.#sidesOf(user, oldest(now), now).findLast((one) => one.other === other);
    return side ? this.topics.nameOf(side.topic) : null;
  }

  /** What a user was told behind a sequence number, oldest first, at most MOST_TOLD. Who does not show any more has no event. */
  events(user: UserRow, after: number, now: number): Told[] {
    const told = this.#toldBehind(user, after, now).slice(0, MOST_TOLD);
    this.#recent.listen(user.key, after, this.sequence.last(user.key, now));
    const show = this.#showing(user, now);
    return told.map((side) => {
      const match = show(side);
      return { seq: side.seq, event: match && { id: String(side.seq), type: 'match', match } };
    });
  }

  #toldBehind(user: UserRow, after: number, now: number): Side[] {
    const recent = this.#recent.behind(user.key, after);
    if (recent) return recent;
    // After a clock that was ahead, numbers are of minutes that have not come yet; activities are of today.
    const told = Math.min(minuteOfNumber(after), minuteOf(now));
    const since = Math.max(oldest(now), (told - DAY_MINUTES) * MINUTE_MS);
    const sides = this.#sidesOf(user.key, since, now).filter(({ seq }) => seq > after);
    this.#recent.keep(user.key, after, sides);
    return sides;
  }

  /** What a user was told in some of their activities, the oldest first, for their export. @param after where to go on */
  page(user: UserRow, after: string | undefined, now: number): MatchPage {
    const show = this.#showing(user, now);
    const { own, ...next } = this.meetings.ownBehind(user.key, oldest(now), after);
    const sides = own.flatMap((activity) => this.meetings.sidesOf(activity)).sort((a, b) => a.seq - b.seq);
    return { matches: sides.flatMap((side) => show(side) ?? []), ...next };
  }

  #showing(user: UserRow, now: number): (side: Side) => Match | undefined {
    const shown = new ShownIds(user.relation_key);
    const relations = this.relations.seenBy(user, now);
    return (side) => this.#shown(user, shown, relations, side);
  }

  #shown(user: UserRow, shown: ShownIds, relations: Relationships, side: Side): Match | undefined {
    const other = this.known.get(side.other)?.row;
    if (!other?.discoverable || !user.discoverable || relations.isHidden(side.other)) return undefined;
    const person: Person = {
      user: { id: shown.of(other.id), name: other.name },
      activity: this.topics.nameOf(side.topic),
      window: 'overlap',
      overlapSeconds: side.seconds,
      nearby: side.nearby,
      relation: relations.to(side.other),
      matchId: this.#ids.of(side.topic, side.mine, side.theirs),
    };
    return { at: isoMinute(side.at), person };
  }

  /** Forgets every match of a user, on both sides. */
  forgetUser(user: number, now: number): void {
    for (const activity of this.meetings.ownOf(user, oldest(now))) this.forgetActivity(activity);
  }

  /** Forgets every match of two users with each other. */
  forgetPair(user: number, other: number, now: number): void {
    for (const activity of this.meetings.ownOf(user, oldest(now))) {
      for (const side of this.meetings.sidesOf(activity)) if (side.other === other) this.#forgetSide(side);
      this.#companions.forget(activity.key);
    }
  }

  /** Forgets every match of one activity, on both sides. */
  forgetActivity(activity: OwnActivity): void {
    for (const side of this.meetings.sidesOf(activity)) this.#forgetSide(side);
    this.#companions.forget(activity.key);
  }

  #forgetSide({ user, other, topic, mine, theirs, at }: Side): void {
    this.#recent.forget(user);
    this.#recent.forget(other);
    this.meetings.take(topic, mine, theirs, at);
    this.meetings.take(topic, theirs, mine, at);
    this.#companions.remove(theirs, mine);
  }

  /** Of a user's newest activities, in the order in which they were told. @param since a day ago at least, and eight at most */
  #sidesOf(user: number, since: number, now: number): Side[] {
    const days = Math.floor((now - since) / (DAY_MINUTES * MINUTE_MS));
    const own = this.meetings.ownOf(user, since, days * MOST_OWN);
    return own.flatMap((activity) => this.meetings.sidesOf(activity)).sort((a, b) => a.seq - b.seq);
  }

  /** Forgets old matches, at most 500 of each topic. */
  sweep(nowMinute: number): number {
    const count = this.topics.keys().reduce((sum, topic) => sum + this.meetings.sweep(topic, nowMinute), 0);
    this.#recent.forgetBefore(nowMinute - KEEP_MINUTES);
    return count;
  }

  /** An activity is gone from the disk: without it, nobody would find its matches when its owner leaves or hides. */
  forgetOld(
    { key, user, closes }: { key: number; user: number; closes: number },
    [whole]: StoredSpan[],
    now: number,
  ): void {
    this.#recent.forget(user);
    if (whole && closes >= oldest(now)) this.forgetActivity({ key, topic: whole[0], closes });
  }

  #entryOf(topic: number, key: number): Entry | undefined {
    const row = this.db.get<Shown & { id: string; spans: string; closes: number }>(
      `SELECT activity.id, spans, closes, shown_since FROM activity JOIN user ON user.key = activity.user
       WHERE activity.key = ?`,
      key,
    );
    const whole = row && shownIn(row, row)[0];
    return whole && this.live.find(topic, positionOf(whole[1], { key, id: row.id }));
  }
}

/** What was over before this has no match that is remembered: what ended a day ago is still matched. */
function oldest(now: number): number {
  return (minuteOf(now) - KEEP_MINUTES - DAY_MINUTES) * MINUTE_MS;
}
