import assert from 'node:assert/strict';
import { Cleanup, coffee, joinAs, type Member, startEndpoint } from './support.js';

interface Place {
  measure: string;
  among: string;
  people?: number;
}

/** Fewer strangers than this are told of to nobody. */
const K = 5;
const IN_AREA = 11;
const OUTSIDE = 6;

describe('crowds in ranks', () => {
  const cleanup = new Cleanup();
  afterEach(() => cleanup.run());

  it('never tell of fewer than five strangers, nor of four by the difference of two answers', async () => {
    const { url } = await startEndpoint(cleanup);
    const had = async (name: string, cell?: string): Promise<Member> => {
      const member = await joinAs(url, name, { discoverable: false, ...(cell ? { cell } : {}) });
      await member.client.publish(coffee({ state: 'finished', endedAt: new Date().toISOString() }));
      return member;
    };
    const asker = await had('Asker');
    await asker.client.updateMe({ discoverable: true });
    const near = await Promise.all(Array.from({ length: IN_AREA }, (_, index) => had(`Near ${index}`)));
    const far = await Promise.all(
      Array.from({ length: OUTSIDE }, (_, index) => had(`Far ${index}`, '861e126c7ffffff')),
    );
    const headers = { authorization: `Bearer ${asker.token}` };
    const peopleAmong = async (among: string): Promise<[string, number][]> => {
      const response = await fetch(`${url}/v1/ranks?activity=coffee&among=${among}&period=ever`, { headers });
      assert.equal(response.status, 200, await response.clone().text());
      const { ranks } = (await response.json()) as { ranks: Place[] };
      return ranks.flatMap(({ among: told, people }): [string, number][] =>
        people === undefined ? [] : [[told, people]],
      );
    };
    const told = new Set<string>();
    for (let outside = 0; outside <= OUTSIDE; outside++) {
      for (let inside = 0; inside <= IN_AREA; inside++) {
        await show(near, inside);
        await show(far, outside);
        const answers = new Map([...(await peopleAmong('area')), ...(await peopleAmong('everyone'))]);
        for (const [among, people] of answers) {
          told.add(among);
          assert.ok(people - 1 >= K, `${people - 1} of ${among} are told of`);
        }
        const [area, everyone] = [answers.get('area'), answers.get('everyone')];
        const difference = area === undefined || everyone === undefined ? 0 : everyone - area;
        assert.ok(difference === 0 || difference >= K, `${difference} outside are told of by difference`);
      }
    }
    assert.deepEqual(told, new Set(['everyone', 'area']), 'nothing is told of at all');
  });
});

const shown = new WeakMap<Member[], number>();

/** Makes so many of them visible, and hides the others. */
async function show(members: Member[], count: number): Promise<void> {
  const before = shown.get(members) ?? 0;
  const changed = members.slice(Math.min(before, count), Math.max(before, count));
  for (const { client } of changed) await client.updateMe({ discoverable: count > before });
  shown.set(members, count);
}
