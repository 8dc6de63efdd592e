import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createContext, runInContext } from 'node:vm';
import fc from 'fast-check';
import { USUAL_ACTIVITY } from '../../activities/recognisers.js';
import { wordingProblem } from '../../nodes/share-to-social/settings.js';
import {
  type Destination,
  FIELDS,
  hiddenFields,
  parseActivity,
  planShares,
  reveal,
  reviewShare,
  type SharedActivity,
  type SharingRules,
  word,
} from '../../sharing/index.js';
import { LANGUAGES, WORDS } from '../../sharing/wording/languages.js';
import { compile, render, WordingProblem } from '../../sharing/wording/template.js';
import type { Activity } from '../../vocabulary/index.js';
import { coffee, destination } from '../support/sharing.js';

const FULL = coffee({
  state: 'finished',
  seconds: 323,
  startedAt: '2026-11-22T08:41:07.000Z',
  endedAt: '2026-11-22T08:46:30.000Z',
  place: 'Kitchen',
  drink: 'espresso',
  rating: 4,
  cups: 2,
  confidence: 0.9,
  parameters: { power: { last: 0, max: 1412 }, energy: { total: 0.0588 }, temperature: { last: 91.7 } },
  actions: [{ action: 'sip', startedAt: '2026-11-22T08:46:00.000Z', confidence: 0.7 }],
});
/** A quarter of an hour after it. */
const NOW = Date.parse('2026-11-22T09:01:30.000Z');
const EVERYTHING = ['drink', 'rating', 'cups', 'place', 'appliance', 'actions', 'energy', 'temperature', 'power'];

const say = (template: string, revealed = EVERYTHING, language: 'en' | 'de' | 'zh-CN' = 'en') =>
  word(reveal(FULL, revealed), { template, moment: 'finished', language });

describe('the wording', () => {
  it('fills in what there is, in the language', async () => {
    const template =
      '{{activity}} · {{drink}} · {{duration}} · {{place}} · {{appliance}} · {{energy}} · {{rating}} · {{cups}}';
    assert.equal(
      await say(template),
      'coffee · espresso · 5 minutes · Kitchen · Coffee machine · 0.0588 kWh · ★★★★☆ · 2',
    );
    assert.equal(
      await say('{{activity}}, {{duration}}, {{energy}}', EVERYTHING, 'de'),
      'Kaffee, 5 Minuten, 0,0588 kWh',
    );
    assert.equal(await say('{{activity}}，{{duration}}', EVERYTHING, 'zh-CN'), '咖啡，5 分钟');
  });

  it('says an activity that it has no word for as it is called, also one that is called as what every object has', async () => {
    for (const activity of ['knitting', ...Object.getOwnPropertyNames(Object.prototype)]) {
      const shared = reveal({ ...FULL, activity }, []);
      const text = await word(shared, { template: '{{activity}}', moment: 'started', language: 'de' });
      assert.equal(text, activity);
    }
  });

  it('says times as the language does', async () => {
    assert.match(await say('{{startedAt}}'), /^\d{2}:\d{2}$/);
    assert.match(await say('{{startedAt}}–{{endedAt}}', EVERYTHING, 'de'), /^\d{2}:\d{2}–\d{2}:\d{2}$/);
  });

  it('has a default for each moment and language that tells neither place nor appliance', async () => {
    for (const language of ['en', 'de', 'zh-CN'] as const) {
      for (const moment of ['started', 'finished'] as const) {
        const text = await word(reveal(FULL, EVERYTHING), { template: '', moment, language });
        assert.ok(text.includes('espresso'));
        assert.doesNotMatch(text, /Kitchen|Coffee machine|[{}]/);
      }
    }
  });

  it('takes the first alternative that is there, and leaves no gap for what is not', async () => {
    assert.equal(await say('{{drink|activity}}', []), 'coffee');
    assert.equal(await say('Now {{drink | activity}}!'), 'Now espresso!');
    assert.equal(await say('A {{activity}} {{place}}, at {{appliance|"home"}}.', []), 'A coffee, at home.');
  });

  it('leaves every other blank as its owner wrote it', async () => {
    for (const [template, text] of [
      ['{{activity}} is ready :)', 'coffee is ready :)'],
      ['{{activity}} {{place}} :)', 'coffee :)'],
      ['Qui vient {{place}} ?', 'Qui vient ?'],
      ['{{activity}}  –  {{drink|activity}} !', 'coffee  –  coffee !'],
      ['A {{place}} {{drink}}, {{activity}} {{place}}', 'A, coffee'],
      ['{{place}} {{activity}} {{place}}\n{{rating}} {{cups}}', 'coffee'],
    ] as const) {
      assert.equal(await say(template, []), text);
    }
  });

  it('declines what it says in German', async () => {
    const walk = reveal(coffee({ activity: 'walk', state: 'finished', seconds: 1800 }), []);
    for (const [moment, text] of [
      ['started', 'Zeit für einen Spaziergang. Wer ist dabei?'],
      ['finished', 'Geschafft: einen Spaziergang, 30 Minuten.'],
    ] as const) {
      assert.equal(await word(walk, { template: '', moment, language: 'de' }), text);
    }
  });

  it('has a word for every usual activity', () => {
    for (const activity of Object.values(USUAL_ACTIVITY)) {
      for (const language of LANGUAGES) assert.ok(WORDS[language].activities[activity], `${activity}: ${language}`);
    }
  });

  it('says what is wrong with a template', () => {
    assert.throws(() => compile('{{who}}', ['drink']), { key: 'field', values: { name: 'who' } });
    assert.throws(() => compile('Now {{drink', ['drink']), { key: 'braces' });
    assert.throws(() => compile('{{drink {{drink}}', ['drink']), { key: 'braces' });
    assert.throws(() => compile('{{}}', ['drink']), { key: 'field', values: { name: '' } });
    assert.throws(() => compile('x'.repeat(2001), []), { key: 'long' });
    assert.throws(() => compile('{{constructor}}', ['drink']), { key: 'field' });
  });

  it('never throws anything but such a sentence, and never evaluates, whatever is typed', () => {
    const pieces = fc.constantFrom(
      '{{',
      '}}',
      '{',
      '}',
      '|',
      '"',
      'drink',
      '$' + '{1+1}',
      ' ',
      '\\',
      '\n',
      '__proto__',
    );
    const template = fc.oneof(
      fc.string(),
      fc.array(fc.oneof(pieces, fc.string()), { maxLength: 12 }).map((all) => all.join('')),
    );
    fc.assert(
      fc.property(template, fc.string(), (text, drink) => {
        try {
          assert.equal(typeof render(compile(text, ['drink']), { drink }), 'string');
        } catch (error) {
          assert.ok(error instanceof WordingProblem);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('shows a value as it is, braces and all', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z{}$|]{1,20}$/), (drink) => {
        assert.equal(render(compile('{{drink}}', ['drink']), { drink }), drink);
      }),
    );
  });
});

describe('what is revealed', () => {
  it('is name, state and times, unless its owner says more', () => {
    const { appliance: _a, place: _p, drink: _d, rating: _r, cups: _u, confidence: _c, ...rest } = FULL;
    assert.deepEqual(reveal(FULL, []), { ...rest, parameters: {}, actions: [] });
  });

  it('is, with more, exactly that', () => {
    const shown = reveal(FULL, ['place', 'energy', 'actions']);
    assert.deepEqual(shown.parameters, { energy: { total: 0.0588 } });
    assert.equal(shown.place, 'Kitchen');
    assert.equal(shown.appliance, undefined);
    assert.deepEqual(shown.actions, [{ action: 'sip', startedAt: '2026-11-22T08:46:00.000Z' }]);
  });

  it('has no control characters and no marks that turn the text', () => {
    const shown = reveal({ ...FULL, drink: 'tea\u0000\n\u202eevil' }, ['drink']);
    assert.equal(shown.drink, 'tea evil');
  });

  it('comes only from something that is an activity', () => {
    const wrong: [unknown, RegExp][] = [
      [42, /not 42/],
      [null, /not null/],
      ['x'.repeat(10_000_000), /text of 10000000 characters/],
      [{ ...FULL, id: 'no' }, /id is "no": use a UUIDv7/],
      [{ ...FULL, activity: '' }, /name is ""/],
      [{ ...FULL, state: 'paused' }, /known are started, ongoing, finished, discarded/],
      [{ ...FULL, category: 'sleep' }, /category is "sleep"/],
      [{ ...FULL, revision: Number.NaN }, /revision is NaN/],
      [{ ...FULL, seconds: -1 }, /seconds is -1/],
      [{ ...FULL, startedAt: 'yesterday' }, /startedAt is "yesterday"/],
      [{ ...FULL, endedAt: 'never' }, /endedAt is "never"/],
    ];
    for (const [input, problem] of wrong) {
      const parsed = parseActivity(input);
      assert.ok(!parsed.ok && problem.test(parsed.problem), JSON.stringify(parsed).slice(0, 200));
    }
    assert.ok(parseActivity(FULL).ok);
    assert.ok(parseActivity({ ...FULL, parameters: 'none', actions: 7, appliance: undefined }).ok);
  });

  it('survives anything in the place of an activity', () => {
    fc.assert(
      fc.property(fc.object(), (changes) => {
        const parsed = parseActivity({ ...FULL, ...changes, parameters: changes, actions: [changes] });
        if (parsed.ok) assert.ok(reveal(parsed.value, EVERYTHING));
      }),
    );
  });
});

describe('the plan', () => {
  const hook = destination('hook');
  const account = destination('account', { standing: true, network: 'kindred' });
  const open = destination('open', { public: true });
  const rules: SharingRules = {
    when: 'both',
    startedText: '',
    finishedText: '',
    language: 'en',
    reveal: [],
    ask: 'public',
    dailyCap: 20,
  };
  const moments = async (
    state: 'started' | 'ongoing' | 'finished' | 'discarded',
    changes: Partial<SharingRules> = {},
  ) =>
    (await planShares(coffee({ state }), [hook, account], { ...rules, ...changes }, NOW)).offers.map(
      ({ destination: { id }, moment, isUpdate }) => `${id} ${moment}${isUpdate ? ', if it waits' : ''}`,
    );

  it('tells an account every state, and texts only what is wanted', async () => {
    assert.deepEqual(await moments('started'), ['account activity', 'hook started']);
    assert.deepEqual(await moments('ongoing'), ['account activity', 'hook started, if it waits']);
    assert.deepEqual(await moments('finished'), ['account activity', 'hook started, if it waits', 'hook finished']);
    assert.deepEqual(await moments('started', { when: 'finished' }), ['account activity']);
    assert.deepEqual(await moments('ongoing', { when: 'finished' }), ['account activity']);
    assert.deepEqual(await moments('finished', { when: 'finished' }), ['account activity', 'hook finished']);
    assert.deepEqual(await moments('finished', { when: 'started' }), ['account activity', 'hook started, if it waits']);
    assert.deepEqual(await moments('discarded'), ['account activity']);
  });

  it('takes back what is not true any more', async () => {
    const taken = async (state: 'ongoing' | 'discarded' | 'finished') =>
      (await planShares(coffee({ state }), [hook, account], rules, NOW)).withdrawals.map(
        ({ target, moment }) => `${target} ${moment}`,
      );
    assert.deepEqual(await taken('discarded'), ['hook started', 'hook finished', 'account activity']);
    assert.deepEqual(await taken('ongoing'), ['hook finished']);
    assert.deepEqual(await taken('finished'), []);
  });

  it('asks first where strangers read along, unless told otherwise', async () => {
    const asks = async (ask: SharingRules['ask']) =>
      (await planShares(coffee(), [hook, account, open], { ...rules, ask }, NOW)).offers.map((offer) => offer.ask);
    assert.deepEqual(await asks('public'), [false, false, true]);
    assert.deepEqual(await asks('always'), [true, true, true]);
    assert.deepEqual(await asks('never'), [false, false, false]);
  });

  it('lets a text be as late as it is worth telling, from when it happened and not from when it is told', async () => {
    const lasts = async (changes: Partial<Activity>, now = NOW) =>
      (await planShares({ ...FULL, ...changes }, [hook, account], { ...rules, when: 'finished' }, now)).offers.map(
        ({ lastsMs }) => lastsMs / 60_000,
      );
    assert.deepEqual(await lasts({}), [7 * 24 * 60, 105]);
    assert.deepEqual(await lasts({}, NOW + 3 * 3_600_000), [7 * 24 * 60, -75]);
    assert.deepEqual(await lasts({}, NOW - 3_600_000), [7 * 24 * 60, 120], 'a clock that is behind');
  });

  it('takes out of what waits what is not revealed any more, and only then words it anew', async () => {
    const told = { activity: reveal(FULL, ['place', 'rating']), text: 'In my own words' };
    const share = { moment: 'finished' as const, ...told };
    const review = (revealed: string[], finishedText = 'Done {{place}} {{rating}}') =>
      reviewShare(share, { ...rules, reveal: revealed, finishedText });
    assert.deepEqual(await review(['drink', 'place', 'rating']), { ...told, ask: false });
    assert.deepEqual(await review(['rating']), { activity: reveal(FULL, ['rating']), text: 'Done ★★★★☆', ask: false });
    assert.deepEqual(await review([], '{{place}}'), { activity: reveal(FULL, []), text: 'coffee', ask: false });
    for (const odd of [null, 7, {}, { ...share.activity, parameters: null }] as unknown[]) {
      const waits = { activity: odd as SharedActivity, text: 'A text' };
      assert.deepEqual(await reviewShare({ moment: 'started', ...waits }, rules), { ...waits, ask: false });
    }
  });

  it('tells an account even when the wording cannot be used', async () => {
    const plan = await planShares(coffee(), [hook, account], { ...rules, startedText: '{{oops' }, NOW);
    assert.deepEqual(
      plan.offers.map(({ moment }) => moment),
      ['activity'],
    );
    assert.deepEqual((plan.problem as WordingProblem).key, 'braces');
  });

  it('judges a wording only where it is told or asked about, and with each start and end', async () => {
    const broken = { ...rules, startedText: '{{oops', finishedText: '{{oops', ask: 'always' } as const;
    const problems = async (destinations: Destination[], changes: Partial<SharingRules> = {}) => {
      const states = ['started', 'ongoing', 'finished', 'discarded'] as const;
      const plans = states.map((state) => planShares(coffee({ state }), destinations, { ...broken, ...changes }, NOW));
      return (await Promise.all(plans)).map(({ problem, isWorded }) => [problem !== undefined, isWorded]);
    };
    const NONE = [false, false];
    const ONE = [true, false];
    assert.deepEqual(await problems([hook], { when: 'finished' }), [NONE, NONE, ONE, NONE]);
    assert.deepEqual(await problems([account]), [ONE, NONE, ONE, NONE]);
    const [started, ongoing] = await problems([account], { startedText: '' });
    assert.deepEqual(
      [started, ongoing],
      [
        [false, true],
        [false, true],
      ],
    );
  });
});

describe('the wording in the editor', () => {
  const fileOf = (...path: string[]) => readFileSync(join(__dirname, '..', '..', '..', ...path), 'utf8');
  const html = fileOf('nodes', 'share-to-social', 'share-to-social.html');
  const script = /<script type="text\/javascript">([\s\S]*?)<\/script>/.exec(html)?.[1] ?? '';
  type Validate = (this: object, value: string | undefined) => true | string;
  type Defaults = Record<'startedText' | 'finishedText', { validate: Validate }>;
  let wordings: Defaults | undefined;
  const registerType = (_type: string, { defaults }: { defaults: Defaults }) => {
    wordings = defaults;
  };
  const RED = { nodes: { registerType }, editor: { getEditStack: () => [] } };
  const editor = createContext({ RED, window: {} });
  runInContext(`${fileOf('resources', 'dialog.js')}; var { kindredDialog } = window;`, editor);
  runInContext(script, editor);
  const NODE = { _: (key: string) => key, when: 'both', askFirst: 'public', accounts: [] };
  const inEditor = (template: string | undefined) => wordings?.startedText.validate.call(NODE, template);
  const inRuntime = (template: string): boolean => {
    try {
      return Array.isArray(hiddenFields(template.trim(), []));
    } catch {
      return false;
    }
  };

  it('says what is wrong', () => {
    assert.equal(inEditor(undefined), true);
    assert.equal(inEditor('Time for {{drink|activity}} {{place|"somewhere"}} }} so'), true);
    for (const broken of ['{{activity', '{{a {{activity}}', '{{']) {
      assert.equal(inEditor(broken), 'share-to-social.error.braces');
    }
    for (const unknown of ['{{nonsense}}', '{{}}', '{{drink|}}']) {
      assert.equal(inEditor(unknown), 'share-to-social.error.field');
    }
    assert.equal(inEditor('a'.repeat(2001)), 'share-to-social.error.long');
  });

  it('is judged where it is told alone, as in the runtime: with each start, end, or draft of a kindred account', () => {
    const [broken, fine] = ['{{oops', ''];
    for (const [when, ask, accounts, told] of [
      ['both', 'public', [], ['startedText', 'finishedText']],
      ['started', 'always', [], ['startedText']],
      ['finished', 'never', ['anna'], ['finishedText']],
      ['started', 'always', ['anna'], ['startedText', 'finishedText']],
      ['finished', 'always', ['anna'], ['startedText', 'finishedText']],
    ] as const) {
      for (const name of ['startedText', 'finishedText'] as const) {
        const node = { ...NODE, when, askFirst: ask, accounts, startedText: fine, finishedText: fine, [name]: broken };
        const isRight = wordings?.[name].validate.call(node, broken) === true;
        const problem = wordingProblem({ ...node, ask }, accounts.length > 0, (key) => key);
        const isTold = (told as readonly string[]).includes(name);
        assert.deepEqual([isRight, problem], isTold ? [false, 'error.braces'] : [true, undefined], `${when} ${name}`);
      }
    }
  });

  it('has nothing in it that cannot be revealed, and a word for it all in every language', () => {
    const list = /const REVEAL = (\[[^\]]*\]);/.exec(script)?.[1] ?? '[]';
    const offered = Array.from(runInContext(list, editor) as string[]);
    const hidden = hiddenFields(FIELDS.map((field) => `{{${field}}}`).join(' '), []);
    assert.deepEqual(offered.toSorted(), [...hidden, 'actions'].toSorted());
    for (const language of ['en-US', 'de', 'zh-CN']) {
      const words = fileOf('nodes', 'share-to-social', 'locales', language, 'share-to-social.json');
      const { field } = (JSON.parse(words) as Record<string, { field: object }>)['share-to-social'] ?? { field: {} };
      assert.deepEqual(Object.keys(field).toSorted(), [...FIELDS, 'actions'].toSorted(), language);
    }
  });

  it('is judged as the runtime judges it', () => {
    for (const field of FIELDS) assert.equal(inEditor(`{{${field}}}`), true, field);
    const piece = fc.constantFrom('{{', '}}', '{', '}', '|', '"', ' ', 'a', '\n', 'nonsense', ...FIELDS);
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const template = pieces.join('');
        return (inEditor(template) === true) === inRuntime(template);
      }),
    );
  });
});
