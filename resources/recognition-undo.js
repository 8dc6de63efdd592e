// The recent corrections: a short list, each with what was learned from it and a button that undoes it alone.
(() => {
  /**
   * @param words how to say things: text of a key of the catalogue, named(group, word), clock(time), learned(facts) as sentences
   */
  function show(box, { view, send, words }) {
    const part = box.find('.kindred-recognition-corrections');
    const key = JSON.stringify([view.appliance.id, view.corrections]);
    if (part.data('key') === key) return;
    part.data('key', key).toggle(view.corrections.length > 0);
    const list = part.find('ul').empty();
    list.append(view.corrections.map((one, index) => itemOf(box, part, one, { index, send, words })));
  }

  function itemOf(box, part, { number, taught, ...correction }, { index, send, words }) {
    const { text, learned } = words;
    const sentence = sentenceOf(correction, words);
    const row = () => box.find('.kindred-recognition-correction button');
    const landing = () => {
      const left = part.find('button');
      return left.length > 0 ? left.eq(Math.min(index, left.length - 1)) : row();
    };
    const undo = () =>
      window.kindredCorrection.tell(box, part.find('button'), {
        send,
        correction: { what: 'undo', number },
        text,
        landing,
      });
    const button = window.kindredCorrection
      .button('fa-undo', text('picture.undo'), undo)
      .attr('aria-label', text('picture.undoThis', { correction: sentence }));
    const said = taught && (taught.length > 0 ? learned(taught) : text('picture.taughtNothing'));
    // A message that undoes it names its number.
    const title = $('<b>').text(`${number}. ${sentence}`);
    return $('<li>').append($('<span>').append(title, said ? $('<small>').text(said) : []), button);
  }

  function sentenceOf({ what, activity, before, action, isAdded, startedAt }, { text, named, clock }) {
    const key = what === 'action' ? (isAdded ? 'actionMissed' : 'actionNone') : what;
    return text(`picture.corrected.${key}`, {
      activity: named('activity', what === 'activity' ? before : activity),
      other: named('activity', activity),
      action: action ? named('action', action) : '',
      time: clock(startedAt, what === 'action'),
    });
  }

  window.kindredUndo = { show };
})();
