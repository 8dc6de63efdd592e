import { idOfBytes } from '../sqlite/ids.js';

type Row = Record<string, unknown>;

/** How the rows of one table come from SQLite, and go into PostgreSQL. */
export interface Table {
  name: string;
  /** Each column and its type. */
  columns: readonly (readonly [name: string, type: string])[];
  /** The columns of its key. The first one is the user's. */
  key: readonly string[];
  /** Selects the rows of users behind one key up to another. */
  select: string;
  map(row: Row): Row;
}

const asIs = (row: Row): Row => row;
const id = (bytes: unknown): string => idOfBytes(bytes as Uint8Array);

/** An activity that is forgotten, while a match of it is still remembered: any id of its own will do. */
function idOr(known: unknown, key: unknown): string {
  if (typeof known === 'string') return known;
  return `00000000-0000-8000-8000-${Number(key).toString(16).padStart(12, '0')}`;
}

/** Ends that were worked out of seconds once had fractions of a millisecond; what is counted and shown of them stays the same. */
function wholeEnds({ ended, closes }: Row): Row {
  return { ended: ended === null ? null : Math.floor(ended as number), closes: Math.floor(closes as number) };
}

/** Every table of a user's. What follows from them, as the match index, is made anew; topics are copied by themselves. */
export const TABLES: readonly Table[] = [
  {
    name: 'users',
    columns: [
      ['key', 'bigint'],
      ['id', 'uuid'],
      ['name', 'text'],
      ['token_hash', 'bytea'],
      ['relation_key', 'bytea'],
      ['discoverable', 'boolean'],
      ['cell', 'text'],
      ['last_cell', 'text'],
      ['cell_set_at', 'bigint'],
      ['created', 'bigint'],
      ['asked_on', 'int'],
      ['asked', 'int'],
      ['shown_since', 'bigint'],
    ],
    key: ['key'],
    select: 'SELECT * FROM user WHERE key > ? AND key <= ?',
    map: (row) => ({ ...row, discoverable: row.discoverable === 1 }),
  },
  {
    name: 'activity',
    columns: [
      ['user_key', 'bigint'],
      ['id', 'uuid'],
      ['number', 'bigint'],
      ['revision', 'bigint'],
      ['activity', 'text'],
      ['state', 'text'],
      ['started', 'bigint'],
      ['ended', 'bigint'],
      ['closes', 'bigint'],
      ['body', 'text'],
      ['spans', 'text'],
      ['received', 'bigint'],
      ['told', 'int'],
      ['looked', 'boolean'],
    ],
    key: ['user_key', 'id'],
    // As the embedded store takes it after a restart: who shows since it was taken in may not have looked.
    select: `SELECT activity.*, activity.key AS number, user AS user_key, received > shown_since AS looked,
        (SELECT count(*) FROM match WHERE match.user = activity.user AND mine = activity.key) AS told
      FROM activity JOIN user ON user.key = activity.user WHERE user > ? AND user <= ?`,
    map: (row) => ({ ...row, ...wholeEnds(row), told: row.told === 0 ? null : row.told, looked: row.looked === 1 }),
  },
  {
    name: 'match',
    columns: [
      ['user_key', 'bigint'],
      ['mine', 'uuid'],
      ['other', 'bigint'],
      ['theirs', 'uuid'],
      ['seq', 'bigint'],
      ['id', 'text'],
      ['activity', 'text'],
      ['at', 'int'],
      ['seconds', 'int'],
      ['nearby', 'boolean'],
    ],
    key: ['user_key', 'mine', 'other', 'theirs'],
    select: `SELECT match.*, match.user AS user_key, a.id AS mine_id, b.id AS theirs_id FROM match
      LEFT JOIN activity a ON a.key = match.mine LEFT JOIN activity b ON b.key = match.theirs
      WHERE match.user > ? AND match.user <= ?`,
    map: (row) => ({
      ...row,
      mine: idOr(row.mine_id, row.mine),
      theirs: idOr(row.theirs_id, row.theirs),
      nearby: row.nearby === 1,
    }),
  },
  {
    name: 'relation',
    columns: [
      ['user_key', 'bigint'],
      ['other', 'bigint'],
      ['state', 'int'],
      ['since', 'bigint'],
    ],
    key: ['user_key', 'other'],
    select: 'SELECT *, user AS user_key FROM relation WHERE user > ? AND user <= ?',
    map: asIs,
  },
  {
    name: 'friend_request',
    columns: [
      ['asker', 'bigint'],
      ['ref', 'text'],
      ['by_match', 'int'],
      ['key', 'bigint'],
      ['id', 'uuid'],
      ['target', 'bigint'],
      ['state', 'int'],
      ['activity', 'text'],
      ['made', 'bigint'],
    ],
    key: ['asker', 'ref', 'by_match'],
    select: 'SELECT * FROM friend_request WHERE asker > ? AND asker <= ?',
    map: (row) => ({ ...row, id: id(row.id) }),
  },
  {
    name: 'notice',
    columns: [
      ['user_key', 'bigint'],
      ['seq', 'bigint'],
      ['kind', 'int'],
      ['other', 'bigint'],
      ['at', 'bigint'],
    ],
    key: ['user_key', 'seq'],
    select: 'SELECT *, user AS user_key FROM notice WHERE user > ? AND user <= ?',
    map: asIs,
  },
  {
    name: 'block',
    columns: [
      ['user_key', 'bigint'],
      ['ref', 'text'],
      ['since', 'bigint'],
    ],
    key: ['user_key', 'ref'],
    select: 'SELECT *, user AS user_key FROM block WHERE user > ? AND user <= ?',
    map: asIs,
  },
  {
    name: 'feature',
    columns: [
      ['user_key', 'bigint'],
      ['topic', 'int'],
      ['sums', 'text'],
      ['days', 'bytea'],
    ],
    key: ['user_key', 'topic'],
    select: 'SELECT *, user AS user_key FROM feature WHERE user > ? AND user <= ?',
    map: asIs,
  },
  {
    name: 'invitation',
    columns: [
      ['user_key', 'bigint'],
      ['hash', 'bytea'],
      ['made', 'bigint'],
    ],
    key: ['hash'],
    select: 'SELECT *, user AS user_key FROM invitation WHERE user > ? AND user <= ?',
    map: asIs,
  },
];

/** What a table is called in SQLite. */
export const sourceName = ({ name }: Table): string => (name === 'users' ? 'user' : name);
/** The column that says whose a row is. */
export const ownerOf = ({ columns }: Table): string => (columns[0] as readonly [string, string])[0];

const columns = (names: string): ReadonlySet<string> => new Set(names.split(' '));

/** What is known of the file, by table: anything else would be lost without a word. */
export const SOURCE_COLUMNS: Readonly<Record<string, ReadonlySet<string>>> = {
  user: columns(
    'key id name token_hash relation_key discoverable shown_since cell last_cell cell_set_at created asked_on asked',
  ),
  activity: columns('key user id revision activity state started ended closes body spans received'),
  topic: columns('key name'),
  // Both sides of each match become rows; their numbers and ids stay what they were, so that the key of the ids is not needed.
  meeting: columns('topic newer at user pairs'),
  told: columns('minute'),
  secret: columns('name value'),
  relation: columns('user other state since'),
  friend_request: columns('key asker ref by_match id target state activity made'),
  notice: columns('user seq kind other at'),
  block: columns('user ref since'),
  feature: columns('user topic sums days'),
  invitation: columns('hash user made'),
  feature_due: columns('user'),
  migration: columns('version at'),
  sqlite_sequence: columns('name seq'),
};
