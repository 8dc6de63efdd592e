import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { type Event, MAX_ASKED, type Person, type ReceivedRequest } from '../../matching/schema/index.js';
import { Refusal } from '../../matching/server/refusal.js';
import type { Asking, Store } from '../../matching/server/store/store.js';
import { newId } from '../../vocabulary/index.js';
import { iso, NOW, refused, type StoreFactory, StoreUser } from './store-conformance.js';
import { Cleanup, VIENNA } from './support.js';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const SALZBURG = '861f892dfffffff';

/** A user with friends, or on the way to some. */
class Friendly extends StoreUser {
  async ask(to: Asking, now = NOW) {
    return await this.store.requestFriend({ ...this.at(now), to });
  }
  async answer(id: string, state: 'accepted' | 'declined', now = NOW) {
    return await this.store.answerFriendRequest({ ...this.at(now), id, state });
  }
  async received(now = NOW): Promise<ReceivedRequest[]> {
    return (await this.store.friendRequests(this.at(now))).received;
  }
  async sent(now = NOW) {
    return (await this.store.friendRequests(this.at(now))).sent;
  }
  async friendNames(): Promise<string[]> {
    return (await this.store.friends(this.at(NOW))).friends.map(({ user }) => user.name);
  }
  async events(now = NOW, after = 0) {
    return (await this.store.events({ ...this.at(now), after })).events;
  }
  async kinds(now = NOW): Promise<string[]> {
    return (await this.events(now)).map(({ type }) => type);
  }
  /** Somebody as they are shown to this user in a search. */
  async sees(name: string, now = NOW): Promise<Person> {
    const person = (await this.search({}, now)).people.find(({ user }) => user.name === name);
    assert.ok(person, `${this.name} does not see ${name}`);
    return person;
  }
  remove = (id: string) => this.store.removeFriend({ ...this.at(NOW), id });
  block = (id: string) => this.store.block({ ...this.at(NOW), id });
  unblock = (id: string) => this.store.unblock({ ...this.at(NOW), id });
  show = (discoverable: boolean) => this.store.updateMe({ ...this.at(NOW), patch: { discoverable } });
  async invite(now = NOW): Promise<Uint8Array> {
    const hash = new Uint8Array(createHash('sha256').update(randomBytes(32)).digest());
    await this.store.invite({ ...this.at(now), hash });
    return hash;
  }
}

/** Four people who do the same thing, and a simple account of who blocks whom and who shows. */
class Circle {
  readonly #blocks = new Set<string>();
  readonly #hidden = new Set<number>();

  private constructor(
    private readonly activity: string,
    private readonly people: Friendly[],
    /** By viewer and person seen. */
    private readonly ids: string[][],
  ) {}

  static async of(store: Store, activity: string): Promise<Circle> {
    const people: Friendly[] = [];
    for (const name of ['A', 'B', 'C', 'D']) people.push(await new Friendly(store, `${activity}-${name}`).join());
    for (const person of people) await person.publish({ activity });
    const ids = people.map(async (viewer) => {
      const seen = (await viewer.search({ activity })).people;
      return people.map(({ name }) => seen.find(({ user }) => user.name === name)?.user.id ?? '');
    });
    return new Circle(activity, people, await Promise.all(ids));
  }

  /** Refusals are answers. */
  async do(verb: string, one: number, other: number): Promise<void> {
    try {
      await this.#do(verb, one, other);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
    }
  }

  async #do(verb: string, one: number, other: number): Promise<unknown> {
    const person = this.people[one] as Friendly;
    const id = this.ids[one]?.[other] as string;
    if (verb === 'ask') return person.ask({ userId: id });
    if (verb === 'remove') return person.remove(id);
    if (verb === 'invite') return person.ask({ invitation: await (this.people[other] as Friendly).invite() });
    if (verb === 'block' || verb === 'unblock') {
      this.#blocks[verb === 'block' ? 'add' : 'delete'](`${one}-${other}`);
      return person[verb](id);
    }
    if (verb === 'show') {
      const shows = this.#hidden.delete(one);
      if (!shows) this.#hidden.add(one);
      return person.show(shows);
    }
    const request = (await person.received()).find(({ user }) => user.id === id);
    return request && person.answer(request.id, verb === 'accept' ? 'accepted' : 'declined');
  }

  async check(): Promise<void> {
    const friends = await Promise.all(this.people.map((person) => person.friendNames()));
    for (const [one, person] of this.people.entries()) {
      const found = this.#hidden.has(one) ? [] : (await person.search({ activity: this.activity })).people;
      const view = { found, received: await person.received(), events: await person.events() };
      for (const [other, { name }] of this.people.entries()) {
        if (one === other) continue;
        const areFriends = friends[one]?.includes(name) ?? false;
        assert.equal(areFriends, friends[other]?.includes(person.name), 'both are friends or neither');
        this.#checkPair(one, other, areFriends, view);
      }
    }
  }

  #checkPair(one: number, other: number, areFriends: boolean, { found, received, events }: View): void {
    const name = this.people[other]?.name;
    const seen = found.find(({ user }) => user.name === name);
    const isApart = this.#blocks.has(`${one}-${other}`) || this.#blocks.has(`${other}-${one}`);
    const bothShow = !this.#hidden.has(one) && !this.#hidden.has(other);
    assert.equal(seen !== undefined, bothShow && !isApart, `${one} finds ${other}`);
    if (seen) assert.equal(seen.relation === 'friend', areFriends);
    const told = JSON.stringify([received, events]).includes(`"${name}"`);
    if (isApart) assert.ok(!areFriends && !told, 'nothing is left between who is apart');
    if (received.some(({ user }) => user.name === name)) assert.ok(bothShow && !areFriends);
  }
}

/** What one of them sees. */
interface View {
  found: Person[];
  received: ReceivedRequest[];
  events: Event[];
}

/** What every store must do about friends. */
export function friendsConformance(name: string, open: StoreFactory): void {
  describe(`friends in the ${name} store`, () => {
    const cleanup = new Cleanup();
    let opened: Awaited<ReturnType<StoreFactory>>;
    let anna: Friendly;
    let ben: Friendly;
    let carl: Friendly;
    beforeEach(async () => {
      opened = await open(cleanup);
      const join = (one: string) => new Friendly(opened.store, one).join();
      [anna, ben, carl] = [await join('Anna'), await join('Ben'), await join('Carl')];
      for (const user of [anna, ben, carl]) await user.publish();
    });
    afterEach(() => cleanup.run());

    const idOf = async (viewer: Friendly, seen: Friendly): Promise<string> => (await viewer.sees(seen.name)).user.id;
    async function requestOf(asker: Friendly, asked: Friendly): Promise<string> {
      await asker.ask({ userId: await idOf(asker, asked) });
      const request = (await asked.received()).find(({ user }) => user.name === asker.name);
      assert.ok(request);
      return request.id;
    }
    async function befriend(asker: Friendly, asked: Friendly): Promise<void> {
      await asked.answer(await requestOf(asker, asked), 'accepted');
    }

    it('brings a request by a match, and the yes to both', async () => {
      const { matchId = '' } = await anna.sees('Ben');
      const { answer, told, isNew } = await anna.ask({ matchId });
      assert.deepEqual([answer.state, told, isNew], ['open', [ben.id], true]);
      assert.equal((await anna.sees('Ben')).relation, 'requested');
      assert.equal((await ben.sees('Anna')).relation, 'stranger');
      const [request, ...more] = await ben.received();
      assert.deepEqual([request?.user.name, request?.activity, request?.mutualFriends], ['Anna', 'coffee', false]);
      assert.deepEqual(more, []);
      assert.equal((await ben.publish()).answer.friendRequests, 1);
      const accepted = await ben.answer(request?.id ?? '', 'accepted');
      assert.equal(accepted.answer.state === 'accepted' && accepted.answer.friend.user.name, 'Anna');
      assert.deepEqual(accepted.told, [anna.id]);
      assert.deepEqual([await anna.friendNames(), await ben.friendNames()], [['Ben'], ['Anna']]);
      assert.deepEqual([await anna.sent(), await ben.received()], [[], []]);
      assert.deepEqual([(await anna.sees('Ben')).relation, (await ben.sees('Anna')).relation], ['friend', 'friend']);
      assert.equal((await ben.publish()).answer.friendRequests, 0);
    });

    it('says what both were doing: in the match that it is asked by, or last, whatever the asker has done since', async () => {
      const doing = { activity: 'run', category: 'exercise' } as const;
      const meet = async (given: Partial<typeof doing>, now: number): Promise<Person> => {
        await ben.publish(given, now);
        const { matches } = (await anna.publish(given, now)).answer;
        return matches.find(({ user }) => user.name === 'Ben') as Person;
      };
      const [first, last] = [await meet(doing, NOW), await meet({}, NOW + 90 * MINUTE)];
      const later = (count: number): number => NOW + (count + 2) * 90 * MINUTE;
      for (let count = 1; count <= 41; count++) {
        await anna.publish({ activity: 'tea', state: 'finished', seconds: 60 }, later(count));
      }
      const now = later(42);
      for (const [to, activity] of [
        [{ matchId: first.matchId as string }, 'run'],
        [{ matchId: last.matchId as string }, 'coffee'],
        [{ userId: last.user.id }, 'coffee'],
      ] as const) {
        await anna.ask(to, now);
        const [request, ...others] = await ben.received(now);
        assert.deepEqual([request?.activity, others], [activity, []]);
        await anna.store.removeFriend({ ...anna.at(now), id: last.user.id });
      }
    });

    it('tells of requests and answers in one sequence with the matches', async () => {
      const before = await ben.events();
      const id = await requestOf(anna, ben);
      const [event, ...more] = (await ben.events()).slice(before.length);
      assert.equal(event?.type === 'friend-request' && event.request.id, id);
      assert.deepEqual(more, []);
      const last = Number((await anna.events()).at(-1)?.id);
      await ben.answer(id, 'accepted');
      const [answer] = await anna.events(NOW, last);
      assert.equal(answer?.type === 'friend-answer' && answer.answer.friend.user.name, 'Ben');
      assert.ok(Number(answer?.id) > last);
      // What is answered is asked no more.
      assert.ok(!(await ben.kinds()).includes('friend-request'));
    });

    it('can be answered again with the same result, and by nobody else', async () => {
      const id = await requestOf(anna, ben);
      for (const stranger of [carl, anna]) await assert.rejects(stranger.answer(id, 'accepted'), refused('not-found'));
      await assert.rejects(ben.answer(newId(), 'accepted'), refused('not-found'));
      assert.equal((await ben.answer(id, 'declined')).answer.state, 'declined');
      assert.equal((await ben.answer(id, 'declined')).answer.state, 'declined');
      assert.equal((await ben.answer(id, 'accepted')).answer.state, 'accepted');
      assert.deepEqual((await ben.answer(id, 'accepted')).told, []);
      await assert.rejects(ben.answer(id, 'declined'), refused('not-found'));
      assert.deepEqual(await anna.friendNames(), ['Ben']);
    });

    it('looks the same whoever is asked: unknown, blocking, declining, hidden, gone, or nobody at all', async () => {
      const people = ['Block', 'Decline', 'Ghost', 'Gone', 'Undecided'];
      const asked = new Map<string, Friendly>();
      for (const one of people) asked.set(one, await new Friendly(opened.store, one).join());
      for (const user of asked.values()) await user.publish();
      const { people: seen } = await anna.search({ limit: 50 });
      const idByName = new Map(seen.map(({ user }) => [user.name, user.id]));
      const of = (one: string) => asked.get(one) as Friendly;
      await of('Block').block(await idOf(of('Block'), anna));
      await of('Ghost').show(false);
      await opened.store.deleteMe(of('Gone').at(NOW));
      await anna.ask({ userId: idByName.get('Decline') as string });
      await of('Decline').answer((await of('Decline').received())[0]?.id as string, 'declined');
      await anna.remove(idByName.get('Decline') as string);

      const refs: Asking[] = [
        ...people.map((one) => ({ userId: idByName.get(one) as string })),
        // Ids that the endpoint never told Anna: of another viewer, made up, and no ids at all.
        { userId: await idOf(carl, ben) },
        { userId: randomBytes(16).toString('base64url') },
        { userId: 'x' },
        { matchId: newId() },
        { matchId: (await carl.sees('Ben')).matchId as string },
      ];
      const answers = [];
      for (const ref of refs) {
        const { answer, isNew } = await anna.ask(ref);
        const again = await anna.ask(ref);
        assert.deepEqual(again.answer, answer);
        answers.push(JSON.stringify([{ ...answer, id: 0, to: 0 }, isNew, again.isNew]));
      }
      assert.equal(new Set(answers).size, 1, answers.join('\n'));
      const sent = (await anna.sent()).map((one) => JSON.stringify({ ...one, id: 0, to: 0 }));
      assert.deepEqual([sent.length, new Set(sent).size], [refs.length, 1]);
      const reached = await Promise.all(
        [...asked.values()].filter((one) => one !== of('Gone')).map((one) => one.received()),
      );
      assert.deepEqual(
        reached.map(({ length }) => length),
        [0, 0, 0, 1],
      );
      assert.deepEqual(await ben.received(), []);
      assert.equal((await anna.sees('Decline')).relation, (await anna.sees('Undecided')).relation);
    });

    it('never tells a no, and does not bring the same person again', async () => {
      const { matchId = '', user } = await anna.sees('Ben');
      await anna.ask({ userId: user.id });
      const before = [await anna.sent(), await anna.events(), await anna.search()];
      const [request] = await ben.received();
      assert.deepEqual((await ben.answer(request?.id ?? '', 'declined')).told, []);
      assert.deepEqual([await anna.sent(), await anna.events(), await anna.search()], before);
      assert.deepEqual((await anna.ask({ matchId })).told, []);
      await anna.remove(user.id);
      assert.deepEqual((await anna.ask({ userId: user.id })).told, []);
      const month = NOW + 30 * DAY;
      assert.deepEqual((await anna.ask({ userId: user.id }, month)).told, []);
      assert.deepEqual(await ben.received(month), []);
      while (await opened.store.sweep({ now: NOW + 91 * DAY, retentionMs: 365 * DAY }));
      assert.deepEqual((await anna.ask({ userId: user.id }, NOW + 91 * DAY)).told, [ben.id]);
    });

    it('remembers a no for 90 days, also where a block came and went', async () => {
      const userId = await idOf(anna, ben);
      const request = await requestOf(anna, ben);
      await ben.answer(request, 'declined');
      const declined = async (now: number) => (await opened.store.exportMe(ben.at(now))).declined;
      const before = await declined(NOW);
      const idOfAnna = before[0]?.id as string;
      const day = NOW + DAY;
      await opened.store.block({ ...ben.at(day), id: idOfAnna });
      assert.deepEqual(await declined(day), before);
      assert.deepEqual(await declined(NOW + 91 * DAY), []);
      await opened.store.unblock({ ...ben.at(day), id: idOfAnna });
      assert.deepEqual(await declined(day), before);
      for (const [now, told] of [
        [NOW + 2 * DAY, []],
        [NOW + 89 * DAY, []],
        [NOW + 91 * DAY, [ben.id]],
      ] as const) {
        await opened.store.removeFriend({ ...anna.at(now), id: userId });
        assert.deepEqual((await anna.ask({ userId }, now)).told, told);
        assert.equal((await ben.received(now)).length, told.length);
      }
    });

    it('makes friends at once of two who ask each other', async () => {
      await anna.ask({ userId: await idOf(anna, ben) });
      const { answer, told } = await ben.ask({ userId: await idOf(ben, anna) });
      assert.equal(answer.state === 'accepted' && answer.friend.user.name, 'Anna');
      assert.deepEqual(told, [anna.id]);
      assert.deepEqual([await anna.friendNames(), await ben.friendNames()], [['Ben'], ['Anna']]);
      assert.ok((await anna.kinds()).includes('friend-answer'));
      assert.equal((await anna.ask({ userId: await idOf(anna, ben) })).answer.state, 'accepted');
    });

    it('asks so often a day and no more, whoever is asked', async () => {
      for (let count = 1; count < MAX_ASKED; count++) await anna.ask({ matchId: newId() });
      await anna.invite();
      const ask = (now: number) => anna.ask({ userId: 'nobody' }, now);
      await assert.rejects(ask(NOW), refused('too-many-requests'));
      await assert.rejects(anna.invite(), refused('too-many-requests'));
      const midnight = Math.ceil(NOW / DAY) * DAY;
      await assert.rejects(ask(midnight - 1), refused('too-many-requests'));
      assert.equal((await ask(midnight)).isNew, true);
    });

    it('ends after 14 days', async () => {
      const idOfBen = await idOf(anna, ben);
      const id = await requestOf(anna, ben);
      const [{ expiresAt = '' } = {}] = await ben.received();
      assert.equal(Date.parse(expiresAt), Math.floor(NOW / MINUTE) * MINUTE + 14 * DAY);
      const later = NOW + 14 * DAY;
      assert.deepEqual([await ben.received(later), await anna.sent(later)], [[], []]);
      assert.ok(!(await ben.kinds(later)).includes('friend-request'));
      await assert.rejects(ben.answer(id, 'accepted', later), refused('not-found'));
      while (await opened.store.sweep({ now: later, retentionMs: 365 * DAY }));
      const again = await anna.ask({ userId: idOfBen }, later);
      assert.deepEqual([again.isNew, again.told], [true, [ben.id]]);
    });

    it('says whether asker and asked have a friend in common', async () => {
      await befriend(carl, anna);
      await requestOf(anna, ben);
      assert.equal((await ben.received())[0]?.mutualFriends, false);
      await befriend(ben, carl);
      assert.equal((await ben.received())[0]?.mutualFriends, true);
    });

    it('ends a friendship for both, and says nothing', async () => {
      await befriend(anna, ben);
      const before = (await ben.events()).length;
      await anna.remove(await idOf(anna, ben));
      assert.deepEqual([await anna.friendNames(), await ben.friendNames()], [[], []]);
      assert.equal((await ben.sees('Anna')).relation, 'stranger');
      assert.ok((await ben.events()).length <= before);
      assert.ok(!(await anna.kinds()).includes('friend-answer'));
      assert.deepEqual((await anna.ask({ userId: await idOf(anna, ben) })).told, [ben.id]);
    });

    it('takes a request back', async () => {
      await requestOf(anna, ben);
      await anna.remove(await idOf(anna, ben));
      assert.deepEqual([await anna.sent(), await ben.received()], [[], []]);
      for (const nobody of ['nobody', randomBytes(16).toString('base64url')]) {
        await anna.ask({ userId: nobody });
        await anna.remove(nobody);
      }
      assert.deepEqual(await anna.sent(), []);
    });

    it('is heard once a day, however often a request is taken back and made again', async () => {
      const idOfBen = await idOf(anna, ben);
      const takeBack = [
        () => anna.remove(idOfBen),
        async () => {
          await anna.block(idOfBen);
          await anna.unblock(idOfBen);
        },
      ];
      for (const [day, back] of takeBack.entries()) {
        const told = [];
        for (const passed of [0, MINUTE, DAY - 1, DAY]) {
          const now = NOW + 2 * day * DAY + passed;
          told.push((await anna.ask({ userId: idOfBen }, now)).told.length);
          assert.equal((await ben.received(now)).length, 1);
          await back();
        }
        assert.deepEqual(told, [1, 0, 0, 1]);
      }
    });

    it('blocks both ways, at once, friends and old matches too, and says nothing', async () => {
      await befriend(anna, ben);
      await requestOf(carl, anna);
      const idOfBen = await idOf(anna, ben);
      const idOfCarl = await idOf(anna, carl);
      await anna.block(idOfBen);
      await anna.block(idOfCarl);
      for (const user of [ben, carl]) {
        assert.ok(!(await anna.names()).includes(user.name));
        assert.ok(!(await user.names()).includes('Anna'));
        assert.ok(!JSON.stringify(await user.events()).includes('Anna'));
        assert.ok(!JSON.stringify(await user.publish()).includes('Anna'));
        assert.deepEqual(await user.names({ among: 'friends' }), []);
      }
      assert.deepEqual(await anna.events(), []);
      assert.deepEqual((await anna.publish()).answer.matches, []);
      assert.deepEqual([await anna.friendNames(), await ben.friendNames(), await anna.received()], [[], [], []]);
      assert.equal((await carl.sent()).length, 1);
      const { blocks } = await opened.store.blocks(anna.at(NOW));
      assert.deepEqual(new Set(blocks.map(({ id }) => id)), new Set([idOfBen, idOfCarl]));
      await anna.unblock(idOfBen);
      assert.ok((await anna.names()).includes('Ben') && (await ben.names()).includes('Anna'));
      assert.deepEqual(await ben.friendNames(), []);
    });

    it('tells who asks somebody whom they block, and nobody else', async () => {
      const idOfBen = await idOf(anna, ben);
      const { matchId = '' } = await anna.sees('Ben');
      await anna.block(idOfBen);
      await anna.block('nobody');
      for (const userId of [idOfBen, 'nobody']) await assert.rejects(anna.ask({ userId }), refused('blocked-by-you'));
      assert.equal((await anna.ask({ matchId })).answer.state, 'open');
      assert.equal((await carl.ask({ userId: await idOf(carl, ben) })).answer.state, 'open');
      await anna.unblock(idOfBen);
      assert.equal((await anna.ask({ userId: idOfBen })).answer.state, 'open');
    });

    it('stays blocked until both have unblocked, and keeps what is nobody’s id too', async () => {
      const [idOfBen, idOfAnna] = [await idOf(anna, ben), await idOf(ben, anna)];
      await anna.block(idOfBen);
      await ben.block(idOfAnna);
      await anna.block('nobody');
      assert.equal((await opened.store.blocks(anna.at(NOW))).blocks.length, 2);
      await anna.unblock(idOfBen);
      await anna.unblock('never-blocked');
      assert.ok(!(await anna.names()).includes('Ben') && !(await ben.names()).includes('Anna'));
      await ben.unblock(idOfAnna);
      assert.ok((await anna.names()).includes('Ben'));
    });

    it('takes open requests back when the asker withdraws, and shows none to who does not show', async () => {
      await requestOf(anna, ben);
      await requestOf(carl, anna);
      await anna.show(false);
      assert.deepEqual([await ben.received(), await anna.sent(), await anna.received()], [[], [], []]);
      for (const user of [anna, ben]) assert.ok(!(await user.kinds()).includes('friend-request'));
      await assert.rejects(anna.ask({ userId: 'somebody' }), refused('not-discoverable'));
      await anna.show(true);
      assert.equal((await anna.received()).length, 1);
      assert.deepEqual(await ben.received(), []);
    });

    it('keeps what is asked of who hides until they show again, and tells the asker nothing of it', async () => {
      const [idOfBen, idOfCarl] = [await idOf(anna, ben), await idOf(anna, carl)];
      await ben.show(false);
      const { last: started } = await opened.store.events(ben.at(NOW));
      const answers = [await anna.ask({ userId: idOfBen }), await anna.ask({ userId: idOfCarl })];
      const [hidden, shown] = answers.map(({ answer, isNew }) => ({ ...answer, isNew, id: 0, to: 0 }));
      assert.deepEqual(hidden, shown);
      assert.deepEqual([await ben.received(), (await ben.publish()).answer.friendRequests], [[], 0]);
      assert.ok(!(await ben.kinds()).includes('friend-request'));
      // A stream that is open all the while reads on from where it was.
      const { last: told } = await opened.store.events(ben.at(NOW));
      assert.equal((await opened.store.events({ ...ben.at(NOW), after: started })).last, started);
      await ben.show(true);
      const { events, last } = await opened.store.events({ ...ben.at(NOW), after: started });
      assert.deepEqual([events.map(({ type }) => type), last], [['friend-request'], told]);
      const [request, ...more] = await ben.received();
      assert.deepEqual([request?.user.name, more.length], ['Anna', 0]);
      assert.ok((await ben.kinds()).includes('friend-request'));
      assert.equal((await ben.publish()).answer.friendRequests, 1);
      await ben.answer(request?.id ?? '', 'accepted');
      assert.deepEqual(await anna.friendNames(), ['Ben']);
    });

    it('makes friends of who invites and who is the first to use it', async () => {
      const invitation = await anna.invite();
      await assert.rejects(anna.ask({ invitation }), refused('not-found'));
      const dora = await new Friendly(opened.store, 'Dora').join(false, null);
      const { answer, told } = await dora.ask({ invitation });
      assert.equal(answer.state === 'accepted' && answer.friend.user.name, 'Anna');
      assert.deepEqual(told, [anna.id]);
      assert.ok((await anna.kinds()).includes('friend-answer'));
      const old = await anna.invite();
      const blocked = await anna.invite();
      await anna.block(await idOf(anna, carl));
      const none = new Uint8Array(32);
      const refusals = [
        await carl.ask({ invitation }).catch(String),
        await ben.ask({ invitation: none }).catch(String),
        await carl.ask({ invitation: blocked }).catch(String),
        await ben.ask({ invitation: old }, NOW + 14 * DAY).catch(String),
      ];
      assert.equal(new Set(refusals).size, 1, refusals.join('\n'));
      assert.match(String(refusals[0]), /does not exist, or not any more/);
      assert.equal((await ben.ask({ invitation: blocked })).answer.state, 'accepted');
    });

    it('finds friends among friends, near and anywhere, in every window, and no others', async () => {
      await befriend(anna, ben);
      const far = await new Friendly(opened.store, 'Far').join(true, SALZBURG);
      await far.publish({ actions: [{ action: 'sip', startedAt: iso(NOW) }] });
      await befriend(far, anna);
      const names = async (given: object) => (await anna.names({ among: 'friends', ...given })).sort();
      for (const window of ['minute', 'quarter-hour', 'overlap'])
        assert.deepEqual(await names({ window }), ['Ben', 'Far']);
      assert.deepEqual(await names({ radiusKm: 25 }), ['Ben']);
      assert.deepEqual(await names({ action: 'sip' }), ['Far']);
      assert.deepEqual(await names({ activity: 'tea' }), []);
      assert.deepEqual(await names({ at: NOW - 5 * MINUTE }), []);
      const { people, truncated } = await anna.search({ among: 'friends', limit: 1 });
      assert.deepEqual([people.length, truncated], [1, true]);
      await ben.show(false);
      assert.deepEqual(await names({}), ['Far']);
    });

    it('finds friends in any window of the day, and strangers only where something of one’s own is', async () => {
      await befriend(anna, ben);
      const before = { startedAt: iso(NOW - 300 * MINUTE), endedAt: iso(NOW - 280 * MINUTE) };
      for (const user of [ben, carl]) await user.publish({ state: 'finished', ...before });
      const at = NOW - 290 * MINUTE;
      for (const window of ['minute', 'quarter-hour', 'overlap'] as const) {
        const { people, reason } = await anna.search({ at, window });
        assert.deepEqual([people.map(({ user }) => user.name), reason], [['Ben'], 'nothing-of-yours']);
        const among = await anna.search({ at, window, among: 'friends' });
        assert.deepEqual([among.people, among.reason], [people, undefined]);
      }
      await anna.publish({ state: 'finished', ...before }, NOW - 279 * MINUTE);
      assert.deepEqual(await anna.names({ at: NOW - 299 * MINUTE }), ['Ben']);
      assert.deepEqual((await anna.names({ at })).sort(), ['Ben', 'Carl']);
    });

    it('gives friends the same order and people as a search among everyone, exact to the second', async () => {
      const start = Math.floor(NOW / MINUTE) * MINUTE - 30 * MINUTE;
      const own = new Friendly(opened.store, 'Own');
      await own.join();
      await own.publish({ activity: 'run', startedAt: iso(start + 17_000) });
      const others = [];
      for (let index = 0; index < 12; index++) {
        const other = await new Friendly(opened.store, `Runner ${index}`).join();
        const startedAt = iso(start + (index % 5) * 4 * MINUTE + index * 1000);
        await other.publish({ activity: 'run', startedAt });
        others.push(other);
      }
      const strangers = await own.search({ activity: 'run', window: 'overlap' });
      for (const { overlapSeconds } of strangers.people) assert.equal(overlapSeconds % 60, 0);
      for (const { user } of strangers.people) await own.ask({ userId: user.id });
      for (const other of others) await other.answer((await other.received())[0]?.id as string, 'accepted');
      for (const window of ['minute', 'quarter-hour', 'overlap'] as const) {
        const everyone = await own.search({ activity: 'run', window });
        assert.deepEqual(await own.search({ activity: 'run', window, among: 'friends' }), everyone);
        assert.equal(everyone.people.length, 12);
      }
      const [first] = others;
      const person = (await own.search({ activity: 'run', window: 'overlap' })).people.find(
        ({ user }) => user.name === first?.name,
      );
      assert.equal(person?.overlapSeconds, Math.round((NOW - (start + 17_000)) / 1000));
    });

    it('exports everything about friends, and nothing of who leaves is left', async () => {
      const zoe = await new Friendly(opened.store, 'Zoe-Xanthippe').join(true, VIENNA);
      await zoe.publish();
      await befriend(zoe, ben);
      await requestOf(zoe, carl);
      await anna.ask({ userId: await idOf(anna, zoe) });
      const invitation = await zoe.invite();
      await zoe.block('somebody-blocked');
      const kept = await opened.store.exportMe(zoe.at(NOW));
      assert.deepEqual(
        [kept.friends[0]?.user.name, kept.sentRequests.length, kept.receivedRequests[0]?.user.name],
        ['Ben', 1, 'Anna'],
      );
      assert.deepEqual([kept.blocks[0]?.id, kept.invitations.length], ['somebody-blocked', 1]);
      const traces = [zoe.name, zoe.id, 'somebody-blocked', Buffer.from(invitation), Buffer.from(zoe.credential)];
      traces.push(Buffer.from((await carl.received())[0]?.id.replaceAll('-', '') ?? '', 'hex'));
      const before = await opened.everything();
      for (const trace of traces) assert.ok(before.includes(trace), 'the search would not find what is there');
      const sent = await anna.sent();
      await opened.store.deleteMe(zoe.at(NOW));
      assert.deepEqual([await ben.friendNames(), await carl.received(), await anna.sent()], [[], [], sent]);
      for (const user of [anna, ben, carl]) assert.ok(!JSON.stringify(await user.events()).includes(zoe.name));
      const after = await opened.everything();
      for (const trace of traces) assert.ok(!after.includes(trace), `${String(trace)} is still there`);
    });

    it('never shows who is apart, and agrees on who is a friend, whatever is done in whatever order', async () => {
      const verbs = ['ask', 'ask', 'ask', 'accept', 'decline', 'remove', 'block', 'unblock', 'show', 'invite'] as const;
      const step = fc.tuple(fc.constantFrom(...verbs), fc.nat(3), fc.nat(3)).filter(([, one, other]) => one !== other);
      let run = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), async (steps) => {
          const circle = await Circle.of(opened.store, `circle-${run++}`);
          for (const [verb, one, other] of steps) await circle.do(verb, one, other);
          await circle.check();
        }),
        { numRuns: 30 },
      );
    });

    it('keeps friends over a restart', async () => {
      await befriend(anna, ben);
      await anna.block(await idOf(anna, carl));
      const again = await opened.reopen();
      for (const user of [anna, ben, carl]) user.store = again;
      assert.deepEqual(await ben.friendNames(), ['Anna']);
      assert.deepEqual(await anna.names(), ['Ben']);
    });
  });
}
