/**
 * The schema, step by step: a file at version n has had the first n of these. Every key starts with what a larger store
 * would be divided by. Minutes are counted from the epoch; other times are epoch milliseconds.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE user (
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    token_hash BLOB NOT NULL UNIQUE,
    relation_key BLOB NOT NULL,
    discoverable INTEGER NOT NULL,
    cell TEXT,
    last_cell TEXT,
    cell_set_at INTEGER,
    seq INTEGER NOT NULL DEFAULT 0,
    created INTEGER NOT NULL
  );

  CREATE TABLE topic (key INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);

  -- spans: JSON of [topic key, from, to] in minutes: what its rows in live are made from. A discarded one stays,
  -- emptied, until its retention ends, so that a late copy of its start does not bring it back.
  CREATE TABLE activity (
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    user INTEGER NOT NULL,
    id TEXT NOT NULL,
    revision INTEGER NOT NULL,
    activity TEXT NOT NULL,
    state TEXT NOT NULL,
    started INTEGER NOT NULL,
    ended INTEGER,
    closes INTEGER NOT NULL,
    body TEXT,
    spans TEXT NOT NULL,
    received INTEGER NOT NULL,
    UNIQUE (user, id)
  );

  -- The match index: who is found under a topic and a cell code, newest first. slot counts down with the starting minute.
  -- Only those who want to be found are in it. home: cell of resolution 6, or NULL.
  CREATE TABLE live (
    topic INTEGER NOT NULL,
    cell INTEGER NOT NULL,
    slot INTEGER NOT NULL,
    activity INTEGER NOT NULL,
    user INTEGER NOT NULL,
    ended INTEGER NOT NULL,
    home INTEGER,
    PRIMARY KEY (topic, cell, slot, activity)
  ) WITHOUT ROWID;

  -- One row for each side of a match; seq counts up for each user.
  CREATE TABLE match (
    user INTEGER NOT NULL,
    mine INTEGER NOT NULL,
    other INTEGER NOT NULL,
    theirs INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    id BLOB NOT NULL,
    activity TEXT NOT NULL,
    at INTEGER NOT NULL,
    seconds INTEGER NOT NULL,
    nearby INTEGER NOT NULL,
    PRIMARY KEY (user, mine, other, theirs)
  ) WITHOUT ROWID;
  CREATE INDEX match_seq ON match (user, seq);
  `,
  `
  -- Friend requests and invitations made on a day, counted from the epoch.
  ALTER TABLE user ADD COLUMN asked_on INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE user ADD COLUMN asked INTEGER NOT NULL DEFAULT 0;

  -- How a user stands to another one; state: bits of friend, blocks, is blocked, has declined. Friends and blocks have
  -- a row for each side.
  CREATE TABLE relation (
    user INTEGER NOT NULL,
    other INTEGER NOT NULL,
    state INTEGER NOT NULL,
    since INTEGER NOT NULL,
    PRIMARY KEY (user, other)
  ) WITHOUT ROWID;
  CREATE INDEX relation_other ON relation (other);
  CREATE INDEX relation_declined ON relation (since) WHERE state = 8;

  -- ref: the id that the asker gave, of a match or of a person. target: NULL when that is nobody.
  -- state: 0 open, 1 accepted, 2 open for the asker, and nothing for the target.
  CREATE TABLE friend_request (
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    asker INTEGER NOT NULL,
    ref TEXT NOT NULL,
    by_match INTEGER NOT NULL,
    id BLOB NOT NULL,
    target INTEGER,
    state INTEGER NOT NULL,
    activity TEXT,
    made INTEGER NOT NULL,
    UNIQUE (asker, ref, by_match)
  );
  CREATE INDEX friend_request_target ON friend_request (target, state, made);
  CREATE INDEX friend_request_made ON friend_request (made);

  -- What a user is told beside matches, in the same sequence; kind: 0 a request, 1 a yes.
  CREATE TABLE notice (
    user INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    other INTEGER NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (user, seq)
  ) WITHOUT ROWID;
  CREATE INDEX notice_other ON notice (other);
  CREATE INDEX notice_at ON notice (at);

  -- Whom a user blocks, by the id that was given, whether it is somebody's or not.
  CREATE TABLE block (
    user INTEGER NOT NULL,
    ref TEXT NOT NULL,
    since INTEGER NOT NULL,
    PRIMARY KEY (user, ref)
  ) WITHOUT ROWID;

  CREATE TABLE invitation (hash BLOB PRIMARY KEY, user INTEGER NOT NULL, made INTEGER NOT NULL) WITHOUT ROWID;
  CREATE INDEX invitation_user ON invitation (user);
  CREATE INDEX invitation_made ON invitation (made);
  `,
  `
  -- The match index is in memory: everything in it follows from the activities.
  DROP TABLE live;
  `,
  `
  -- To forget what is past its time, in whatever order it came.
  CREATE INDEX activity_received ON activity (received);
  `,
  `
  -- What is counted of a user's finished activities of one kind; see FeatureRow. With a rowid, because years of it are more
  -- than fits into a page without one.
  CREATE TABLE feature (
    user INTEGER NOT NULL,
    topic INTEGER NOT NULL,
    sums TEXT NOT NULL,
    days BLOB NOT NULL,
    PRIMARY KEY (user, topic)
  );

  -- Users whose activities are counted anew when the store is opened next.
  CREATE TABLE feature_due (user INTEGER PRIMARY KEY);
  INSERT INTO feature_due SELECT DISTINCT user FROM activity WHERE state = 'finished';
  `,
  `
  -- Matches: a row for those that one publish brought, kept by topic and time, so that what is written together lies together.
  -- newer: the activity with the greater key, user: its owner. pairs: see meeting.ts.
  CREATE TABLE meeting (
    topic INTEGER NOT NULL,
    newer INTEGER NOT NULL,
    at INTEGER NOT NULL,
    user INTEGER NOT NULL,
    pairs TEXT NOT NULL,
    PRIMARY KEY (topic, newer, at)
  ) WITHOUT ROWID;
  INSERT INTO meeting
    SELECT topic.key, mine.mine, mine.at, mine.user, group_concat(
        mine.theirs || ',' || mine.other || ',' || (mine.seq & 65535) || ',' || (yours.seq & 65535) || ',' ||
        (2 * mine.seconds + mine.nearby))
      FROM match mine
        JOIN match yours ON yours.user = mine.other AND yours.mine = mine.theirs
          AND yours.other = mine.user AND yours.theirs = mine.mine
        JOIN topic ON topic.name = mine.activity
      WHERE mine.mine > mine.theirs
      GROUP BY topic.key, mine.mine, mine.at;
  UPDATE notice SET seq = (at / 60000) * 65536 + (seq & 65535);

  -- The minute that the numbers of what users are told were counted in last.
  CREATE TABLE told (minute INTEGER NOT NULL);
  INSERT INTO told SELECT max(coalesce((SELECT max(at) FROM match), 0), coalesce((SELECT max(at / 60000) FROM notice), 0));
  DROP TABLE match;
  ALTER TABLE user DROP COLUMN seq;

  CREATE TABLE secret (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
  INSERT INTO secret VALUES ('match', randomblob(16));
  `,
  `
  -- Cells that were taken away and not forgotten yet: few, and found without walking all users.
  CREATE INDEX user_taken_cell ON user (cell_set_at) WHERE cell IS NULL AND cell_set_at IS NOT NULL;
  `,
  `
  -- Since when somebody shows themselves; 0 for who has done so ever since they joined, as far as that is known.
  ALTER TABLE user ADD COLUMN shown_since INTEGER NOT NULL DEFAULT 0;
  `,
];
