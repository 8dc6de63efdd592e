import { type Words, wordsOf } from '../../rules/id-batch.js';
import { keepNewest } from '../../rules/newest.js';
import { wordsOfId } from '../../rules/shown-ids.js';
import type { Database } from './database.js';
import type { Memory } from './memory.js';
import type { UserRow } from './users.js';

/**
 * What others are shown of a user. The words are those of their id, as others' ids for them are made of it: whoever shows
 * people reads them where the rest is, because most of the time it takes is waiting for memory.
 */
export interface Card extends Words {
  name: string;
}

/** A user, with what nearly every call asks about them. */
export interface Known extends Card {
  row: UserRow;
  isDiscoverable: boolean;
  /** Whether something of it has changed since: whoever holds on to it looks again. */
  isOld: boolean;
  /** Their name as it stands in JSON, behind an id of theirs. */
  named: string;
  /** The key by which they see others' ids. */
  viewing: Words;
  /** The hash of the token they have called with. */
  token: string | undefined;
  /** How they stand to others, by the others' keys: read when it is first needed. */
  relations: ReadonlyMap<number, number> | undefined;
  /** Whether somebody may be waiting for an answer of theirs: read when it is first needed. */
  isAsked: boolean | undefined;
}

const COLUMNS =
  'key, id, name, relation_key, discoverable, shown_since, cell, last_cell, cell_set_at, created, asked_on, asked';

/**
 * The users seen lately. This process alone writes the file, so what is in memory holds until one of its own statements
 * changes it: whoever changes a user, their relations or the requests to them forgets them here.
 */
export class KnownUsers {
  readonly #byKey = new Map<number, Known>();
  readonly #byToken = new Map<string, Known>();
  readonly #cards = new Map<number, Card>();

  constructor(
    private readonly db: Database,
    private readonly most: Pick<Memory, 'users' | 'cards'>,
  ) {}

  /** Whose token has this hash. */
  calling(credential: Uint8Array): Known | undefined {
    const token = Buffer.from(credential.buffer, credential.byteOffset, credential.byteLength).toString('latin1');
    const known = this.#byToken.get(token);
    if (known) return known;
    const row = this.db.get<UserRow>(`SELECT ${COLUMNS} FROM user WHERE token_hash = ?`, credential);
    if (!row) return undefined;
    const calling = this.#byKey.get(row.key) ?? this.#keep(row);
    calling.token = token;
    this.#byToken.set(token, calling);
    return calling;
  }

  get(key: number): Known | undefined {
    const known = this.#byKey.get(key);
    if (known) return known;
    const row = this.db.get<UserRow>(`SELECT ${COLUMNS} FROM user WHERE key = ?`, key);
    return row && this.#keep(row);
  }

  /**
   * What others are shown of a user. Whoever is not known stays so: the people of a large town are shown to each other by
   * chance, and would push out those who come back.
   */
  card(key: number): Card | undefined {
    const kept = this.#byKey.get(key) ?? this.#cards.get(key);
    if (kept) return kept;
    const row = this.db.get<Pick<UserRow, 'id' | 'name'>>('SELECT id, name FROM user WHERE key = ?', key);
    if (!row) return undefined;
    const card = cardOf(row);
    this.#cards.set(key, card);
    keepNewest(this.#cards, this.most.cards);
    return card;
  }

  /** A user who was known, as they are now. */
  current(known: Known): Known | undefined {
    return known.isOld ? this.get(known.row.key) : known;
  }

  /** Everybody, when nobody is named: after a transaction was taken back. */
  forget(key?: number): void {
    if (key === undefined) {
      this.#forgetKnown();
      this.#cards.clear();
      return;
    }
    this.#cards.delete(key);
    const known = this.#byKey.get(key);
    if (!known) return;
    this.#byKey.delete(key);
    this.#leave(known);
  }

  /** Whoever holds on to somebody who is not known any more would miss what changes. */
  #leave(known: Known): void {
    known.isOld = true;
    if (known.token !== undefined) this.#byToken.delete(known.token);
  }

  #forgetKnown(): void {
    for (const known of this.#byKey.values()) known.isOld = true;
    this.#byKey.clear();
    this.#byToken.clear();
  }

  #keep(row: UserRow): Known {
    const { word0, word1, word2, word3, name } = cardOf(row);
    const known: Known = {
      word0,
      word1,
      word2,
      word3,
      name,
      isDiscoverable: row.discoverable === 1,
      isOld: false,
      named: `","name":${JSON.stringify(row.name)}`,
      row: fast(row),
      viewing: wordsOf(row.relation_key),
      token: undefined,
      relations: undefined,
      isAsked: undefined,
    };
    this.#byKey.set(row.key, known);
    keepNewest(this.#byKey, this.most.users, (_key, left) => this.#leave(left));
    return known;
  }
}

function cardOf({ id, name }: Pick<UserRow, 'id' | 'name'>): Card {
  const { word0, word1, word2, word3 } = wordsOfId(id);
  return { word0, word1, word2, word3, name };
}

/** What SQLite gives is a hash table to the engine; one with a shape of its own is read several times as fast. */
function fast(row: UserRow): UserRow {
  const { key, id, name, relation_key, discoverable, shown_since, cell, last_cell, cell_set_at, created } = row;
  const { asked_on, asked } = row;
  return {
    key,
    id,
    name,
    relation_key,
    discoverable,
    shown_since,
    cell,
    last_cell,
    cell_set_at,
    created,
    asked_on,
    asked,
  };
}
