import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from '../support/node-red.js';

type Message = {
  payload?: unknown;
  topic?: string;
  watched?: boolean;
  truncated?: boolean;
  name?: string;
  redeems?: string;
  error?: object;
};
/** @returns the payload that is sent on, or the messages where those are several; undefined when nothing is */
type Run = (msg: Message) => unknown;

interface Group {
  activity: string;
  people: { user: { id: string } }[];
  isMore: boolean;
  endedAt: number | null;
}

/** The household's function nodes, as Node-RED calls them, over one flow context. */
function household(env: Record<string, string> = {}): (name: string) => Promise<Run> {
  const kept = new Map<string, unknown>();
  // As Node-RED does: whoever reads the context gets a copy of its own.
  const context = {
    get: (key: string) => structuredClone(kept.get(key)),
    set: (key: string, value: unknown) => kept.set(key, structuredClone(value)),
  };
  return async (name) => {
    const run = new Function('msg', 'flow', 'env', await sourceOf(name, 'func'));
    return (msg) => {
      const sent = run(msg, context, { get: (key: string) => env[key] }) as Message | Message[][] | null;
      return Array.isArray(sent) ? sent.flat() : sent?.payload;
    };
  };
}

/** What the card "Friends" shows. */
interface Kept {
  friends: object[];
  blocks: object[];
  invitations: { secret: string }[];
  used: number;
  problem?: string;
  redeemed?: string;
}

interface NowCard {
  silenceOf(activity: object): { since: number; seconds: number } | undefined;
  secondsOf(activity: object): number;
  curves(): { id: string }[];
  problems(): object[];
}

/** What the card "Now" computes, at a moment. */
async function nowCard(model: object, at: number): Promise<NowCard> {
  const [, script = ''] =
    /<script>\s*export default([\s\S]*);\s*<\/script>/.exec(await sourceOf('now-card', 'format')) ?? [];
  const { methods, computed } = new Function(`return (${script});`)() as Record<'methods' | 'computed', NowCard>;
  const { curves, problems } = computed;
  return Object.assign(Object.create(methods) as NowCard, { at, model, curves, problems });
}

async function sourceOf(name: string, property: 'func' | 'format'): Promise<string> {
  return (await nodeOf(name))?.[property] ?? '';
}

async function nodeOf(name: string) {
  const text = await readFile(join(ROOT, 'flows', 'household.json'), 'utf8');
  const nodes = JSON.parse(text) as { id: string; func?: string; format?: string; wires?: string[][] }[];
  return nodes.find(({ id }) => id === `household-${name}`);
}

const appliance = { id: 'machine', name: 'Coffee machine' };
const robin = { user: { id: 'robin', name: 'Robin' }, activity: 'coffee' };
const alex = { user: { id: 'alex', name: 'Alex' }, activity: 'coffee' };

const activity = (id: string, state: string) => ({
  payload: { id, state, activity: 'coffee', startedAt: '2026-11-23T08:00:00.000Z', seconds: 10, appliance },
});
const answer = (...people: object[]) => ({ topic: 'coffee', payload: people });

describe("what the household's dashboard is told", () => {
  let tell: (msg: Message) => Group | undefined;

  beforeEach(async () => {
    const found = await household()('found');
    tell = (msg) => (found(msg) as { found: Group[] }).found[0];
  });

  const idsOf = (group: Group | undefined) => group?.people.map(({ user }) => user.id);

  it('has the people of an activity while it goes on, and afterwards as those of one that is over', () => {
    tell(activity('a', 'started'));
    const during = tell(answer(robin));
    assert.deepEqual([idsOf(during), during?.endedAt], [['robin'], null]);
    const after = tell(activity('a', 'finished'));
    assert.deepEqual(idsOf(after), ['robin']);
    assert.ok(after?.endedAt);
    assert.equal(tell(activity('a', 'ongoing'))?.endedAt, null, 'a finish was taken back');
  });

  it('replaces people by an answer, also by that there is nobody, and adds those that a watch tells of', () => {
    tell(activity('a', 'started'));
    tell(answer(robin));
    assert.deepEqual(idsOf(tell({ ...answer(alex), watched: true })), ['alex', 'robin']);
    assert.deepEqual(idsOf(tell(answer())), []);
  });

  it('knows of a crowd that the endpoint did not name everybody, whoever joins, until it does', () => {
    tell(activity('a', 'started'));
    assert.equal(tell({ ...answer(robin), truncated: true })?.isMore, true);
    assert.equal(tell({ ...answer(alex), watched: true, truncated: false })?.isMore, true);
    assert.equal(tell(activity('a', 'finished'))?.isMore, true);
    assert.equal(tell({ ...answer(robin), truncated: false })?.isMore, false);
  });

  it('begins with nobody when the next one begins', () => {
    tell(activity('a', 'started'));
    tell(answer(robin));
    tell(activity('a', 'finished'));
    assert.deepEqual(idsOf(tell(activity('b', 'started'))), []);
  });

  it('keeps nobody of what was none of its own', () => {
    assert.equal(tell(answer(robin)), undefined);
    tell(activity('a', 'started'));
    tell(answer(robin));
    assert.equal(tell(activity('a', 'discarded')), undefined);
  });

  it('has an activity that was corrected to another kind among those of that kind alone', async () => {
    const found = await household()('found');
    const named = (id: string, activity: string, state: string) => {
      const groups = (found({ payload: { id, state, activity } }) as { found: Group[] }).found;
      return groups.map((group) => [group.activity, group.endedAt === null]);
    };
    named('a', 'coffee', 'started');
    assert.deepEqual(named('a', 'tea', 'ongoing'), [['tea', true]]);
    assert.deepEqual(named('a', 'tea', 'finished'), [['tea', false]]);
    assert.deepEqual(named('a', 'coffee', 'finished'), [['coffee', false]], 'also when it is over');
    named('b', 'coffee', 'started');
    named('c', 'coffee', 'started');
    const others = named('c', 'tea', 'ongoing');
    assert.deepEqual(others, [
      ['coffee', true],
      ['tea', true],
    ]);
  });

  describe('of friends', () => {
    const request = { id: 'r', state: 'open', user: robin.user, expiresAt: '2999-01-01T00:00:00.000Z' };
    const friend = { user: robin.user, since: '2026-11-23T08:00:00.000Z' };
    let shown: (msg: Message) => { asking: { id: string }[]; relation?: string };

    beforeEach(async () => {
      const found = await household()('found');
      shown = (msg) => {
        const { asking, found: groups } = found(msg) as { asking: { id: string }[]; found: { people: object[] }[] };
        return { asking, ...(groups[0]?.people[0] as { relation?: string } | undefined) };
      };
      shown(activity('a', 'started'));
      shown(answer({ ...robin, relation: 'stranger' }));
    });

    it('shows that somebody was asked, and says yes', () => {
      const asked = { outcome: 'requested', request: { to: { userId: 'robin' } } };
      assert.equal(shown({ topic: 'requested', payload: asked }).relation, 'requested');
      assert.equal(shown({ topic: 'friend-answer', payload: { answer: 'accepted', friend } }).relation, 'friend');
    });

    it('shows who asks, once, until that is answered', () => {
      assert.equal(shown({}).asking.length, 0);
      shown({ topic: 'friend-request', payload: request });
      assert.equal(shown({ topic: 'friend-request', payload: { ...request, id: 's' } }).asking.length, 1);
      assert.equal(shown({ topic: 'declined', payload: { outcome: 'declined', id: 's' } }).asking.length, 0);
      shown({ topic: 'friend-request', payload: request });
      const { asking, relation } = shown({ topic: 'friends', payload: { outcome: 'friends', friend } });
      assert.deepEqual([asking.length, relation], [0, 'friend']);
    });

    it('shows after a start who still waits, and nobody whose request has ended', () => {
      shown({ topic: 'friend-request', payload: request });
      const received = [{ ...request, id: 'new', user: alex.user }];
      const listed = { outcome: 'listed', friends: [friend], received, sent: [] };
      const { asking, relation } = shown({ topic: 'listed', payload: listed });
      assert.deepEqual([asking.map(({ id }) => id), relation], [['new'], 'friend']);
      const ended = { ...request, expiresAt: '2026-11-23T08:00:00.000Z' };
      assert.equal(shown({ topic: 'friend-request', payload: ended }).asking.length, 1);
    });

    it('shows no request that a rule has accepted', () => {
      const { asking, relation } = shown({ topic: 'friend-request', payload: { ...request, state: 'accepted' } });
      assert.deepEqual([asking.length, relation], [0, 'friend']);
    });

    it('shows no request that was taken back, no friend who was removed, and nobody who is blocked', () => {
      shown({ topic: 'friend-answer', payload: { answer: 'accepted', friend } });
      assert.equal(shown({ topic: 'removed', payload: { outcome: 'removed', id: 'robin' } }).relation, 'stranger');
      shown({ topic: 'friend-request', payload: request });
      const { asking, relation } = shown({ topic: 'blocked', payload: { outcome: 'blocked', id: 'robin' } });
      assert.deepEqual([asking.length, relation], [0, undefined]);
    });

    it('asks who our friends are whenever the stream of events has opened', async () => {
      const listens = await household()('listening');
      const status = (fill: string, shape: string) => listens({ status: { fill, shape } } as Message);
      assert.deepEqual(status('green', 'ring'), { list: true });
      assert.deepEqual(
        [status('green', 'dot'), status('yellow', 'ring'), status('grey', 'ring')],
        [undefined, undefined, undefined],
      );
    });

    it('asks anew when an order has failed, which was for what is no more, and mends the status of the node', async () => {
      const listens = await household()('listening');
      const failed = (order: object) => listens({ payload: order, error: { message: 'There is no such request.' } });
      for (const order of [{ accept: 'r' }, { decline: 'r' }, { invitation: 'x' }, { block: 'robin' }, robin]) {
        assert.deepEqual(failed(order), { list: true });
      }
      assert.equal(failed({ list: true }), undefined, 'a list that failed would be asked for for ever');
      assert.equal(listens({ error: { message: 'The endpoint is down' } }), undefined);
      const caught = await nodeOf('friends-catch');
      assert.deepEqual(caught?.wires, [['household-circle', 'household-listening']]);
    });

    describe('and whom we know', () => {
      let kept: (msg: Message) => Kept | undefined;
      beforeEach(async () => {
        kept = (await household()('circle')) as typeof kept;
      });

      it('keeps who is a friend, however it came to be, until that is ended', () => {
        assert.deepEqual(kept({ topic: 'friend-answer', payload: { answer: 'accepted', friend } })?.friends, [friend]);
        assert.deepEqual(kept({ topic: 'friends', payload: { outcome: 'friends', friend } })?.friends, [friend]);
        const [accepted] = kept({ topic: 'friend-request', payload: { ...request, state: 'accepted' } })?.friends ?? [];
        assert.deepEqual((accepted as typeof friend).user, robin.user);
        assert.deepEqual(kept({ payload: { outcome: 'removed', id: 'robin' } })?.friends, []);
        assert.deepEqual(kept({ topic: 'friend-request', payload: request })?.friends, []);
      });

      it('is shown anew whatever a button has sent, with why it failed until something else happens', () => {
        kept({ topic: 'friend-answer', payload: { answer: 'accepted', friend } });
        assert.deepEqual(kept({ payload: { invitation: 'nonsense' } })?.friends, [friend]);
        const failed = { payload: { invitation: 'nonsense' }, error: { message: 'There is no such invitation.' } };
        const after = kept(failed) as { friends: object[]; problem?: string } | undefined;
        assert.deepEqual([after?.friends, after?.problem], [[friend], 'There is no such invitation.']);
        assert.equal(kept({ error: { message: 'The endpoint is down' } }), undefined);
        assert.deepEqual(kept({ payload: robin }), { ...after, problem: undefined });
      });

      it('says why something failed until somebody does the next thing, whoever is found or listed meanwhile', () => {
        const message = 'There is no such request.';
        kept({ payload: { accept: 'r' }, error: { message } });
        assert.equal(kept(answer(robin))?.problem, message);
        assert.equal(kept({ payload: { list: true }, error: { message: 'The endpoint is down' } }), undefined);
        const listed = { outcome: 'listed', friends: [], received: [], sent: [], blocks: [] };
        assert.equal(kept({ payload: listed })?.problem, message);
        assert.equal(kept({ topic: 'friend-request', payload: { ...request, state: 'open' } })?.problem, message);
        assert.equal(kept({ payload: { invite: true } })?.problem, undefined);
      });

      it('knows whom we block by the name they had here, also after the endpoint has listed them without', () => {
        kept({ payload: { outcome: 'friends', friend } });
        const after = kept({ payload: { outcome: 'blocked', id: 'robin' }, name: 'Robin' });
        assert.deepEqual(after?.friends, []);
        const blocks = ['robin', 'alex'].map((id) => ({ id, since: '2026-11-23T08:00:00.000Z' }));
        const listed = { outcome: 'listed', friends: [], received: [], sent: [], blocks };
        assert.deepEqual(
          kept({ payload: listed })?.blocks.map((one) => (one as { name?: string }).name),
          ['Robin', undefined],
        );
        assert.equal(kept({ payload: { outcome: 'unblocked', id: 'robin' } })?.blocks.length, 1);
      });

      describe('by invitation', () => {
        const invited = (secret = 'secret', { expiresAt } = request) =>
          kept({ topic: 'invited', payload: { outcome: 'invited', invitation: secret, expiresAt } });
        const asked = () => kept({ payload: { outcome: 'requested', request: { to: { userId: 'robin' } } } });
        /** Those that are shown after somebody has said yes. */
        const answered = () => {
          const { invitations, used } = kept({ topic: 'friend-answer', payload: { friend } }) as Kept;
          return [invitations.map(({ secret }) => secret), used];
        };

        it('keeps it until somebody who was not asked says yes, or it has ended', () => {
          assert.deepEqual(invited()?.invitations, [{ secret: 'secret', expiresAt: request.expiresAt }]);
          asked();
          assert.deepEqual(answered(), [['secret'], 0]);
          const sent = [{ to: { userId: 'robin' } }, { to: { matchId: 'm' } }];
          kept({ payload: { outcome: 'listed', friends: [], received: [], sent, blocks: [] } });
          assert.deepEqual(answered(), [['secret'], 0]);
          assert.deepEqual(answered(), [[], 0]);
          const ended = invited('ended', { ...request, expiresAt: '2026-11-23T08:00:00.000Z' });
          assert.deepEqual(ended?.invitations, []);
        });

        it('counts nobody as asked whose request was taken back, or who is blocked', () => {
          for (const outcome of ['removed', 'blocked']) {
            invited();
            asked();
            kept({ payload: { outcome, id: 'robin' } });
            assert.deepEqual(answered(), [[], 0], outcome);
          }
        });

        it('keeps all of several until as many are used: nobody is told which', () => {
          invited('older');
          invited('newer');
          assert.deepEqual(answered(), [['older', 'newer'], 1]);
          assert.deepEqual(answered(), [[], 0]);
          invited('next');
          assert.deepEqual(answered(), [[], 0]);
        });

        it('loses none that may still be open with one that has ended', async () => {
          invited('older', { ...request, expiresAt: new Date(Date.now() + 200).toISOString() });
          invited('newer');
          assert.deepEqual(answered(), [['older', 'newer'], 1]);
          await new Promise((done) => setTimeout(done, 250));
          assert.deepEqual(
            kept({})?.invitations.map(({ secret }) => secret),
            ['newer'],
          );
        });

        it('says of one that was entered whether it was of use, and that it is our own', () => {
          invited('own');
          const redeems = 'typed';
          assert.equal(kept({ payload: { invitation: redeems }, redeems })?.redeemed, undefined);
          const error = { message: 'There is no such invitation.' };
          assert.equal(kept({ payload: { invitation: redeems }, redeems, error })?.redeemed, undefined);
          assert.equal(kept({ payload: { outcome: 'friends', friend }, redeems })?.redeemed, redeems);
          assert.equal(kept({})?.redeemed, undefined);
          const own = kept({ payload: { invitation: 'own' }, redeems: 'own', error });
          assert.equal(own?.problem, 'This invitation is your own: send it to somebody else.');
        });
      });
    });
  });

  it('asks about an activity that was told, for the time it began, and about none that is over', async () => {
    const node = household();
    const now = await node('now');
    const ask = await node('ask');
    const told = { payload: { activityId: 'a', target: 'home', state: 'started' }, topic: 'coffee' };
    now(activity('a', 'started'));
    const { startedAt } = activity('a', 'started').payload;
    assert.deepEqual(ask(structuredClone(told)), { activity: 'coffee', startedAt });
    now(activity('a', 'finished'));
    assert.equal(ask(structuredClone(told)), undefined);
  });

  describe('of an activity whose end was lost', () => {
    const { now } = Date;
    const later = (minutes: number): void => {
      Date.now = () => now() + minutes * 60_000;
    };
    afterEach(() => {
      Date.now = now;
    });

    it('is that it does not go on, once it was not told for six minutes, whatever its appliance reads', async () => {
      const what = await household()('now');
      const open = (msg: Message) => (what(msg) as { open: object[] }).open.length;
      open(activity('a', 'started'));
      later(4);
      assert.equal(open(activity('a', 'ongoing')), 1);
      later(9);
      assert.equal(open({}), 1);
      later(11);
      assert.equal(open({ payload: { appliance, at: new Date().toISOString(), parameters: { power: 3 } } }), 0);
    });

    it('is that nobody has one with us any more; who had, until ten minutes after it was told last', () => {
      tell(activity('a', 'started'));
      tell(activity('b', 'started'));
      tell(answer(robin));
      later(4);
      tell(activity('a', 'ongoing'));
      later(9);
      assert.deepEqual([idsOf(tell({})), tell({})?.endedAt], [['robin'], null]);
      later(11);
      const over = tell({});
      assert.ok(Math.abs((over?.endedAt ?? 0) - now() - 4 * 60_000) < 1000);
      assert.equal(tell(activity('b', 'ongoing'))?.endedAt, null, 'it was told late');
      later(30);
      assert.equal(tell({}), undefined);
    });

    it('is looked at each minute', async () => {
      assert.deepEqual((await nodeOf('each-minute'))?.wires, [['household-now', 'household-found']]);
    });
  });

  it('keeps what is usual of each kind of activity, and shows none that never was', async () => {
    const usual = await household()('usual');
    const habitsOf = (activity: string, count: number) => ({
      topic: activity,
      payload: { activity, habits: { count } },
    });
    const shown = (msg: Message) => (usual(msg) as { habits: { count: number } }[]).map(({ habits }) => habits.count);
    assert.deepEqual(shown({}), []);
    assert.deepEqual(shown(habitsOf('tea', 0)), []);
    assert.deepEqual(shown(habitsOf('coffee', 1)), [1]);
    assert.deepEqual(shown(habitsOf('tea', 4)), [4, 1]);
    assert.deepEqual(shown(habitsOf('coffee', 2)), [4, 2]);
    assert.deepEqual(shown({}), [4, 2]);
  });

  it('asks what is usual of the kind that was told, and of the former one of what was corrected', async () => {
    const kinds = await household()('kinds');
    const asked = (id: string, topic: string) => {
      const sent = kinds({ payload: { activityId: id, state: 'finished' }, topic }) as Message[];
      return sent.map((msg) => msg.topic);
    };
    assert.deepEqual(asked('a', 'coffee'), ['coffee']);
    assert.deepEqual(asked('b', 'tea'), ['tea']);
    assert.deepEqual(asked('a', 'coffee'), ['coffee']);
    assert.deepEqual(asked('a', 'tea'), ['coffee', 'tea']);
    assert.deepEqual(asked('a', 'tea'), ['tea']);
    assert.deepEqual((await nodeOf('share'))?.wires?.[0]?.at(-1), 'household-kinds');
    assert.deepEqual((await nodeOf('kinds'))?.wires, [['household-habits']]);
  });

  it('knows how fast recordings are played, and that real appliances are no recordings', async () => {
    const played = await household({ KINDRED_RECORDED_SPEED: '10' })('now');
    assert.equal((played({}) as { recorded?: string }).recorded, '10');
    const real = await household()('now');
    assert.equal((real({}) as { recorded?: string }).recorded, undefined);
  });

  describe('what is the matter', () => {
    interface Problem {
      id: string;
      text: string;
    }
    const source = { id: 'x', name: 'Coffee', type: 'collect-parameters' };
    const status = (fill: string, shape: string, text: string, type = source.type) =>
      ({ status: { fill, shape, text, source: { ...source, type } } }) as Message;
    let shown: (msg: Message, minutesLater?: number) => Promise<string[]>;

    beforeEach(async () => {
      const now = await household()('now');
      shown = async (msg, minutesLater = 1) => {
        const { problems } = now(msg) as { problems: Problem[] };
        const card = await nowCard({ problems }, Date.now() + minutesLater * 60_000);
        return (card.problems() as Problem[]).map(({ text }) => text);
      };
    });

    it('is shown until the node is well again', async () => {
      assert.deepEqual(await shown(status('red', 'ring', 'not valid'), 1000), ['not valid']);
      assert.deepEqual(await shown(status('green', 'dot', 'listed')), []);
    });

    it('is no warning that passed, unless of what goes on trying', async () => {
      const leapt = status('yellow', 'ring', 'clock was set');
      assert.deepEqual(await shown(leapt, 4), ['clock was set']);
      assert.deepEqual(await shown(leapt, 6), []);
      const waits = status('yellow', 'ring', '1 activity waits', 'share-to-social');
      assert.deepEqual(await shown(waits, 100), ['1 activity waits']);
    });

    it('can be dismissed until the node says something else', async () => {
      const lost = status('red', 'ring', 'disconnected');
      await shown(lost);
      assert.deepEqual(await shown({ payload: { dismiss: 'x' } }), []);
      assert.deepEqual(await shown(lost), [], 'that is known');
      assert.deepEqual(await shown(status('red', 'dot', 'no JSON')), ['no JSON']);
      await shown({ payload: { dismiss: 'x' } });
      await shown(status('green', 'dot', '3 W'));
      assert.deepEqual(await shown(lost), ['disconnected']);
      assert.deepEqual(await shown({ payload: { dismiss: 'unknown' } }), ['disconnected']);
    });

    it('stays dismissed while the node goes on trying', async () => {
      const [down, trying] = ['endpoint down · retry', 'connecting'].map((text) => status('yellow', 'ring', text));
      await shown(down as Message);
      await shown({ payload: { dismiss: 'x' } });
      for (const next of [trying, down, trying, down]) assert.deepEqual(await shown(next as Message), []);
      assert.deepEqual(await shown(status('red', 'ring', 'no token')), ['no token']);
    });
  });

  describe('how long an activity has gone on', () => {
    const begin = Date.parse('2026-11-23T08:00:00.000Z');
    const minute = 60_000;
    const running = {
      appliance,
      startedAt: new Date(begin).toISOString(),
      seconds: 120,
      countedAt: begin + 2 * minute,
    };
    const curve = (...minutes: number[]) => {
      const points = minutes.map((at) => [begin + at * minute, 2500]);
      return { id: appliance.id, points, heardAt: begin + Math.max(...minutes) * minute };
    };

    it('counts on between two readings', async () => {
      const card = await nowCard({ curves: [curve(-1, 0, 1, 2)] }, begin + 2.5 * minute);
      assert.equal(card.silenceOf(running), undefined);
      assert.equal(card.secondsOf(running), 150);
    });

    it('stops a minute after the last reading, and knows since when nothing came', async () => {
      const card = await nowCard({ curves: [curve(0, 0.5, 1, 1.5, 2)] }, begin + 60 * minute);
      assert.equal(card.silenceOf(running)?.since, begin + 2 * minute);
      assert.equal(card.secondsOf(running), 180);
    });

    it('goes on as long as the hub knows that it does, without a reading of a plug that reports changes only', async () => {
      const known = { ...running, seconds: 270, countedAt: begin + 4.5 * minute };
      const at = (minutes: number) => nowCard({ curves: [curve(0, 0.1)] }, begin + minutes * minute);
      assert.equal((await at(5)).silenceOf(known), undefined);
      assert.equal((await at(5)).secondsOf(known), 300);
      assert.equal((await at(6)).silenceOf(known)?.since, begin + 0.1 * minute);
      assert.equal((await at(6)).secondsOf(known), 330, 'a minute more than the hub knows');
    });

    it('is what the readings say where that is more than was told, and from when it began where that was corrected', async () => {
      const now = await household()('now');
      const shown = (msg: Message) => (now(msg) as { open: { seconds: number }[] }).open[0]?.seconds;
      const told = (seconds: number, startedAt = activity('a', '').payload.startedAt) =>
        shown({ payload: { ...activity('a', 'ongoing').payload, seconds, startedAt } });
      assert.equal(told(10), 10);
      const at = '2026-11-23T08:00:40.000Z';
      assert.equal(shown({ payload: { appliance, at, parameters: { power: 2500 } } }), 40);
      assert.deepEqual([told(30), told(60)], [40, 60]);
      assert.equal(told(20, '2026-11-23T08:00:40.000Z'), 20);
    });

    it('draws the curve of an appliance for as long as it goes back, and not for ever', async () => {
      const curves = [curve(0, 1, 2), { ...curve(5, 6, 7), id: 'kettle' }];
      const shown = async (minutes: number) => (await nowCard({ curves }, begin + minutes * minute)).curves();
      assert.deepEqual(
        (await shown(16)).map(({ id }) => id),
        [appliance.id, 'kettle'],
      );
      assert.deepEqual(
        (await shown(18)).map(({ id }) => id),
        ['kettle'],
      );
      assert.deepEqual(await shown(23), []);
    });

    it('has patience with an appliance that reports seldom', async () => {
      const card = await nowCard({ curves: [curve(-300, 0, 5, 10)] }, begin + 18 * minute);
      assert.equal(card.silenceOf(running), undefined);
      const later = await nowCard({ curves: [curve(-300, 0, 5, 10)] }, begin + 21 * minute);
      assert.equal(later.secondsOf(running), 20 * 60);
    });
  });
});
