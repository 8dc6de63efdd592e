import type { Relation } from '../../../schema/index.js';
import type { IdBatch } from '../../rules/shown-ids.js';

/** The ids in the answers of one transaction. */
export interface AnswerIds {
  /** By which people are shown. */
  shown: IdBatch;
  matches: IdBatch;
}

/**
 * People as JSON, written straight from what is in memory: by way of objects it costs three times as much. Who adds somebody
 * adds both their ids to `ids` before; they are made, with those of other answers, when the text is asked for.
 */
export class PeopleText {
  readonly #between: string[] = [];
  readonly #first: number;
  readonly #firstMatch: number;

  constructor(
    readonly ids: AnswerIds,
    private readonly activity: string,
  ) {
    this.#first = ids.shown.count;
    this.#firstMatch = ids.matches.count;
  }

  /** @param name as JSON */
  add(name: string, seconds: number, nearby: boolean, relation: Relation): void {
    this.#between.push(
      `","name":${name}},"activity":"${this.activity}","window":"overlap","overlapSeconds":${seconds},"nearby":${nearby},"relation":"${relation}","matchId":"`,
    );
  }

  toString(): string {
    const { shown, matches } = this.ids;
    let json = '';
    for (const [index, between] of this.#between.entries()) {
      const [id, matchId] = [shown.id(this.#first + index), matches.id(this.#firstMatch + index)];
      json += `${index > 0 ? ',' : ''}{"user":{"id":"${id}${between}${matchId}"}`;
    }
    return json;
  }
}
