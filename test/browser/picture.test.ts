import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { inBrowser, openDialog, openEditor } from '../support/editor.js';
import { until } from '../support/node-red.js';
import { HouseholdUnderTest } from '../support/node-red-household.js';

describe('the picture of the last run, in Chromium', () => {
  const browser = inBrowser(() => HouseholdUnderTest.start());

  /** The dialog of the node that saw the brew, in an editor that was opened for it. */
  async function openCoffee(page: Page): Promise<void> {
    await openEditor(page, browser.server.nodeRed.url);
    await openDialog(page, 'picture-coffee');
  }

  it('shows the brew in the dialog, takes it back, undoes that, and takes other times', async () => {
    const house = browser.server;
    await house.deploy('picture');
    await house.publish(0, Number.POSITIVE_INFINITY);
    const brew = await until('the brew is over', () => house.activities().find(({ state }) => state === 'finished'));

    const page = await browser.newPage();
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(error.message));
    await openCoffee(page);
    const section = page.locator('#kindred-recognition');
    await section.locator('.run.finished text', { hasText: /coffee · 4 min 5\d s/ }).waitFor();
    await section.getByText(/^Was this wrong\? coffee · .*\d\d:\d\d · 4 min 5\d s$/).waitFor();
    assert.ok(await section.getByRole('img', { name: /^What was measured/ }).isVisible());
    await section.getByText('power (W)').waitFor();
    await section.locator('text.level', { hasText: /^full power [\d,]+ W$/ }).waitFor();
    assert.deepEqual(await levelsThroughEdges(page), [], 'the edge of a run goes through a label');
    await section.locator('.strip.sights text', { hasText: 'run' }).waitFor();
    await section.getByText(/^Full power is about [\d,]+ W; from [\d,]+ W on it counts as work/).waitFor();
    assert.equal(await section.getByText('Your corrections taught it').count(), 0);

    await section.getByRole('button', { name: 'It was none' }).click();
    await section.locator('.run.discarded text', { hasText: 'taken back' }).waitFor();
    await section.locator('.kindred-recognition-why').getByText('Noted, once').waitFor();
    await until('it is told', () =>
      house.activities().find(({ id, state }) => id === brew.id && state === 'discarded'),
    );
    const undo = section.getByRole('button', { name: /^Undo: coffee at \d\d:\d\d: was none$/ });
    await section.getByRole('list', { name: 'Recent corrections' }).getByText('Noted, once').waitFor();
    await section.getByRole('status').getByText('Corrected, and told on.').waitFor();
    await undo.click();
    await section.locator('.run.finished').waitFor();
    await undo.waitFor({ state: 'detached' });

    await section.getByRole('button', { name: 'Other times' }).click();
    const end = section.getByLabel('to', { exact: true });
    const [from, to] = [await section.getByLabel('from', { exact: true }).inputValue(), await end.inputValue()];
    await end.fill(from);
    await section.getByRole('button', { name: 'Save' }).click();
    await section.getByRole('alert').filter({ hasText: 'the end comes after the start' }).waitFor();
    await section.getByRole('button', { name: 'Cancel' }).click();
    assert.ok(await section.getByRole('alert').isHidden(), 'what was wrong stays after the form is gone');
    await section.getByRole('button', { name: 'Other times' }).click();
    await section.getByLabel('from', { exact: true }).fill(sooner(from, 25 * 60));
    await section.getByRole('button', { name: 'Save' }).click();
    await section.getByRole('alert').filter({ hasText: 'more than 24 hours ago' }).waitFor();
    await drag(page);
    await section.getByRole('alert').waitFor({ state: 'hidden' });
    await section.getByRole('button', { name: 'Cancel' }).click();
    await section.getByRole('button', { name: 'Other times' }).click();
    await end.fill(sooner(to));
    await section.getByRole('button', { name: 'Save' }).click();
    await section.locator('.run.finished text', { hasText: /coffee · 3 min 5\d s/ }).waitFor();

    await drag(page);
    await section.getByText('When was it?').waitFor();
    await section.getByRole('button', { name: 'Cancel' }).click();
    await drag(page, 2);
    assert.equal(await section.getByText('When was it?').count(), 0, 'a click by a hand that was not quite still');
    await page.locator('#node-dialog-cancel').click();
    await section.waitFor({ state: 'detached' });
    assert.deepEqual(errors, []);
  });

  it('shows which appliance, which action, and what nearly was one', async () => {
    const page = await browser.newPage();
    const pictures = [seenCup('Cup', 'coffee', ['raise-cup', 'sip']), seenCup('Mug', 'tea', ['stir'])];
    let asked = 0;
    await page.route('**/collect-parameters/*/pictures', (route) => {
      asked++;
      return route.fulfill({ json: { pictures } });
    });
    await openCoffee(page);
    const section = page.locator('#kindred-recognition');
    const actions = section.getByLabel('action of the last run');
    await actions.waitFor();
    await until('it was drawn again', () => asked > 2);
    assert.match((await actions.locator('option').allTextContents()).join(), /^sip .*cup raised/);
    await section.getByText('nearly: pouring').waitFor();
    await section.getByText('took for “stirring” need more to be told (2×)').waitFor();
    await section.getByLabel('Appliance').selectOption('Mug');
    await section.locator('.run.finished text', { hasText: 'tea' }).waitFor();
    assert.match((await actions.locator('option').allTextContents()).join(), /^stirring/);
  });

  it('takes the focus into the form and back, and closes the form alone on Escape', async () => {
    const page = await browser.newPage();
    const cup = seenCup('Cup', 'coffee', []);
    const [ago, over] = [Date.now() - 540_000, Date.now() - 240_000];
    cup.lines = [powerUntil(Date.now())];
    const runs = cup.runs.map((run) => ({ ...run, startedAt: ago, endedAt: over }));
    await page.route('**/collect-parameters/*/pictures', (route) =>
      route.fulfill({ json: { pictures: [{ ...cup, runs }] } }),
    );
    const sent: unknown[] = [];
    await page.route('**/collect-parameters/*/corrections', async (route) => {
      sent.push(route.request().postDataJSON().correction);
      await route.fulfill({ json: {} });
    });
    await openCoffee(page);
    const section = page.locator('#kindred-recognition');
    const missed = section.getByRole('button', { name: 'One was missed' });
    await missed.focus();
    await page.keyboard.press('Enter');
    const from = section.getByLabel('from', { exact: true });
    const to = section.getByLabel('to', { exact: true });
    await focusIsAt(page, 'kindred-recognition-from');
    assert.ok(Date.parse(`${await to.inputValue()}Z`) > Date.parse(`${await from.inputValue()}Z`));
    const end = await to.evaluate((field) => new Date((field as unknown as { value: string }).value).getTime());
    assert.ok(end <= ago, 'what is proposed overlaps the run');
    await page.keyboard.press('Escape');
    await focusIsAt(page, 'One was missed');
    assert.ok(await page.locator('#node-dialog-cancel').isVisible());
    assert.ok(await missed.isVisible());

    await section.getByRole('button', { name: 'Something else' }).press('Enter');
    await section.getByLabel('what it was').selectOption('tea');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await focusIsAt(page, 'Something else');
    assert.deepEqual(sent, [{ what: 'activity', id: 'run-Cup', activity: 'tea' }]);
  });

  it('proposes times for one that was missed only where something was measured, and tells of it once', async () => {
    const page = await browser.newPage();
    const cup = { ...seenCup('Cup', 'coffee', []), runs: [] as object[], correctable: undefined };
    await page.route('**/collect-parameters/*/pictures', (route) => route.fulfill({ json: { pictures: [cup] } }));
    const sent: { startedAt: number; endedAt: number }[] = [];
    await page.route('**/collect-parameters/*/corrections', async (route) => {
      sent.push(route.request().postDataJSON().correction);
      cup.runs = [{ id: 'missed', activity: 'coffee', state: 'finished', startedAt: 1, endedAt: 2 }];
      await route.fulfill({ json: {} });
    });
    const section = page.locator('#kindred-recognition');
    const save = section.getByRole('button', { name: 'Save' });
    const from = section.getByLabel('from', { exact: true });
    const openMissed = async () => {
      await openCoffee(page);
      await section.getByRole('button', { name: 'One was missed' }).click();
    };

    // A minute of readings is no room for five.
    await openMissed();
    assert.equal(await from.inputValue(), '');
    await save.click();
    await section.getByRole('alert').filter({ hasText: 'Say when it began and when it ended' }).waitFor();
    assert.deepEqual(sent, []);

    // Nothing was measured for an hour, for hours before that, or while another one went on.
    const over = Date.now() - 3_600_000;
    cup.lines = [powerUntil(over)];
    cup.runs = [{ id: 'r', activity: 'coffee', state: 'finished', startedAt: over - 300_000, endedAt: over - 200_000 }];
    await openMissed();
    await clickTwice(page, await save.boundingBox());
    await section.getByRole('status').getByText('Corrected, and told on.').waitFor();
    assert.equal(sent.length, 1, JSON.stringify(sent));
    const [{ startedAt, endedAt }] = sent as [(typeof sent)[0]];
    assert.ok(endedAt - startedAt >= 299_000 && endedAt < over - 300_000 && startedAt > over - 1_800_000);
  });

  it('lists the corrections, each with what was learned and its own undo', async () => {
    const page = await browser.newPage();
    const cup = seenCup('Cup', 'coffee', []);
    const at = Date.now() - 1000;
    const common = { at, activity: 'coffee', startedAt: cup.runs[0]?.startedAt, endedAt: cup.runs[0]?.endedAt };
    let corrections: { number: number; [more: string]: unknown }[] = [
      {
        number: 3,
        what: 'action',
        action: 'sip',
        isAdded: false,
        ...common,
        taught: [{ name: 'taught-sip', values: { grams: 12 } }],
      },
      { number: 2, what: 'activity', before: 'tea', ...common, taught: [] },
      { number: 1, what: 'times', ...common },
    ];
    await page.route('**/collect-parameters/*/pictures', (route) =>
      route.fulfill({ json: { pictures: [{ ...cup, corrections }] } }),
    );
    await page.route('**/collect-parameters/*/corrections', async (route) => {
      const { number } = route.request().postDataJSON().correction;
      corrections = corrections.filter((one) => one.number !== number);
      await route.fulfill({ json: {} });
    });
    await openCoffee(page);
    const list = page.locator('#kindred-recognition').getByRole('list', { name: 'Recent corrections' });
    await list.getByText(/^3\. sip at .*: was none$/).waitFor();
    await list.getByText('lighter by 12 g').waitFor();
    await list.getByText('The recogniser could learn nothing from it.').waitFor();
    assert.equal(await list.getByRole('listitem').count(), 3);
    await list.getByRole('button', { name: /^Undo: tea at .*: was coffee$/ }).press('Enter');
    await page.locator('#kindred-recognition').getByRole('status').getByText('Undone, and told on.').waitFor();
    assert.equal(await list.getByRole('listitem').count(), 2);
    await focusIsAt(page, 'Undo');
    await page.keyboard.press('Enter');
    await until('only one is left', async () => (await list.getByRole('listitem').count()) === 1);
    await list.getByRole('button', { name: /^Undo: sip/ }).press('Enter');
    await focusIsAt(page, 'It was none');
  });

  it('has no label of a run in that of another', async () => {
    const page = await browser.newPage();
    const cup = seenCup('Cup', 'drink', []);
    const [line] = cup.lines;
    const spans = Array.from({ length: 60 }, (_, minute) => Date.now() - (60 - minute) * 60_000);
    const runs = [50, 30, 4, 3, 2].map((minutes) => {
      const startedAt = Date.now() - minutes * 60_000;
      return { id: `run-${minutes}`, activity: 'drink', state: 'finished', startedAt, endedAt: startedAt + 51_000 };
    });
    const view = { ...cup, runs, lines: [{ ...line, spans: spans.map((at) => [at, at, 0, 9.8]) }] };
    await page.route('**/collect-parameters/*/pictures', (route) => route.fulfill({ json: { pictures: [view] } }));
    await openCoffee(page);
    const section = page.locator('#kindred-recognition');
    await section.getByLabel('show all that is remembered').check();
    await until('all runs are shown', async () => (await section.locator('.run').count()) === runs.length);
    const labels = await section.locator('.run text').evaluateAll((all) =>
      all.map((label) => {
        const { left, right } = (label as Element).getBoundingClientRect();
        return { text: label.textContent, left, right };
      }),
    );
    assert.deepEqual([...new Set(labels.map(({ text }) => text))], ['drink · 51 s']);
    assert.equal(labels.length, 3, 'of the last three, the newest has one');
    for (const [index, { left }] of labels.entries()) assert.ok(left > (labels[index - 1]?.right ?? 0));
  });

  it('keeps what is typed while a run goes on, and sends it once', async () => {
    const page = await browser.newPage();
    const cup = seenCup('Cup', 'coffee', ['sip']);
    let asked = 0;
    await page.route('**/collect-parameters/*/pictures', (route) => {
      asked++;
      const runs = cup.runs.map((run) => ({ ...run, state: 'ongoing', endedAt: run.endedAt + asked * 1000 }));
      return route.fulfill({ json: { pictures: [{ ...cup, runs }] } });
    });
    let answer = () => {};
    const answered = new Promise<void>((resolve) => {
      answer = resolve;
    });
    let sent = 0;
    await page.route('**/collect-parameters/*/corrections', async (route) => {
      sent++;
      await answered;
      await route.fulfill({ status: 422, json: { problem: 'not then' } });
    });
    await openCoffee(page);
    const section = page.locator('#kindred-recognition');
    await section.getByRole('button', { name: 'One was missed' }).click();
    const from = section.getByLabel('from', { exact: true });
    await from.fill('2026-01-02T03:04:05');
    await section.getByLabel('to', { exact: true }).fill('2026-01-02T03:05:05');
    const before = asked;
    await until('it was drawn again', () => asked > before + 2);
    assert.equal(await from.inputValue(), '2026-01-02T03:04:05');
    const save = section.getByRole('button', { name: 'Save' });
    await save.click();
    await until('it is sent', () => sent === 1);
    assert.ok(await save.isDisabled());
    answer();
    await section.getByRole('alert').filter({ hasText: 'not then' }).waitFor();
    assert.ok(await save.isEnabled());
  });

  it('keeps a form with the run it was opened for, and what is typed in it, when another run begins', async () => {
    const page = await browser.newPage();
    const cup = seenCup('Cup', 'coffee', []);
    const [run] = cup.runs;
    let view = cup;
    let asked = 0;
    await page.route('**/collect-parameters/*/pictures', (route) => {
      asked++;
      return route.fulfill({ json: { pictures: [view] } });
    });
    const sent: object[] = [];
    await page.route('**/collect-parameters/*/corrections', async (route) => {
      sent.push(route.request().postDataJSON().correction);
      await route.fulfill({ json: {} });
    });
    await openCoffee(page);
    const section = page.locator('#kindred-recognition');
    const save = section.getByRole('button', { name: 'Save' });
    const begins = async () => {
      const startedAt = Date.now() - 10_000;
      const next = { ...cup.runs[0], id: 'next', activity: 'tea', state: 'ongoing', startedAt, endedAt: Date.now() };
      view = { ...cup, runs: [...cup.runs, next] as typeof cup.runs, correctable: 'next' };
      const before = asked;
      await until('it was drawn again', () => asked > before + 2);
    };

    await section.getByRole('button', { name: 'Something else' }).click();
    const other = section.getByLabel('what it was');
    await other.selectOption('tea');
    await focusIsAt(page, 'tea');
    await begins();
    assert.equal(await other.inputValue(), 'tea');
    await focusIsAt(page, 'tea');
    await save.click();
    await until('it is sent', () => sent.length === 1);
    assert.deepEqual(sent, [{ what: 'activity', id: run?.id, activity: 'tea' }]);

    view = cup;
    await section.getByRole('button', { name: 'Other times' }).click();
    const from = section.getByLabel('from', { exact: true });
    const typed = sooner(await from.inputValue());
    await from.fill(typed);
    await begins();
    assert.equal(await from.inputValue(), typed);
    await drag(page);
    await save.click();
    await until('it is sent', () => sent.length === 2);
    assert.equal((sent[1] as { id: string }).id, run?.id);
  });

  it('offers all that is remembered where that is more, and says of nothing that can be seen that it is not there', async () => {
    const page = await browser.newPage();
    const cup = seenCup('Cup', 'coffee', []);
    let view: object = cup;
    await page.route('**/collect-parameters/*/pictures', (route) => route.fulfill({ json: { pictures: [view] } }));
    await openCoffee(page);
    const section = page.locator('#kindred-recognition');
    const everything = section.getByLabel('show all that is remembered');
    await section.locator('.run.finished').waitFor();
    assert.equal(await everything.isVisible(), false);
    const [line] = cup.lines;
    const earlier = [cup.runs[0]?.startedAt ?? 0].map((from) => [from - 600_000, from - 600_000, 0, 9.8]);
    view = { ...cup, lines: [{ ...line, spans: [...earlier, ...(line?.spans ?? [])] }] };
    await everything.waitFor();

    const note = section.getByText('No activity has been recognised in this picture yet.');
    view = { ...cup, runs: [] };
    await note.waitFor();
    view = { ...cup, runs: [], why: { ...cup.why, sights: [{ ...cup.why.sights[0], name: 'run' }] } };
    await note.waitFor({ state: 'hidden' });
  });
});

/** Labels of levels that the edge of a run goes through. */
function levelsThroughEdges(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const boxes = (what: string) =>
      [...document.querySelectorAll(`.kindred-picture ${what}`)].map((element) => {
        const { left, right } = element.getBoundingClientRect();
        return { text: element.textContent ?? '', left, right };
      });
    const edges = boxes('.run line');
    const labels = boxes('text.level');
    const isCrossed = (label: (typeof labels)[0]) => edges.some(({ left }) => left > label.left && left < label.right);
    return labels.filter(isCrossed).map(({ text }) => text);
  });
}

async function focusIsAt(page: Page, what: string): Promise<void> {
  await until(`the focus is at ${what}`, async () => (await focused(page)).includes(what));
}

/** What has the focus: the text or the label of it. */
function focused(page: Page): Promise<string> {
  return page.evaluate(() => {
    const { activeElement } = globalThis.document as unknown as {
      activeElement: { className: string; textContent: string };
    };
    return `${activeElement.className} ${activeElement.textContent}`;
  });
}

/** Cups that a node could have seen, an hour ago. */
function seenCup(name: string, activity: string, actions: string[]) {
  const from = Date.now() - 3_600_000;
  const spans = [0, 20_000, 40_000, 60_000].map((after) => [from + after, from + after, 0, 9.8]);
  return {
    appliance: { id: name, name, profile: 'json' },
    lines: [{ parameter: 'acceleration', axis: 'x' as string | undefined, spans }],
    words: [],
    runs: [{ id: `run-${name}`, activity, state: 'finished', startedAt: from, endedAt: from + 60_000 }],
    actions: actions.map((action, index) => {
      const startedAt = from + 10_000 * (index + 1);
      return { activityId: `run-${name}`, action, startedAt, endedAt: startedAt + 2000 };
    }),
    correctable: `run-${name}`,
    corrections: [] as object[],
    why: {
      levels: [],
      facts: [{ name: 'taught-wrong', values: { action: 'stir', times: 2 } }],
      sights: [{ from: from + 50_000, to: from + 52_000, name: 'nearly', values: { action: 'pour' } }],
    },
  };
}

/** As fast as a double click is, and slow enough for an answer in between. */
async function clickTwice(page: Page, box: { x: number; y: number; height: number } | null): Promise<void> {
  assert.ok(box);
  await page.mouse.move(box.x + 8, box.y + box.height / 2);
  for (const clickCount of [1, 2]) {
    await page.mouse.down({ clickCount });
    await page.mouse.up({ clickCount });
    await page.waitForTimeout(200);
  }
}

/** Power, every 20 s for half an hour. */
function powerUntil(end: number) {
  const spans = Array.from({ length: 91 }, (_, index) => end - 20_000 * (90 - index)).map((at) => [at, at, 2, 2]);
  return { parameter: 'power', axis: undefined as string | undefined, spans };
}

/** So many minutes before a time of a field. */
function sooner(time: string, minutes = 1): string {
  return new Date(Date.parse(`${time}Z`) - minutes * 60_000).toISOString().slice(0, 19);
}

/** Drags across the first quarter of the picture, or so many pixels of it. */
async function drag(page: Page, pixels = 80): Promise<void> {
  const box = await page.locator('.kindred-picture').boundingBox();
  assert.ok(box);
  await page.mouse.move(box.x + 60, box.y + 60);
  await page.mouse.down();
  await page.mouse.move(box.x + 60 + pixels, box.y + 60, { steps: 4 });
  await page.mouse.up();
}
