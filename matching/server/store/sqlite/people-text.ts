import type { Relation } from '../../../schema/index.js';
import { type IdBatch, wordsOf } from '../../rules/id-batch.js';
import type { Known } from './known.js';
import { addMatch } from './match-ids.js';
import type { OwnActivity } from './meetings.js';
import type { UserRow } from './users.js';

/** The ids in the answers of one transaction. */
export interface AnswerIds {
  /** By which people are shown. */
  shown: IdBatch;
  matches: IdBatch;
}

/** How a match stands to who is shown it. */
interface Shown {
  seconds: number;
  nearby: boolean;
  relation: Relation;
}

interface Numbered extends Shown {
  /** Their name as JSON. */
  name: string;
  /** Numbers of their ids among those of the transaction. */
  id: number;
  match: number;
}

/**
 * People as JSON, written straight from what is in memory: by way of objects it costs three times as much. Their ids are made,
 * with those of the other answers, when the text is asked for.
 */
export class PeopleText {
  readonly #people: Numbered[] = [];
  readonly #viewer: ReturnType<typeof wordsOf>;

  constructor(
    private readonly ids: AnswerIds,
    viewer: UserRow,
    private readonly own: OwnActivity,
    private readonly activity: string,
  ) {
    this.#viewer = wordsOf(viewer.relation_key);
  }

  /** @param theirs the key of the activity that one's own was matched with */
  add(person: Known, theirs: number, { seconds, nearby, relation }: Shown): void {
    const id = this.ids.shown.add(person.id, this.#viewer);
    const match = addMatch(this.ids.matches, this.own.topic, this.own.key, theirs);
    this.#people.push({ name: person.json, id, match, seconds, nearby, relation });
  }

  /** Puts the pieces of the text behind others, to be joined at once: adding them up piece by piece takes twice as long. */
  write(pieces: (string | number)[]): void {
    const { shown, matches } = this.ids;
    const between = `},"activity":"${this.activity}","window":"overlap","overlapSeconds":`;
    let begin = '{"user":{"id":"';
    for (const { name, id, match, seconds, nearby, relation } of this.#people) {
      const end = nearby ? ',"nearby":true,"relation":"' : ',"nearby":false,"relation":"';
      pieces.push(begin, shown.id(id), '","name":', name, between, seconds, end, relation, '","matchId":"');
      pieces.push(matches.id(match), '"}');
      begin = ',{"user":{"id":"';
    }
  }
}
