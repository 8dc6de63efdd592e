// "This was wrong": what the owner of an appliance says about what was recognised. Works with the keyboard as with the mouse:
// times are typed, or taken from a stretch dragged across the picture.
(() => {
  /** What is proposed for one that was missed lasts so long, and is so far from what was seen (ms). */
  const MISSED = 300000;
  const APART = 60000;
  /** What is moved less (px) while a button is down is a click. */
  const DRAGGED = 4;
  /** What was longer ago cannot be corrected. */
  const REMEMBERED = 86400000;
  const ROW = '.kindred-recognition-correction';

  /**
   * Opens a form.
   * @param what `times` or `other` for a run, `missed` for one that was not seen
   * @param id of the run that it is about, whichever comes until it is sent
   */
  function begin(state, what, id, from, to) {
    state.correcting = { what, id, from, to };
    state.focus = 'form';
  }

  function button(icon, label, onClick) {
    return $('<button type="button" class="red-ui-button red-ui-button-small">')
      .append($('<i aria-hidden="true">').addClass(`fa ${icon}`), document.createTextNode(` ${label}`))
      .on('click', onClick);
  }

  /** @param problem in words; without it what was said before is gone */
  function sayProblem(box, problem = '') {
    box.find('.kindred-recognition-problem').text(problem).toggle(Boolean(problem));
  }

  /**
   * The last five minutes in which something was measured and nothing recognised.
   * @returns none where there are no such five minutes within a day: then only their owner can say
   */
  function missedBefore(now, { lines, words, runs }) {
    const seen = runs.filter(({ state }) => state !== 'discarded').sort((a, b) => b.startedAt - a.startedAt);
    // A word holds until the next one.
    const held = words.map(({ at }, index) => [at, words[index + 1]?.at ?? at]);
    const measured = [...lines.flatMap(({ spans }) => spans), ...held].sort((a, b) => b[0] - a[0]);
    const lastBefore = (time) => {
      const last = measured.find(([from]) => from <= time);
      return last && Math.min(last[1], time);
    };
    let to = lastBefore(now - APART);
    while (to !== undefined && to - MISSED > now - REMEMBERED) {
      const from = to - MISSED;
      const before = lastBefore(from);
      const run = seen.find(
        (one) => one.startedAt - APART < to && (one.state !== 'finished' || one.endedAt + APART > from),
      );
      if (run) to = lastBefore(run.startedAt - APART);
      else if (before === undefined || from - before > window.kindredPicture.holdMs) to = before;
      else return [from, to];
    }
    return [];
  }

  /** The row of buttons, or the form in which something is being given. */
  function show(box, { state, view, text, named, runWhen, fieldOf, send, activities }) {
    const row = box.find(ROW);
    state.seen = view;
    const about = state.correcting?.id ?? view.correctable;
    const run = view.runs.find(({ id }) => id === about);
    const actions = view.actions.filter(({ activityId }) => activityId === run?.id);
    // What is being typed stays, whatever goes on meanwhile.
    const shown = state.correcting ? [state.correcting] : [run, actions.length];
    const key = JSON.stringify([view.appliance.id, ...shown]);
    if (row.data('key') === key) return focus(row, state);
    row.data('key', key).empty();
    const again = () => {
      sayProblem(box);
      show(box, { state, view, text, named, runWhen, fieldOf, send, activities });
    };
    const say = (correction) => tell(box, row.find('button'), { send, correction, text });
    const refuse = (problem) => sayProblem(box, problem);
    const questions = () => questionsOf({ ...state.correcting, view, text, named, fieldOf, run, activities });
    row.append(
      state.correcting
        ? formOf(questions(), { state, text, say, refuse, again })
        : buttonsOf({ state, text, named, runWhen, say, again, run, actions }),
    );
    focus(row, state);
  }

  /** What can be wrong with the last run and its actions; with some of it a form opens. */
  function buttonsOf({ state, text, named, runWhen, say, again, run, actions }) {
    const opens = (what, icon, times = () => []) =>
      button(icon, text(`picture.${what}`), () => {
        begin(state, what, run?.id, ...times());
        again();
      }).attr('data-opens', what);
    const row = [];
    if (run) {
      row.push($('<span>').text(`${text('picture.last')} ${runWhen(run)}`));
      row.push(button('fa-times', text('picture.none'), () => say({ what: 'none', id: run.id })));
      if (run.state === 'finished') row.push(opens('times', 'fa-clock-o', () => [run.startedAt, run.endedAt]));
      row.push(opens('other', 'fa-tag'));
    }
    const onWrong = (action) => say({ what: 'none', id: run.id, action });
    if (actions.length > 0) row.push(actionsOf(actions, { text, named, onWrong }));
    // By what is known then: this row may have stood for hours.
    row.push(opens('missed', 'fa-plus', () => missedBefore(Date.now(), state.seen)));
    return row;
  }

  /** Into the form that has just opened; where one was closed, back to what had opened it. */
  function focus(row, state) {
    const wanted = state.focus;
    if (!wanted) return;
    state.focus = undefined;
    const opener = row.find(`[data-opens="${wanted}"]`);
    const target = wanted === 'form' ? row.find('select, input') : opener.length > 0 ? opener : row.find('button');
    target.first().trigger('focus');
  }

  /**
   * Sends a correction, and says whether it was carried out.
   * @param landing where whoever pressed a button that is gone now goes on
   */
  async function tell(box, buttons, { send, correction, text, landing = () => box.find(`${ROW} button`) }) {
    buttons.prop('disabled', true);
    box.find('.kindred-recognition-said').text('');
    const problem = await send(correction).finally(() => buttons.prop('disabled', false));
    sayProblem(box, problem);
    const done = correction.what === 'undo' ? 'picture.undone' : 'picture.done';
    if (!problem) box.find('.kindred-recognition-said').text(text(done));
    const isLost = document.activeElement === null || document.activeElement === document.body;
    if (isLost) (problem ? buttons : landing()).first().trigger('focus');
  }

  /** The actions of the last run, the newest first, one of which can be taken for none. */
  function actionsOf(actions, { text, named, onWrong }) {
    const newest = [...actions].reverse();
    const select = $('<select>').attr('aria-label', text('picture.action'));
    const labelOf = ({ action, startedAt }) =>
      `${named('action', action)} ${window.kindredPicture.clock(startedAt, true)}`;
    select.append(newest.map((one, index) => $('<option>').val(index).text(labelOf(one))));
    const wrong = () => {
      const { action, startedAt } = newest[Number(select.val())];
      onWrong({ action, startedAt });
    };
    return $('<span class="kindred-recognition-actions">').append(
      select,
      button('fa-times', text('picture.none'), wrong),
    );
  }

  function selectOf(label, options) {
    const choices = options.map(([value, name]) => $('<option>').val(value).text(name));
    return $('<select>').attr('aria-label', label).append(choices);
  }

  /**
   * What has to be asked for a correction.
   * @returns `title` in words, `fields` to fill in, and `answer()`: the correction, or nothing while a time is missing
   */
  function questionsOf({ what, id, from, to, view, text, named, fieldOf, run, activities }) {
    const title = text(`picture.tip.${what}`);
    if (what === 'other') {
      const others = activities.filter((name) => name !== run?.activity).map((name) => [name, named('activity', name)]);
      const other = selectOf(text('picture.another'), others);
      return { title, fields: [other], answer: () => ({ what: 'activity', id, activity: other.val() }) };
    }
    const kinds = window.kindredPicture.actions.map((action) => [action, named('action', action)]);
    const kind = selectOf(text('picture.kind'), [['', text('picture.activity')], ...kinds]);
    const hasActions = view.lines.some(({ parameter }) => parameter === 'acceleration');
    const times = { from, to };
    const inputs = Object.keys(times).map((name) =>
      $('<input type="datetime-local" step="1">')
        .addClass(`kindred-recognition-${name}`)
        .val(times[name] === undefined ? '' : fieldOf(times[name])),
    );
    const labelled = Object.keys(times).map((name, index) =>
      $('<label>').append($('<span>').text(text(`picture.${name}`)), inputs[index]),
    );
    const answer = () => {
      const [startedAt, endedAt] = inputs.map((input) => new Date(input.val()).getTime());
      if (Number.isNaN(startedAt) || Number.isNaN(endedAt)) return undefined;
      if (what === 'times') return { what, id, startedAt, endedAt };
      return { what, startedAt, endedAt, ...(kind.val() ? { action: kind.val() } : {}) };
    };
    return { title, fields: [what === 'missed' && hasActions ? kind : [], ...labelled], answer };
  }

  function formOf({ title, fields, answer }, { state, text, say, refuse, again }) {
    const save = () => {
      const correction = answer();
      return correction ? say(correction) : refuse(text('picture.whenMissing'));
    };
    const cancel = () => {
      state.focus = state.correcting.what;
      state.correcting = undefined;
      again();
    };
    // The form alone: the dialog around it has an Escape of its own.
    const onKey = (event) => {
      if (event.key !== 'Escape') return;
      event.preventDefault();
      event.stopPropagation();
      cancel();
    };
    const saving = button('fa-check', text('picture.save'), save);
    const buttons = $('<span class="kindred-recognition-buttons">');
    return $('<div class="kindred-recognition-times" role="group">')
      .attr('aria-label', title)
      .append($('<span aria-hidden="true">').text(title), fields)
      .append(buttons.append(saving, button('fa-ban', text('picture.cancel'), cancel)))
      .on('keydown', onKey);
  }

  /** Shows in the picture what is being chosen. @param times of its two ends, in any order */
  function mark(svg, times, x) {
    const [left, right] = times.map(x).sort((a, b) => a - b);
    svg.querySelector('.selection')?.remove();
    const rect = document.createElementNS(svg.namespaceURI, 'rect');
    const place = { class: 'selection', x: left, width: right - left, y: 0, height: '100%' };
    for (const [name, value] of Object.entries(place)) rect.setAttribute(name, value);
    svg.append(rect);
  }

  /** A stretch dragged across the picture fills in the two times. */
  function follow(box, state, redraw) {
    const canvas = '.kindred-recognition-canvas svg';
    let from;
    let fromX;
    const timeOf = (event) => {
      const { left, width } = event.currentTarget.getBoundingClientRect();
      const scale = event.currentTarget.viewBox.baseVal.width / width;
      return state.drawn.timeAt((event.clientX - left) * scale);
    };
    box.on('pointerdown', canvas, (event) => {
      if (event.button !== 0) return;
      event.currentTarget.setPointerCapture(event.originalEvent.pointerId);
      from = timeOf(event);
      fromX = event.clientX;
      state.selecting = true;
    });
    box.on('pointermove', canvas, (event) => {
      if (state.selecting) mark(event.currentTarget, [from, timeOf(event)], state.drawn.x);
    });
    box.on('pointerup pointercancel', canvas, (event) => {
      if (!state.selecting) return;
      state.selecting = false;
      const to = timeOf(event);
      if (event.type === 'pointercancel' || Math.abs(event.clientX - fromX) < DRAGGED) return redraw();
      const { what, id } = state.correcting?.what === 'times' ? state.correcting : { what: 'missed' };
      begin(state, what, id, Math.min(from, to), Math.max(from, to));
      box.find(ROW).data('key', '');
      sayProblem(box);
      redraw();
    });
  }

  window.kindredCorrection = { show, follow, tell, button, sayProblem };
})();
