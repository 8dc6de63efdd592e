import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { type FlowNode, placedFlows } from '../../scripts/household/user-directory.js';
import { inBrowser } from '../support/editor.js';
import { NodeRed, ROOT, until } from '../support/node-red.js';

const CARDS = ['now', 'found', 'friends', 'habits', 'last'] as const;
type Card = (typeof CARDS)[number];

/** A name that nothing can break at a space, and one that is written from right to left. */
const LONG = 'Kaffeevollautomatenentkalkungsbeauftragter'.repeat(3);
const ARABIC = 'سارة (محمد)';

describe("the household's dashboard, in Chromium", () => {
  const browser = inBrowser(async () => NodeRed.start({ flows: cardsAlone(await placedFlows(ROOT)) }), 800);
  let page: Page;

  before(async () => {
    page = await browser.newPage();
    await page.goto(`${browser.server.url}/dashboard/household`);
    await page.getByText('Nothing going on').waitFor();
  });

  beforeEach(() => fetch(`${browser.server.url}/forget`));

  async function show(card: Card, payload: unknown): Promise<void> {
    const { url } = browser.server;
    await until(`${card} is shown`, async () => {
      const headers = { 'content-type': 'application/json' };
      return (await fetch(`${url}/card/${card}`, { method: 'POST', headers, body: JSON.stringify(payload) })).ok;
    });
  }

  /** The newest of what the buttons have sent, as soon as there are so many. */
  async function pressed(count: number): Promise<{ user?: { name: string } }[]> {
    return until(`${count} arrive`, async () => {
      const all = (await (await fetch(`${browser.server.url}/pressed`)).json()) as { user?: { name: string } }[];
      return all.length >= count && all;
    });
  }

  it('says how often and when something is usual, and asks for no habit after one or two', async () => {
    const habits = page.locator('.kindred-habits article');
    await show('habits', [
      usual('coffee', { 8: 1 }),
      usual('weight-training', { 8: 1, 17: 1 }),
      usual('tea', { 16: 3 }),
      usual('meal', { 7: 2, 8: 2, 12: 3, 13: 3, 23: 3 }),
    ]);
    await habits.nth(3).waitFor();
    const said = (await habits.locator('p:last-child').allTextContents()).map((one) => one.replaceAll('\u00a0', ' '));
    assert.deepEqual(said, [
      'So far once, between 8:00 and 9:00 · 5 min',
      'So far twice, between 8:00 and 9:00 and between 17:00 and 18:00 · 5 min each',
      'Usually between 16:00 and 17:00 · 5 min each',
      'Usually between 12:00 and 14:00 and between 23:00 and 24:00 · 5 min each',
    ]);
    assert.deepEqual(await habits.locator('h3').allTextContents(), ['Coffee', 'Weight training', 'Tea', 'Meal']);
    await page
      .getByRole('img', {
        name: 'Weight training by the hour of the day: so far twice, between 8:00 and 9:00 and between 17:00 and 18:00, 2 in all',
      })
      .waitFor();
  });

  it('has the hours where the bars of those hours begin', async () => {
    await show('habits', [usual('coffee', { 8: 1 })]);
    const apart = await page.evaluate(() => {
      const [article] = document.querySelectorAll('.kindred-habits article');
      const bars = article?.querySelector('svg')?.getBoundingClientRect() ?? new DOMRect();
      const hours = [...(article?.querySelectorAll('.kindred-scale span') ?? [])].slice(1, -1);
      return hours.map((hour, index) => {
        const words = document.createRange();
        words.selectNodeContents(hour);
        const { left, width } = words.getBoundingClientRect();
        return Math.abs(left + width / 2 - bars.left - (bars.width * (index + 1)) / 4);
      });
    });
    assert.equal(apart.length, 3);
    assert.ok(Math.max(...apart) < 1, String(apart));
  });

  it('calls an activity the same on every card, in units that are those of the nodes, and tells hours from minutes', async () => {
    await show('now', { open: [going('weight-training', 'Bench', 3_725)] });
    await page.locator('.kindred-open h2', { hasText: /^Weight training$/ }).waitFor();
    await page.locator('.kindred-for', { hasText: /^1 h 2 min/ }).waitFor();
    await show('last', [over('weight-training', 'Bench', 7_260)]);
    await page.getByRole('row', { name: /^Weight training Bench .* 2 h 1 min 0\.20 kWh/ }).waitFor();
    await show('found', together('weight-training', ['Sam']));
    await page.locator('.kindred-people li', { hasText: 'Weight training at the same time' }).waitFor();
  });

  it('has a button that dismisses what is the matter', async () => {
    await show('now', { open: [], problems: [{ id: 'x', name: 'Kettle', text: 'disconnected', since: 0 }] });
    await page.getByRole('button', { name: 'Dismiss what Kettle says' }).click();
    assert.deepEqual(await pressed(1), [{ dismiss: 'x' }]);
  });

  it('says how fast recorded readings are played, where any are', async () => {
    const note = page.locator('.kindred-note');
    await show('now', { open: [], recorded: '30' });
    await note.getByText('Recorded readings, played at 30× and dated back').waitFor();
    await show('now', { open: [], recorded: '1' });
    await note.getByText('Recorded readings, played as slowly as they came').waitFor();
    await show('now', { open: [] });
    await note.waitFor({ state: 'detached' });
  });

  it('gives everybody a face, and writes names in their own direction', async () => {
    await show('found', together('coffee', ['Sam Ng', '☕🐈', '𝒜da', ARABIC]));
    const people = page.locator('.kindred-people li');
    await people.nth(3).waitFor();
    assert.deepEqual(await people.locator('.kindred-face').allTextContents(), ['SN', '☕', '𝒜', 'س']);
    const styles = await people.locator('h3').evaluateAll((names) =>
      names.map((name) => {
        const { direction, textAlign } = getComputedStyle(name as never);
        return `${direction} ${textAlign}`;
      }),
    );
    assert.deepEqual(styles, ['ltr left', 'ltr left', 'ltr left', 'rtl left'], 'a name stands beside its face');
  });

  it('shows some of a crowd, friends among them, and all of it to whoever wants to see them', async () => {
    const crowd = together('coffee', ['Anna'], 49);
    const friend = { activity: 'coffee', relation: 'friend', user: { id: 'friend', name: 'Robin' } };
    crowd.found[0]?.people.push(friend);
    await show('found', crowd);
    const section = page.locator('.kindred-people');
    const people = section.getByRole('listitem');
    const more = section.getByRole('button', { name: 'and 44 more' });
    await more.waitFor();
    await section.locator('.kindred-count', { hasText: /^50$/ }).waitFor();
    assert.equal(await people.count(), 6);
    assert.match((await people.first().textContent()) ?? '', /Robin.*a friend/);
    assert.equal(await more.getAttribute('aria-expanded'), 'false');
    assert.equal(await section.getAttribute('aria-live'), 'polite');

    await more.press('Enter');
    await people.nth(49).waitFor();
    assert.equal(await section.getAttribute('aria-live'), 'off', 'nobody hears 44 names at once');
    // Somebody joins: it stays open.
    crowd.found[0]?.people.push({ ...friend, user: { id: 'other', name: 'Sam' } });
    await show('found', crowd);
    await people.nth(50).waitFor();
    await section.getByRole('button', { name: 'Show fewer' }).press('Enter');
    await section.getByRole('button', { name: 'and 45 more' }).waitFor();
    assert.equal(await people.count(), 6);
    await show('found', together('coffee', ['Anna'], 6));
    await more.waitFor({ state: 'detached' });
    assert.equal(await people.count(), 6);
  });

  it('says of a crowd that there are more than the endpoint named', async () => {
    const crowd = together('coffee', ['Anna'], 20);
    await show('found', { ...crowd, found: crowd.found.map((one) => ({ ...one, isMore: true })) });
    const section = page.locator('.kindred-people');
    await section.locator('.kindred-count', { hasText: /^20\+$/ }).waitFor();
    assert.equal(await section.getByText('and more', { exact: true }).count(), 0);
    await section.getByRole('button', { name: 'and 14+ more' }).click();
    await section.getByText('and more', { exact: true }).waitFor();
    await section.getByRole('button', { name: 'Show fewer' }).click();
  });

  it('has a button for whoever can be asked to be friends, and two for whoever asks', async () => {
    const shown = together('coffee', ['Anna', 'Ben', 'Cleo']);
    const relations = ['stranger', 'requested', 'friend'];
    for (const [index, person] of shown.found[0]?.people.entries() ?? []) person.relation = relations[index] ?? '';
    const dora = { activity: 'tea', relation: 'stranger', user: { id: 'dora', name: 'Dora' } };
    shown.found[0]?.people.push(dora);
    const asking = [{ ...dora, id: 'r' }];
    await show('found', { ...shown, asking });
    const section = page.locator('.kindred-people');
    await section.getByRole('heading', { name: 'Would like to be friends' }).waitFor();
    await section.getByRole('button', { name: 'Ask Anna to be friends' }).click();
    await section.getByRole('button', { name: 'Accept Dora' }).click();
    await section.getByRole('button', { name: 'Decline Dora' }).click();
    assert.equal(await section.getByRole('button', { name: /^(Ask|Accept|Decline)/ }).count(), 3);
    const sent = await pressed(3);
    assert.deepEqual([sent[0]?.user?.name, ...sent.slice(1)], ['Anna', { accept: 'r' }, { decline: 'r' }]);
  });

  it('takes a request back, and blocks, behind a button that is hard to press by mistake', async () => {
    const shown = together('coffee', ['Anna']);
    await show('found', {
      ...shown,
      found: shown.found.map((one) => ({ ...one, people: [{ ...one.people[0], relation: 'requested' }] })),
    });
    const section = page.locator('.kindred-people');
    await section.getByText('you asked to be friends').waitFor();
    assert.equal(await section.getByRole('button', { name: /^(Take back|Block)/ }).count(), 0);
    await section.getByRole('button', { name: 'More about Anna' }).click();
    await section.getByRole('button', { name: 'Take back the request to Anna' }).click();
    await section.getByRole('button', { name: 'More about Anna' }).click();
    await section.getByRole('button', { name: 'Block Anna' }).click();
    const id = shown.found[0]?.people[0]?.user.id;
    assert.deepEqual((await pressed(2)).slice(-2), [{ remove: id }, { block: id }]);
  });

  it('has friends, whom we block, and invitations to give and to accept', async () => {
    const section = page.locator('.kindred-friends');
    await section.getByText('Nobody yet.').waitFor();
    await section.getByRole('button', { name: 'Invite somebody' }).click();
    await section.getByLabel('An invitation you were sent').press('Enter');
    await section.getByLabel('An invitation you were sent').fill(' from-a-friend ');
    await section.getByRole('button', { name: 'Accept' }).click();
    const since = '2026-11-23T08:00:00.000Z';
    const friends = [
      { user: { id: 'r', name: 'Robin' }, since },
      { user: { id: 'a', name: 'Anna' }, since },
    ];
    const invitations = [{ secret: 'for-one-person', expiresAt: '2026-12-07T08:00:00.000Z' }];
    await show('friends', { friends, blocks: [{ id: 'x', since }], invitations });
    await section.getByRole('listitem').nth(1).waitFor();
    assert.deepEqual(await section.getByRole('heading', { level: 3 }).allTextContents(), ['Anna', 'Robin']);
    await section.getByLabel('by 7 December 2026').waitFor();
    assert.equal(await section.getByLabel('by 7 December 2026').inputValue(), 'for-one-person');
    await section.getByRole('button', { name: 'Change friendship with Robin' }).click();
    await section.getByRole('button', { name: 'Remove Robin' }).click();
    await section.getByRole('button', { name: 'Yes, remove Robin' }).click();
    await section.getByText('You block one person').click();
    await section.getByRole('button', { name: 'Unblock somebody' }).click();
    assert.deepEqual(await pressed(4), [
      { invite: true },
      { invitation: 'from-a-friend' },
      { remove: 'r' },
      { unblock: 'x' },
    ]);
  });

  it('asks whether somebody is to be removed or blocked, where nobody says yes by pressing twice', async () => {
    const section = page.locator('.kindred-friends');
    await show('friends', { friends: [{ user: { id: 'r', name: 'Robin' }, since: '2026-11-23T08:00:00.000Z' }] });
    await section.getByRole('button', { name: 'Change friendship with Robin' }).click();
    await section.getByRole('button', { name: 'Block Robin' }).press('Enter');
    await section.getByRole('group', { name: 'Block Robin?' }).waitFor();
    const no = section.getByRole('button', { name: 'No, do not block Robin' });
    await until('the focus is at No', () => no.evaluate((button) => button === document.activeElement));
    await page.keyboard.press('Enter');
    await no.waitFor({ state: 'detached' });
    await section.getByRole('button', { name: 'Change friendship with Robin' }).click();
    await section.getByRole('button', { name: 'Block Robin' }).click();
    await section.getByRole('button', { name: 'Yes, block Robin' }).click();
    assert.deepEqual(await pressed(1), [{ block: 'r' }]);
    await section.getByRole('group').waitFor({ state: 'detached' });
  });

  it('keeps an invitation that was typed until it was of use, and sends it once', async () => {
    const field = page.getByLabel('An invitation you were sent');
    await field.fill('mistyped ');
    await field.press('Enter');
    await field.press('Enter');
    await show('friends', { problem: 'There is no such request or invitation, or not any more.' });
    await page.locator('.kindred-friends').getByText('There is no such').waitFor();
    assert.equal(await field.inputValue(), 'mistyped ');
    await field.press('Enter');
    assert.deepEqual(await pressed(2), [{ invitation: 'mistyped' }, { invitation: 'mistyped' }]);
    await show('friends', { redeemed: 'mistyped' });
    await until('the field is empty', async () => (await field.inputValue()) === '');
  });

  it('shows all invitations, and how many of them were used', async () => {
    const section = page.locator('.kindred-friends');
    const invitations = ['one', 'two'].map((secret) => ({ secret, expiresAt: '2026-12-07T08:00:00.000Z' }));
    await show('friends', { invitations, used: 1 });
    await section.getByText('One of these has been used.').waitFor();
    const fields = section.getByLabel('by 7 December 2026');
    assert.deepEqual([await fields.first().inputValue(), await fields.last().inputValue()], ['one', 'two']);
  });

  it('shows who asks while nothing goes on', async () => {
    await show('found', { found: [], keptMs: 1, asking: [{ id: 'r', user: { id: 'dora', name: 'Dora' } }] });
    const section = page.locator('.kindred-people');
    await section.getByRole('button', { name: 'Accept Dora' }).waitFor();
    assert.equal(await section.getByText('Nobody with you').count(), 0);
  });

  it('has faces whose letters can be read, whoever it is', async () => {
    await show('found', together('coffee', ['Anna'], 360));
    await page.getByRole('button', { name: 'and 354 more' }).click();
    const faces = page.locator('.kindred-face');
    await faces.nth(300).waitFor();
    const shades = await faces.evaluateAll((all) => all.map((face) => getComputedStyle(face as never).backgroundColor));
    const worst = Math.min(...shades.map((shade) => 1.05 / (luminance(shade) + 0.05)));
    assert.ok(worst >= 4.5, `white on the lightest face has a contrast of ${worst.toFixed(2)}`);
  });

  it('reads out what begins and ends, and not every second of it', async () => {
    await show('now', { open: [going('coffee', 'Machine', 5)], curves: [curve('Machine')] });
    await page.locator('.kindred-curve').waitFor();
    assert.equal(await page.locator('.kindred-now[aria-live=polite]').count(), 1);
    for (const ticking of ['.kindred-for', '.kindred-curve']) {
      assert.equal(await page.locator(`${ticking}[aria-live=off]`).count(), 1, ticking);
    }
  });

  it('draws no curve of an appliance that has been silent for as long as a curve goes back', async () => {
    await show('now', { open: [], curves: [curve('Kettle that is gone', 16), curve('Machine that is there', 14)] });
    const curves = page.locator('.kindred-curve');
    await curves.getByText('Machine that is there').waitFor();
    assert.equal(await curves.count(), 1);
  });

  it('has the last activities below what goes on, beside the people, and room for names at every width', async () => {
    await show('now', { open: [], curves: [curve('Machine')] });
    await show('last', [over('coffee', 'Machine', 300)]);
    const crowd = together('coffee', ['Cornelia'], 6);
    for (const person of crowd.found[0]?.people ?? []) Object.assign(person, { nearby: true });
    await show('found', crowd);
    await page.locator('.kindred-people li').nth(5).waitFor();
    const place = async (card: string) => {
      const box = await page.locator(`.kindred-${card}`).boundingBox();
      return box ?? assert.fail(`${card} is not shown`);
    };
    for (const width of [1280, 920]) {
      await page.setViewportSize({ width, height: 800 });
      const [now, last, people] = [await place('now'), await place('last'), await place('people')];
      assert.ok(last.y > now.y + now.height && last.y < now.y + now.height + 100, `${width}: below what goes on`);
      assert.ok(people.x > last.x + last.width, `${width}: beside the people`);
      const name = await page.locator('.kindred-people h3').first().boundingBox();
      assert.ok((name?.height ?? 0) < 30, `${width}: a name is broken into lines`);
    }
  });

  it('keeps within a phone, however long a name is', async () => {
    await page.setViewportSize({ width: 360, height: 800 });
    await show('now', {
      open: [going('coffee', LONG, 5)],
      curves: [curve(LONG)],
      problems: [{ id: 'x', name: LONG, text: LONG, since: 0 }],
    });
    await show('last', [over('coffee', LONG, 300)]);
    const asking = [{ id: 'r', user: { id: 'long', name: LONG } }];
    await show('found', { ...together('coffee', [LONG]), asking });
    const since = '2026-11-23T08:00:00.000Z';
    const invitations = [{ secret: LONG, expiresAt: since }];
    await show('friends', {
      friends: [{ user: { id: 'long', name: LONG }, since }],
      blocks: [{ id: 'x', name: LONG, since }],
      invitations,
    });
    await page.locator('.kindred-people li', { hasText: LONG }).nth(1).waitFor();
    await page.locator('.kindred-friends li', { hasText: LONG }).first().waitFor();
    await page.getByText('You block one person').click();
    await page.getByRole('button', { name: 'Change friendship with' }).click();
    await page.getByRole('button', { name: /^Remove/ }).click();
    await page.locator('.kindred-problem', { hasText: LONG }).waitFor();
    const sticksOut = await page
      .locator('.kindred-now, .kindred-people, .kindred-friends, .kindred-last, .kindred-scroll')
      .evaluateAll((parts) =>
        (parts as unknown as { className: string; scrollWidth: number; clientWidth: number }[])
          .filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth + 1)
          .map(({ className }) => className),
      );
    assert.deepEqual(sticksOut, []);
  });
});

/** The cards without what fills them: each is filled over HTTP instead. */
function cardsAlone(flows: FlowNode[]): FlowNode[] {
  const shown = flows.filter(({ type }) => type === 'tab' || type.startsWith('ui-'));
  const feeds = CARDS.flatMap((card) => {
    const common = { x: 0, y: 0, z: 'household' };
    const rules = ['req', 'res'].map((p) => ({ t: 'delete', p, pt: 'msg' }));
    return [
      {
        ...common,
        id: `in-${card}`,
        type: 'http in',
        url: `/card/${card}`,
        method: 'post',
        wires: [[`out-${card}`, `to-${card}`]],
      },
      { ...common, id: `out-${card}`, type: 'http response', wires: [] },
      { ...common, id: `to-${card}`, type: 'change', rules, wires: [[`household-${card}-card`]] },
    ];
  });
  return [...shown, ...feeds, ...buttons()] as FlowNode[];
}

/** In the place of what the buttons are wired to: keeps what they send, and tells it over HTTP. */
function buttons() {
  const common = { x: 0, y: 0, z: 'household' };
  const keep = "flow.set('pressed', [...(flow.get('pressed') ?? []), msg.payload]);";
  const tell = "msg.payload = flow.get('pressed') ?? []; return msg;";
  const forget = "flow.set('pressed', []); return msg;";
  return [
    ...['household-now', 'household-buttons-out', 'household-friends-buttons-out'].map((id) => {
      return { ...common, id, type: 'function', func: keep, outputs: 1, libs: [], wires: [] };
    }),
    { ...common, id: 'pressed-in', type: 'http in', url: '/pressed', method: 'get', wires: [['pressed-tell']] },
    { ...common, id: 'pressed-tell', type: 'function', func: tell, outputs: 1, libs: [], wires: [['pressed-out']] },
    { ...common, id: 'forget-in', type: 'http in', url: '/forget', method: 'get', wires: [['forget']] },
    { ...common, id: 'forget', type: 'function', func: forget, outputs: 1, libs: [], wires: [['pressed-out']] },
    { ...common, id: 'pressed-out', type: 'http response', wires: [] },
  ];
}

function usual(activity: string, byHour: Record<number, number>) {
  const hours = Array.from({ length: 24 }, (_, hour) => byHour[hour] ?? 0);
  const count = hours.reduce((sum, one) => sum + one, 0);
  // The fewest hours with half of it, as an endpoint gives them.
  const usualHours: number[] = [];
  let sum = 0;
  for (const [hour, times] of Object.entries(byHour).sort(([, a], [, b]) => b - a)) {
    if (2 * sum < count) usualHours.push(Number(hour));
    sum += times;
  }
  const periods = { week: { count } };
  return {
    activity,
    habits: { count, hours, usualHours, seconds: { mean: 300 }, periods, streak: { current: 1 } },
    ranks: [],
  };
}

function going(activity: string, name: string, seconds: number) {
  const startedAt = new Date(Date.now() - seconds * 1000).toISOString();
  return { id: activity, activity, startedAt, seconds, appliance: { id: name, name }, countedAt: Date.now() };
}

function over(activity: string, appliance: string, seconds: number) {
  return { id: activity, activity, appliance, seconds, startedAt: new Date().toISOString(), energy: 0.2, peak: 2000 };
}

function curve(name: string, endedMinutesAgo = 0) {
  const heardAt = Date.now() - endedMinutesAgo * 60_000;
  const points = [2, 1, 0].map((minutes) => [heardAt - minutes * 60_000, 1000]);
  return { id: name, name, points, heardAt };
}

/** People who have one now; the first as often as wanted, with ids of their own, so that every hue comes. */
function together(activity: string, names: string[], times = 1) {
  const all = times === 1 ? names : Array.from({ length: times }, () => names[0]);
  const people = all.map((name, index) => ({
    activity,
    relation: 'stranger',
    user: { id: String.fromCharCode(256 + index), name },
  }));
  return { found: [{ activity, people, endedAt: null }], keptMs: 600_000 };
}

/** Relative luminance of a colour as the browser says it, after WCAG 2.2. */
function luminance(rgb: string): number {
  const [red = 0, green = 0, blue = 0] = (rgb.match(/\d+/g) ?? []).map((part) => {
    const share = Number(part) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
