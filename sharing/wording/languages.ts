/** The languages that texts are written in. */
export const LANGUAGES = ['en', 'de', 'zh-CN'] as const;
export type Language = (typeof LANGUAGES)[number];

interface Words {
  started: string;
  finished: string;
  /** Activities as they stand after "time for" and after "done": in German both take the accusative. */
  activities: Readonly<Record<string, string>>;
}

/** The wording an owner begins with: it names neither a place nor an appliance. */
export const WORDS: Readonly<Record<Language, Words>> = {
  en: {
    started: 'Time for {{drink|activity}}. Who joins in?',
    finished: 'Done: {{drink|activity}}, {{duration}}.',
    activities: {
      coffee: 'coffee',
      tea: 'tea',
      drink: 'a drink',
      cooking: 'cooking',
      baking: 'baking',
      meal: 'a meal',
      laundry: 'laundry',
      dishes: 'the dishes',
      run: 'a run',
      walk: 'a walk',
      ride: 'a ride',
      row: 'rowing',
      workout: 'a workout',
      yoga: 'yoga',
      karaoke: 'karaoke',
      music: 'music',
      film: 'a film',
      television: 'television',
      game: 'a game',
      reading: 'reading',
    },
  },
  de: {
    started: 'Zeit für {{drink|activity}}. Wer ist dabei?',
    finished: 'Geschafft: {{drink|activity}}, {{duration}}.',
    activities: {
      coffee: 'Kaffee',
      tea: 'Tee',
      drink: 'ein Getränk',
      cooking: 'Kochen',
      baking: 'Backen',
      meal: 'eine Mahlzeit',
      laundry: 'die Wäsche',
      dishes: 'den Abwasch',
      run: 'eine Laufrunde',
      walk: 'einen Spaziergang',
      ride: 'eine Radtour',
      row: 'Rudern',
      workout: 'Training',
      yoga: 'Yoga',
      karaoke: 'Karaoke',
      music: 'Musik',
      film: 'einen Film',
      television: 'Fernsehen',
      game: 'ein Spiel',
      reading: 'Lesen',
    },
  },
  'zh-CN': {
    started: '{{drink|activity}}时间到，谁一起来？',
    finished: '{{drink|activity}}结束，用时{{duration}}。',
    activities: {
      coffee: '咖啡',
      tea: '茶',
      drink: '饮品',
      cooking: '烹饪',
      baking: '烘焙',
      meal: '用餐',
      laundry: '洗衣',
      dishes: '洗碗',
      run: '跑步',
      walk: '散步',
      ride: '骑行',
      row: '划船',
      workout: '健身',
      yoga: '瑜伽',
      karaoke: '卡拉OK',
      music: '音乐',
      film: '电影',
      television: '电视',
      game: '游戏',
      reading: '阅读',
    },
  },
};

/** The nearest language we write: `de-AT` is `de`; English when there is none. */
export function languageOf(tag: string | undefined): Language {
  const wanted = (tag ?? '').toLowerCase();
  return LANGUAGES.find((language) => wanted.startsWith(language.slice(0, 2))) ?? 'en';
}
