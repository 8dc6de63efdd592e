// "This was wrong": what the owner of an appliance says about what was recognised. Works with the keyboard as with the mouse:
// times are typed, or taken from a stretch dragged across the picture.
(() => {
  /** @param what `times` for the last run, `missed` for one that was not seen */
  function begin(state, what, from, to) {
    state.correcting = { what, from, to };
    state.problem = undefined;
  }

  function button(icon, label, onClick) {
    return $('<button type="button" class="red-ui-button red-ui-button-small">')
      .append($('<i aria-hidden="true">').addClass(`fa ${icon}`), document.createTextNode(` ${label}`))
      .on('click', onClick);
  }

  /** The row of buttons, or the two times that are being given. */
  function show(box, { state, view, text, named, runText, fieldOf, send }) {
    const row = box.find('.kindred-recognition-correction');
    const run = view.runs.find(({ id }) => id === view.correctable);
    const actions = view.actions.filter(({ activityId }) => activityId === run?.id);
    // What is being typed stays while the run that goes on grows.
    const shown = state.correcting ? [state.correcting, run?.id] : [run, actions.length, view.undo];
    const key = JSON.stringify([view.appliance.id, ...shown]);
    if (row.data('key') === key) return;
    row.data('key', key).empty();
    const again = () => show(box, { state, view, text, named, runText, fieldOf, send });
    const say = async (correction) => {
      const buttons = row.find('button').prop('disabled', true);
      const problem = await send(correction).finally(() => buttons.prop('disabled', false));
      box
        .find('.kindred-recognition-problem')
        .text(problem || '')
        .toggle(Boolean(problem));
    };
    if (state.correcting) {
      row.append(formOf({ state, view, text, named, fieldOf, say, again, run }));
      return;
    }
    const ask = (what, from, to) => () => {
      begin(state, what, from, to);
      again();
    };
    if (run) {
      row.append($('<span>').text(`${text('picture.last')} ${runText(run)}`));
      row.append(button('fa-times', text('picture.none'), () => say({ what: 'none', id: run.id })));
    }
    if (run?.state === 'finished') {
      row.append(button('fa-clock-o', text('picture.times'), ask('times', run.startedAt, run.endedAt)));
    }
    const onWrong = (action) => say({ what: 'none', id: run.id, action });
    if (actions.length > 0) row.append(actionsOf(actions, { text, named, onWrong }));
    const now = Date.now();
    row.append(button('fa-plus', text('picture.missed'), ask('missed', now - 600000, now - 300000)));
    if (view.undo) row.append(button('fa-undo', text('picture.undo'), () => say({ what: 'undo' })));
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

  function formOf({ state, view, text, named, fieldOf, say, again, run }) {
    const { what, from, to } = state.correcting;
    const hasActions = view.lines.some(({ parameter }) => parameter === 'acceleration');
    const kind = $('<select>').attr('aria-label', text('picture.kind'));
    kind.append($('<option value="">').text(text('picture.activity')));
    for (const action of window.kindredPicture.actions)
      kind.append($('<option>').val(action).text(named('action', action)));
    const field = (name, time) =>
      $('<label>').append(
        $('<span>').text(text(`picture.${name}`)),
        $('<input type="datetime-local" step="1">').addClass(`kindred-recognition-${name}`).val(fieldOf(time)),
      );
    const form = $('<div class="kindred-recognition-times">').append(
      $('<span>').text(text(`picture.tip.${what}`)),
      what === 'missed' && hasActions ? kind : [],
      field('from', from),
      field('to', to),
    );
    const timeOf = (name) => new Date(form.find(`.kindred-recognition-${name}`).val()).getTime();
    const save = () => {
      const times = { startedAt: timeOf('from'), endedAt: timeOf('to') };
      if (what === 'times') return say({ what, id: run?.id, ...times });
      return say({ what, ...times, ...(kind.val() ? { action: kind.val() } : {}) });
    };
    const cancel = () => {
      state.correcting = undefined;
      again();
    };
    return form.append(
      button('fa-check', text('picture.save'), save),
      button('fa-ban', text('picture.cancel'), cancel),
    );
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
      begin(state, state.correcting?.what || 'missed', Math.min(from, to), Math.max(from, to));
      box.find('.kindred-recognition-correction').data('key', '');
      redraw();
    });
  }

  window.kindredCorrection = { show, follow };
})();
