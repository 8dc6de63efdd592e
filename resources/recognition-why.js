// Puts into words what a recogniser goes by: the sentences under the picture of the last run, and what is drawn into it.
(() => {
  /** @returns the words of a sight or a fact, by its key in the catalogue */
  function sayerOf({ text, named, number, duration, parameter }) {
    const inWords = (name, value) => {
      if (name === 'seconds') return duration(value * 1000);
      if (name === 'parameter') return parameter(value);
      return typeof value === 'number' ? number(value) : named(name, value);
    };
    return (key, { name, values }) => {
      const said = Object.entries(values).map(([word, value]) => [word, inWords(word, value)]);
      return text(`why.${key}.${name}`, Object.fromEntries(said));
    };
  }

  function drawn({ why }, { text, number, unitOf }, say) {
    if (!why) return {};
    return {
      levels: why.levels.map(({ parameter, value, name }) => {
        return { parameter, value, text: `${text(`why.level.${name}`)} ${number(value)} ${unitOf(parameter) || ''}` };
      }),
      sights: why.sights.map((sight) => {
        const { from, to } = sight;
        return { startedAt: from, endedAt: to, text: say('sight', sight), title: say('sightTitle', sight) };
      }),
    };
  }

  /** Nothing is touched while nothing has changed, so that somebody can read it, or have it read to them. */
  function tell(box, { why }, say) {
    const sentences = (why?.facts || []).map((fact) => say('fact', fact));
    box.toggle(sentences.length > 0);
    const key = JSON.stringify(sentences);
    if (box.data('key') === key) return;
    const items = sentences.map((sentence) => $('<li>').text(sentence));
    box.data('key', key).find('ul').empty().append(items);
  }

  /** What a correction has taught, in sentences; what only follows from that is left out. */
  function learned(facts, say) {
    const taught = facts.filter(({ name }) => name.startsWith('taught-'));
    return (taught.length > 0 ? taught : facts).map((fact) => say('fact', fact)).join(' ');
  }

  /**
   * @param words how to say things: text of a key of the catalogue, named(group, word), number, duration (ms), parameter
   *   with its unit, unitOf a parameter
   * @returns `drawn(view)`: levels and sights for the picture; `tell(box, view)`: the sentences into a box with a list;
   *   `learned(facts)`: those of a correction
   */
  function teller(words) {
    const say = sayerOf(words);
    return {
      drawn: (view) => drawn(view, words, say),
      tell: (box, view) => tell(box, view, say),
      learned: (facts) => learned(facts, say),
    };
  }

  window.kindredWhy = { teller };
})();
