import type { Relation } from '../../../schema/index.js';
import type { IdBatch } from '../../rules/id-batch.js';
import type { Known } from './known.js';
import { addMatch } from './match-ids.js';
import type { OwnActivity } from './meetings.js';

/** The ids in the answers of one transaction. */
export interface AnswerIds {
  /** By which people are shown. */
  shown: IdBatch;
  matches: IdBatch;
}

/**
 * People as JSON, written straight from what is in memory: by way of objects it costs three times as much. Their ids are made,
 * with those of the other answers, when the text is asked for.
 */
export class PeopleText {
  /** Of each person the two pieces between their id and the match's. */
  readonly #between: string[] = [];
  /** Numbers of the first person's ids among those of the transaction; the others' follow. */
  readonly #first: { id: number; match: number };
  /** How the last match stands to who is shown it, and that as text: most of an answer have the same. */
  #how = { seconds: Number.NaN, nearby: false, relation: '', text: '' };

  constructor(
    private readonly ids: AnswerIds,
    private readonly viewer: Known,
    private readonly own: OwnActivity,
    private readonly activity: string,
  ) {
    this.#first = { id: ids.shown.count, match: ids.matches.count };
  }

  /** @param theirs the key of the activity that one's own was matched with @param seconds that both share */
  add(person: Known, theirs: number, seconds: number, nearby: boolean, relation: Relation): void {
    this.ids.shown.add(person, this.viewer.viewing);
    addMatch(this.ids.matches, this.own.topic, this.own.key, theirs);
    const how = this.#how;
    if (how.seconds !== seconds || how.nearby !== nearby || how.relation !== relation) {
      const named = ['},"activity":"', this.activity, '","window":"overlap","overlapSeconds":', seconds];
      const text = [...named, ',"nearby":', nearby, ',"relation":"', relation, '","matchId":"'].join('');
      this.#how = { seconds, nearby, relation, text };
    }
    this.#between.push(person.named, this.#how.text);
  }

  /** Puts the pieces of the text behind others, to be joined at once: adding them up piece by piece takes twice as long. */
  write(pieces: (string | number)[]): void {
    const { shown, matches } = this.ids;
    const between = this.#between;
    let begin = '{"user":{"id":"';
    for (let at = 0; at < between.length; at += 2) {
      const [id, match] = [this.#first.id + at / 2, this.#first.match + at / 2];
      pieces.push(begin, shown.id(id), between[at] as string, between[at + 1] as string, matches.id(match));
      begin = '"},{"user":{"id":"';
    }
    if (between.length > 0) pieces.push('"}');
  }
}
