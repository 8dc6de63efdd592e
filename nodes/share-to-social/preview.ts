import { defaultWording, hiddenFields, reveal, word } from '../../sharing/index.js';
import type { Activity } from '../../vocabulary/index.js';
import type { Text } from './report.js';
import { explainWording, languageFrom } from './settings.js';

/** A coffee of this moment, for the dialog. */
function sample(moment: 'started' | 'finished', words: { place: string; appliance: string }): Activity {
  const finished = moment === 'finished';
  const seconds = 323;
  const startedAt = new Date(Date.now() - (finished ? seconds * 1000 : 0));
  return {
    id: '01890a5d-ac96-774b-bcce-b302099a8057',
    revision: 1,
    activity: 'coffee',
    category: 'food-and-beverage',
    state: moment,
    startedAt: startedAt.toISOString(),
    ...(finished ? { endedAt: new Date().toISOString() } : {}),
    seconds: finished ? seconds : 0,
    appliance: { id: 'coffee-machine', name: words.appliance, profile: 'tasmota' },
    place: words.place,
    drink: 'espresso',
    rating: 4,
    cups: 2,
    parameters: {
      power: { last: 1412, min: 0, max: 1412, mean: 655 },
      energy: { total: 0.0588 },
      temperature: { last: 92, max: 93 },
    },
    actions: [],
  };
}

const WORDS = {
  en: { place: 'Kitchen', appliance: 'Coffee machine' },
  de: { place: 'Küche', appliance: 'Kaffeemaschine' },
  'zh-CN': { place: '厨房', appliance: '咖啡机' },
};

interface Preview {
  text?: string;
  problem?: string;
  /** The wording that is used while the field is empty. */
  standard: string;
  /** Fields that stay empty because they are not revealed. */
  hidden: string[];
}

/** What a wording would say now: the dialog's live preview, by the renderer that shares use. Never rejects. */
export async function preview(body: unknown, hubLanguage: string | undefined, words: Text): Promise<Preview> {
  const given = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
  const moment = given.moment === 'finished' ? 'finished' : 'started';
  const language = languageFrom(given.language, hubLanguage);
  const template = typeof given.template === 'string' ? given.template : '';
  const revealed = Array.isArray(given.reveal) ? given.reveal.filter((name) => typeof name === 'string') : [];
  const standard = defaultWording(moment, language);
  try {
    const text = await word(reveal(sample(moment, WORDS[language]), revealed), { template, moment, language });
    return { text, standard, hidden: hiddenFields(template, revealed) };
  } catch (error) {
    return { problem: explainWording(error, words), standard, hidden: [] };
  }
}
