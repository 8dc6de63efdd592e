import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import fc from 'fast-check';
import type { PublishedActivity } from '../../matching/schema/index.js';
import { Refusal } from '../../matching/server/refusal.js';
import { toPublication } from '../../matching/server/rules/publication.js';
import { Database } from '../../matching/server/store/sqlite/database.js';
import { Engine } from '../../matching/server/store/sqlite/engine.js';
import { MEMORY, type Memory } from '../../matching/server/store/sqlite/memory.js';
import type { Search } from '../../matching/server/store/store.js';
import { NOW } from './store-conformance.js';
import { Cleanup, temporaryFolder } from './support.js';

const MINUTE = 60_000;
const CELLS = ['861e15b67ffffff', '861e126c7ffffff', null];
const USERS = 5;
/** For so many minutes activities are kept: for longer than anything is found, which is 38 hours. */
const KEPT = 41 * 60;

type Step =
  | {
      what: 'publish';
      user: number;
      which: number;
      minutesAgo: number;
      tea: boolean;
      state: PublishedActivity['state'];
    }
  | { what: 'show'; user: number; discoverable: boolean }
  | { what: 'move'; user: number; cell: number }
  | { what: 'rename'; user: number; name: string }
  | { what: 'block'; user: number; match: number }
  | { what: 'fail'; user: number }
  | { what: 'sweep'; user: number; minutesLater: number }
  | { what: 'listen'; user: number }
  | { what: 'search'; user: number };

const user = fc.nat(USERS - 1);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      what: fc.constant('publish' as const),
      user,
      which: fc.nat(1),
      minutesAgo: fc.constantFrom(0, 0, 0, 3, 40),
      tea: fc.integer({ min: 0, max: 7 }).map((chance) => chance === 0),
      state: fc.constantFrom('started' as const, 'ongoing' as const, 'finished' as const, 'discarded' as const),
    }),
  },
  fc.record({ what: fc.constant('show' as const), user, discoverable: fc.boolean() }),
  fc.record({ what: fc.constant('move' as const), user, cell: fc.nat(CELLS.length - 1) }),
  fc.record({ what: fc.constant('rename' as const), user, name: fc.constantFrom('A', 'B "c"', 'É') }),
  fc.record({ what: fc.constant('block' as const), user, match: fc.nat(3) }),
  fc.record({ what: fc.constant('fail' as const), user }),
  fc.record({
    what: fc.constant('sweep' as const),
    user,
    minutesLater: fc.constantFrom(0, 0, 0, 0, 0, 0, KEPT - 2, 220 * 60),
  }),
  { weight: 3, arbitrary: fc.record({ what: fc.constant('listen' as const), user }) },
  { weight: 3, arbitrary: fc.record({ what: fc.constant('search' as const), user }) },
);

/** A household's world in one file, whose engine can be started anew. */
class World {
  readonly #revisions = new Map<string, PublishedActivity>();
  /** How often a long time went by: what is published behind that is something new. */
  #ages = 0;
  readonly #hidden = new Set<number>();
  /** Something was published unseen: whether its owner has looked who is there since they show again, the file does not know. */
  someUnseen = false;
  /** Up to where each user has read their events. */
  readonly #read = new Map<number, number>();
  /** Events that were read. */
  events = 0;
  /** Ids of matches that searches have found. */
  found = 0;
  #db: Database;
  #engine: Engine;
  #now = NOW;

  constructor(
    private readonly file: string,
    private readonly memory: Memory,
  ) {
    this.#db = Database.open(file);
    this.#engine = new Engine(this.#db, {}, memory);
    for (let index = 0; index < USERS; index++) {
      const cell = CELLS[index % CELLS.length] as string | null;
      this.#do((now) =>
        this.#engine.operations.createUser({
          credential: credentialOf(index),
          now: now - 30 * 24 * 60 * MINUTE,
          name: `User ${index}`,
          discoverable: true,
          cell,
        }),
      );
    }
  }

  take(step: Step): void {
    const call = { credential: credentialOf(step.user), now: this.#now };
    const { operations } = this.#engine;
    if (step.what === 'publish') this.#publish(step);
    else if (step.what === 'listen') this.#listen(step.user);
    else if (step.what === 'search') this.#search(step.user);
    else if (step.what === 'sweep') this.#sweep(step.minutesLater);
    else if (step.what === 'block') {
      const people = [...this.#revisions.keys()]
        .flatMap((id) => this.matchesOf(id))
        .filter(({ of }) => of === step.user);
      const person = people[step.match % Math.max(1, people.length)];
      if (person) this.#do(() => operations.block({ ...call, id: person.user.id }));
    } else if (step.what === 'fail') {
      assert.throws(() =>
        this.#do(() => {
          this.#publish({ ...step, what: 'publish', which: 2, minutesAgo: 0, tea: false, state: 'started' }, false);
          throw new Error('the disk is full');
        }),
      );
      this.#engine.forget();
    } else {
      const { discoverable, name } = { discoverable: undefined, name: undefined, ...step };
      const cell = step.what === 'move' ? (CELLS[step.cell] ?? null) : undefined;
      const patch = JSON.parse(JSON.stringify({ discoverable, name, cell }));
      try {
        this.#do(() => operations.updateMe({ ...call, patch }));
        if (discoverable !== undefined) this.#hidden[discoverable ? 'delete' : 'add'](step.user);
      } catch (error) {
        // A home moves once in seven days.
        assert.ok(error instanceof Refusal && error.code === 'cell-changed-recently');
      }
    }
    this.#now += MINUTE / 4;
  }

  /** What the answer to a publish says that brings nothing new. */
  matchesOf(key: string): { of: number; user: { id: string; name: string }; matchId?: string }[] {
    const given = this.#revisions.get(key) as PublishedActivity;
    const of = Number(key[0]);
    const call = { credential: credentialOf(of), now: this.#now };
    const { outcome, json } = this.#do(() =>
      this.#engine.operations.publish({ ...call, publication: toPublication(given.id as string, given, this.#now) }),
    );
    assert.equal(outcome, 'unchanged');
    return JSON.parse(json).matches.map((match: object) => ({ ...match, of }));
  }

  /** After a sweep: an engine that is started anew goes by the newest activity, and finds what was over before it for as long. */
  everything(): { key: string; matches: unknown[] }[] {
    this.#sweep(0);
    return [...this.#revisions.keys()].map((key) => ({ key, matches: this.matchesOf(key) }));
  }

  restart(): void {
    this.close();
    this.#db = Database.open(this.file);
    this.#engine = new Engine(this.#db, {}, this.memory);
  }

  close(): void {
    this.#db.close();
  }

  #publish({ user, which, minutesAgo, tea, state }: Step & { what: 'publish' }, isOwn = true): void {
    const key = `${user}/${which}`;
    const id = `01990000-0000-7000-8000-${createHash('sha256').update(`${key} ${this.#ages}`).digest('hex').slice(0, 12)}`;
    const given = {
      ...{ id, revision: (this.#revisions.get(key)?.revision ?? -1) + 1, activity: tea ? 'tea' : 'coffee', state },
      ...{ category: 'food-and-beverage', startedAt: new Date(this.#now - minutesAgo * MINUTE).toISOString() },
      ...(state === 'finished' ? { endedAt: new Date(this.#now).toISOString() } : {}),
    } as PublishedActivity;
    const call = { credential: credentialOf(user), now: this.#now, publication: toPublication(id, given, this.#now) };
    if (!isOwn) {
      this.#engine.operations.publish(call);
      return;
    }
    this.#do(() => this.#engine.operations.publish(call));
    this.someUnseen ||= this.#hidden.has(user);
    this.#revisions.set(key, given);
  }

  /** Time goes by, and what is old is forgotten. */
  #sweep(minutesLater: number): void {
    this.#now += minutesLater * MINUTE;
    while (this.#do(() => this.#engine.operations.sweep({ now: this.#now, retentionMs: KEPT * MINUTE })));
    if (minutesLater === 0) return;
    this.#ages++;
    this.#revisions.clear();
  }

  /** Reads on, and finds what somebody reads who knows nothing but the file. */
  #listen(user: number): void {
    const after = this.#read.get(user);
    const call = { credential: credentialOf(user), now: this.#now, ...(after === undefined ? {} : { after }) };
    const read = (engine: Engine) => this.#do(() => engine.operations.events(call));
    const { last, events } = read(this.#engine);
    assert.deepEqual(events, read(new Engine(this.#db)).events);
    this.#read.set(user, last);
    this.events += events.length;
  }

  /** Finds whom somebody finds who knows nothing but the file. */
  #search(user: number): void {
    const search: Search = { activity: 'coffee', window: 'overlap', among: 'everyone', at: this.#now, limit: 20 };
    const find = (engine: Engine): unknown => {
      try {
        const call = { credential: credentialOf(user), now: this.#now, search };
        return this.#do(() => engine.operations.concurrentUsers(call)).people;
      } catch (error) {
        return (error as Refusal).code;
      }
    };
    const found = find(this.#engine);
    assert.deepEqual(found, find(new Engine(this.#db)));
    this.found += JSON.stringify(found).split('"matchId"').length - 1;
  }

  #do<T>(work: (now: number) => T): T {
    const result = this.#db.transaction(() => work(this.#now));
    this.#engine.keep();
    return result;
  }
}

/** Of `after`, what was known before. */
function whatIsIn(known: ReturnType<World['everything']>, after: ReturnType<World['everything']>) {
  const told = known.map(({ matches }) => new Set(matches.map((match) => JSON.stringify(match))));
  return after.map(({ key, matches }, at) => ({
    key,
    matches: matches.filter((match) => told[at]?.has(JSON.stringify(match))),
  }));
}

function credentialOf(index: number): Uint8Array {
  return new Uint8Array(createHash('sha256').update(`user ${index}`).digest());
}

describe('whom a publish is answered with', () => {
  const cleanup = new Cleanup();
  afterEach(() => cleanup.run());

  it('is the same from memory as from the file, whatever has happened, and so is what is found, and heard by who listens', () => {
    let [matched, read, found] = [0, 0, 0];
    // All of it in memory, and some of it no longer.
    const memory = fc.constantFrom(
      MEMORY,
      { users: 3, cards: 4, newActivities: 3, olderActivities: 10 },
      { users: 1, cards: 9, newActivities: 1, olderActivities: 3 },
    );
    fc.assert(
      fc.property(memory, fc.array(step, { minLength: 5, maxLength: 25 }), (memory, steps) => {
        const world = new World(join(temporaryFolder(cleanup), 'kindred.sqlite'), memory);
        try {
          for (const one of steps) world.take(one);
          for (let user = 0; user < USERS; user++) world.take({ what: 'listen', user });
          for (let user = 0; user < USERS; user++) world.take({ what: 'search', user });
          read += world.events;
          found += world.found;
          // Who has moved is told of others with the next publish, be it of nothing new.
          world.everything();
          const known = world.everything();
          world.restart();
          const after = world.everything();
          if (world.someUnseen) assert.deepEqual(known, whatIsIn(known, after));
          else assert.deepEqual(known, after);
          matched += JSON.stringify(known).split('"matchId"').length - 1;
        } finally {
          world.close();
        }
      }),
      { numRuns: 300 },
    );
    assert.ok(matched > 50, `only ${matched} matches were compared`);
    assert.ok(read > 50, `only ${read} events were compared`);
    assert.ok(found > 50, `only ${found} people who were met were found`);
  });
});
