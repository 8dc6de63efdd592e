// Puts into words what a recogniser goes by: the sentences under the picture of the last run, and what is drawn into it.
(() => {
  /**
   * @param words how to say things: text of a key of the catalogue, named(group, word), number, duration (ms), parameter
   *   with its unit, unitOf a parameter
   * @returns `drawn(view)`: levels and sights for the picture; `tell(box, view)`: the sentences into a box with a list;
   *   `learned(facts)`: those of a correction
   */
  function teller({ text, named, number, duration, parameter, unitOf }) {
    const inWords = (name, value) => {
      if (name === 'seconds') return duration(value * 1000);
      if (name === 'parameter') return parameter(value);
      return typeof value === 'number' ? number(value) : named(name, value);
    };
    const say = (key, { name, values }) => {
      const said = Object.entries(values).map(([word, value]) => [word, inWords(word, value)]);
      return text(`why.${key}.${name}`, Object.fromEntries(said));
    };

    function drawn({ why }) {
      if (!why) return {};
      return {
        levels: why.levels.map(({ parameter: of, value, name }) => {
          return { parameter: of, value, text: `${text(`why.level.${name}`)} ${number(value)} ${unitOf(of) || ''}` };
        }),
        sights: why.sights.map((sight) => {
          const { from, to } = sight;
          return { startedAt: from, endedAt: to, text: say('sight', sight), title: say('sightTitle', sight) };
        }),
      };
    }

    /** Nothing is touched while nothing has changed, so that somebody can read it, or have it read to them. */
    function tell(box, { why }) {
      const sentences = (why?.facts || []).map((fact) => say('fact', fact));
      box.toggle(sentences.length > 0);
      const key = JSON.stringify(sentences);
      if (box.data('key') === key) return;
      box.data('key', key);
      box
        .find('ul')
        .empty()
        .append(sentences.map((sentence) => $('<li>').text(sentence)));
    }

    /** What a correction has taught, in sentences; what only follows from that is left out. */
    function learned(facts) {
      const taught = facts.filter(({ name }) => name.startsWith('taught-'));
      return (taught.length > 0 ? taught : facts).map((fact) => say('fact', fact)).join(' ');
    }

    return { drawn, tell, learned };
  }

  window.kindredWhy = { teller };
})();
