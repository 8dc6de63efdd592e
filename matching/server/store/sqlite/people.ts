import type { ConcurrentUsers, Person } from '../../../schema/index.js';
import type { Found, LiveQuery } from '../../rules/gathering.js';
import { wordsOf } from '../../rules/id-batch.js';
import { homeOfUser, type StoredSpan, spansIn } from '../../rules/live.js';
import { answerTo, pageOf, queryOf, questionOf } from '../../rules/paging.js';
import {
  type ActivityTimes,
  exactSeconds,
  type Looking as LookingAt,
  MOMENT,
  type OwnTime,
  personOf,
  type ShownAs,
  secondsOf,
  shareOf,
  topicOf,
} from '../../rules/sharing.js';
import { newShownIds } from '../../rules/shown-ids.js';
import type { Search } from '../store.js';
import type { Database } from './database.js';
import type { Relations, Relationships } from './friends/relations.js';
import { searchFriends } from './friends/search.js';
import type { Known, KnownUsers } from './known.js';
import type { LiveIndex } from './live.js';
import { addMatch } from './match-ids.js';
import type { Matches } from './matches.js';
import type { OwnActivity } from './meetings.js';
import { newestOwn } from './newest-own.js';
import { type AnswerIds, PeopleText } from './people-text.js';
import type { Entry } from './run.js';
import { searchLive } from './search.js';
import type { Topics } from './topics.js';
import type { UserRow } from './users.js';

/** Who looks, and for what time. */
export interface Looking extends LookingAt {
  user: UserRow;
  relations: Relationships;
  /** Oneself, and whoever is blocked either way. */
  isHidden: (user: number) => boolean;
}

interface OwnRow extends ActivityTimes {
  key: number;
  spans: string;
}

/** Finds the people, and shows of them what their consent allows. */
export class People {
  #answerIds: AnswerIds | undefined;

  constructor(
    private readonly db: Database,
    private readonly topics: Topics,
    private readonly known: KnownUsers,
    private readonly live: LiveIndex,
    private readonly matches: Matches,
    private readonly relations: Relations,
  ) {}

  /** @throws Refusal not-discoverable, no-cell, bad-request */
  concurrent(user: UserRow, search: Search, asked: number): ConcurrentUsers {
    const topic = this.topics.find(topicOf(search));
    const question = questionOf(user, search, asked, topic, (window) => newestOwn(this.db, user.key, window));
    const answer = answerTo(question);
    if (topic === undefined) return answer;
    const looking = this.look(user, question.looking, question.looking.now);
    const query = { ...queryOf(question, topic, () => this.#newest()), isHidden: looking.isHidden };
    const found = this.#search(query, question.own ? search.among : 'friends', looking.relations);
    const { rows, ...page } = pageOf(question, query, found, (other) => looking.relations.to(other));
    return { ...answer, ...page, people: this.#show(looking, rows, search, question.own) };
  }

  #newest(): number {
    return this.db.get<{ key: number }>('SELECT key FROM activity ORDER BY key DESC LIMIT 1')?.key ?? 0;
  }

  /**
   * Whom an activity has been matched with, for a publish's answer.
   * @param isClaimed whether the minutes were claimed in time: otherwise only friends are shown
   */
  matched(looking: Looking, own: OwnActivity, activity: string, isClaimed: boolean): PeopleText {
    const viewer = this.known.get(looking.user.key) as Known;
    const text = new PeopleText(this.#ids(), viewer, own, activity);
    for (const { entry, user, nearby } of this.matches.people(own, looking.home)) {
      const other = this.known.current(user);
      if (!other || !this.#isShown(looking, entry, other, isClaimed)) continue;
      const relation = looking.relations.to(entry.user);
      const seconds =
        relation === 'friend'
          ? exactSeconds(this.#timesOf(entry), looking)
          : secondsOf(looking, entry.from, entry.ended, MOMENT);
      text.add(other, entry.activity, seconds, nearby, relation);
    }
    return text;
  }

  /** Friends whose time is the same, one entry each: no crowd hides them. */
  friends({ minutes, relations }: Looking, topic: number): Entry[] {
    const friends = relations.friends().filter((friend) => this.live.has(friend));
    if (friends.length === 0) return [];
    const query = { topic, minutes, turn: 0, newest: Number.POSITIVE_INFINITY };
    return searchFriends(this.db, query, friends).rows.flatMap((row) => this.live.find(topic, row) ?? []);
  }

  /** Those of the answers of one transaction are made together. */
  #ids(): AnswerIds {
    if (!this.#answerIds || this.#answerIds.shown.isMade) {
      this.#answerIds = { shown: newShownIds(256), matches: this.matches.newIds() };
    }
    return this.#answerIds;
  }

  #isShown({ minutes, relations }: Looking, { user, from, ended }: Entry, other: Known, isClaimed: boolean): boolean {
    if (from >= minutes.to || ended <= minutes.from) return false;
    return other.isDiscoverable && !relations.isHidden(user) && (isClaimed || relations.to(user) === 'friend');
  }

  look(user: UserRow, time: OwnTime, now: number): Looking {
    const relations = this.relations.seenBy(user, now);
    const isHidden = (other: number): boolean => other === user.key || relations.isHidden(other);
    return { user, home: homeOfUser(user), relations, isHidden, ...time, now };
  }

  /** In a crowd friends are found beside it, so that none is missing. */
  #search(query: LiveQuery, among: Search['among'], relations: Relationships): Found<Entry> {
    if (among === 'friends') return searchFriends(this.db, query, relations.friends());
    const found = searchLive(this.live, query);
    if (!found.truncated) return found;
    const users = new Set(found.rows.map(({ user }) => user));
    const friends = relations.friends().filter((friend) => !users.has(friend));
    return { ...found, rows: [...found.rows, ...searchFriends(this.db, query, friends).rows] };
  }

  /** @param own the activity whose matches they may be */
  #show(looking: Looking, entries: Entry[], as: ShownAs, own?: OwnRow): Person[] {
    const mine = own && { key: own.key, topic: (spansIn(own)[0] as StoredSpan)[0], closes: own.closes };
    const met = mine && entries.length > 0 ? this.matches.othersOf(mine) : undefined;
    const viewing = wordsOf(looking.user.relation_key);
    const ids = { shown: newShownIds(entries.length), matches: this.matches.newIds() };
    const shown = entries.map((entry) => {
      const card = this.known.card(entry.user);
      const isMet = mine && met?.has(entry.activity);
      return {
        ...{ entry, name: card?.name ?? '', id: card && ids.shown.add(card, viewing) },
        matchId: isMet ? addMatch(ids.matches, mine.topic, mine.key, entry.activity) : undefined,
      };
    });
    return shown.map(({ entry, name, id, matchId }) => {
      const card = { id: id === undefined ? '' : ids.shown.id(id), name };
      const share = shareOf(looking, entry, as);
      const person = personOf(looking, card, looking.relations.to(entry.user), share, as, () => this.#timesOf(entry));
      return matchId === undefined ? person : { ...person, matchId: ids.matches.id(matchId) };
    });
  }

  /** As far as its owner has shown it. */
  #timesOf({ activity }: Entry): ActivityTimes {
    const sql = `SELECT max(started, shown_since) AS started, closes FROM activity JOIN user ON user.key = activity.user
      WHERE activity.key = ?`;
    return this.db.get<ActivityTimes>(sql, activity) as ActivityTimes;
  }
}
