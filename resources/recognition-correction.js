// "This was wrong": what the owner of an appliance says about what was recognised. Works with the keyboard as with the mouse:
// times are typed, or taken from a stretch dragged across the picture.
(() => {
  /** What is proposed for one that was missed lasts so long, and is so far from what was seen (ms). */
  const MISSED = 300000;
  const APART = 60000;
  /** What was longer ago cannot be corrected. */
  const REMEMBERED = 86400000;
  const ROW = '.kindred-recognition-correction';

  /** @param what `times` or `activity` for the last run, `missed` for one that was not seen */
  function begin(state, what, from, to) {
    state.correcting = { what, from, to };
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
  function show(box, { state, view, text, named, runText, fieldOf, send, activities }) {
    const row = box.find(ROW);
    state.seen = view;
    const run = view.runs.find(({ id }) => id === view.correctable);
    const actions = view.actions.filter(({ activityId }) => activityId === run?.id);
    // What is being typed stays while the run that goes on grows.
    const shown = state.correcting ? [state.correcting, run?.id] : [run, actions.length];
    const key = JSON.stringify([view.appliance.id, ...shown]);
    if (row.data('key') === key) return focus(row, state);
    row.data('key', key).empty();
    const again = () => {
      sayProblem(box);
      show(box, { state, view, text, named, runText, fieldOf, send, activities });
    };
    const say = (correction) => tell(box, row.find('button'), { send, correction, text });
    const refuse = (problem) => sayProblem(box, problem);
    if (state.correcting) {
      row.append(formOf({ state, view, text, named, fieldOf, say, refuse, again, run, activities }));
      return focus(row, state);
    }
    const ask = (what, times) => () => {
      begin(state, what, ...times());
      again();
    };
    const opens = (what, icon, times = () => []) =>
      button(icon, text(`picture.${what}`), ask(what, times)).attr('data-opens', what);
    if (run) {
      row.append($('<span>').text(`${text('picture.last')} ${runText(run)}`));
      row.append(button('fa-times', text('picture.none'), () => say({ what: 'none', id: run.id })));
      if (run.state === 'finished') row.append(opens('times', 'fa-clock-o', () => [run.startedAt, run.endedAt]));
      row.append(opens('other', 'fa-tag'));
    }
    const onWrong = (action) => say({ what: 'none', id: run.id, action });
    if (actions.length > 0) row.append(actionsOf(actions, { text, named, onWrong }));
    // By what is known then: this row may have stood for hours.
    row.append(opens('missed', 'fa-plus', () => missedBefore(Date.now(), state.seen)));
    focus(row, state);
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

  function formOf({ state, view, text, named, fieldOf, say, refuse, again, run, activities }) {
    const { what, from, to } = state.correcting;
    const selectOf = (label, options) =>
      $('<select>')
        .attr('aria-label', text(label))
        .append(options.map(([value, name]) => $('<option>').val(value).text(name)));
    const kinds = window.kindredPicture.actions.map((action) => [action, named('action', action)]);
    const kind = selectOf('picture.kind', [['', text('picture.activity')], ...kinds]);
    const others = activities.filter((name) => name !== run?.activity).map((name) => [name, named('activity', name)]);
    const other = selectOf('picture.another', others);
    const field = (name, time) =>
      $('<label>').append(
        $('<span>').text(text(`picture.${name}`)),
        $('<input type="datetime-local" step="1">')
          .addClass(`kindred-recognition-${name}`)
          .val(time === undefined ? '' : fieldOf(time)),
      );
    const hasActions = view.lines.some(({ parameter }) => parameter === 'acceleration');
    const form = $('<div class="kindred-recognition-times" role="group">')
      .attr('aria-label', text(`picture.tip.${what}`))
      .append($('<span aria-hidden="true">').text(text(`picture.tip.${what}`)))
      .append(
        what === 'other' ? other : [what === 'missed' && hasActions ? kind : [], field('from', from), field('to', to)],
      );
    const timeOf = (name) => new Date(form.find(`.kindred-recognition-${name}`).val()).getTime();
    const save = () => {
      if (what === 'other') return say({ what: 'activity', id: run?.id, activity: other.val() });
      const times = { startedAt: timeOf('from'), endedAt: timeOf('to') };
      if (Object.values(times).some(Number.isNaN)) return refuse(text('picture.whenMissing'));
      if (what === 'times') return say({ what, id: run?.id, ...times });
      return say({ what, ...times, ...(kind.val() ? { action: kind.val() } : {}) });
    };
    const cancel = () => {
      state.correcting = undefined;
      state.focus = what;
      again();
    };
    // The form alone: the dialog around it has an Escape of its own.
    form.on('keydown', (event) => {
      if (event.key !== 'Escape') return;
      event.preventDefault();
      event.stopPropagation();
      cancel();
    });
    const saving = button('fa-check', text('picture.save'), save);
    const buttons = $('<span class="kindred-recognition-buttons">');
    return form.append(buttons.append(saving, button('fa-ban', text('picture.cancel'), cancel)));
  }

  /** A stretch dragged across the picture fills in the two times. */
  function follow(box, state, redraw) {
    const canvas = '.kindred-recognition-canvas svg';
    let from;
    const timeOf = (event) => {
      const { left, width } = event.currentTarget.getBoundingClientRect();
      const scale = event.currentTarget.viewBox.baseVal.width / width;
      return state.drawn.timeAt((event.clientX - left) * scale);
    };
    const mark = (svg, to) => {
      const [left, right] = [Math.min(from, to), Math.max(from, to)].map(state.drawn.x);
      svg.querySelector('.selection')?.remove();
      const rect = document.createElementNS(svg.namespaceURI, 'rect');
      for (const [name, value] of Object.entries({
        class: 'selection',
        x: left,
        width: right - left,
        y: 0,
        height: '100%',
      })) {
        rect.setAttribute(name, value);
      }
      svg.append(rect);
    };
    box.on('pointerdown', canvas, (event) => {
      if (event.button !== 0) return;
      event.currentTarget.setPointerCapture(event.originalEvent.pointerId);
      from = timeOf(event);
      state.selecting = true;
    });
    box.on('pointermove', canvas, (event) => {
      if (state.selecting) mark(event.currentTarget, timeOf(event));
    });
    box.on('pointerup pointercancel', canvas, (event) => {
      if (!state.selecting) return;
      state.selecting = false;
      const to = timeOf(event);
      if (event.type === 'pointercancel' || Math.abs(to - from) < 2000) return redraw();
      begin(state, state.correcting?.what === 'times' ? 'times' : 'missed', Math.min(from, to), Math.max(from, to));
      box.find(ROW).data('key', '');
      sayProblem(box);
      redraw();
    });
  }

  window.kindredCorrection = { show, follow, tell, button, sayProblem };
})();
