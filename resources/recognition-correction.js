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
  function show(box, { state, view, text, runText, fieldOf, send }) {
    const row = box.find('.kindred-recognition-correction');
    const run = view.runs.find(({ id }) => id === view.correctable);
    const key = JSON.stringify([
      view.appliance.id,
      run?.id,
      run?.state,
      run?.endedAt,
      view.undo,
      state.correcting?.what,
    ]);
    if (row.data('key') === key) return;
    row.data('key', key).empty();
    const again = () => show(box, { state, view, text, runText, fieldOf, send });
    const say = async (correction) => {
      const problem = await send(correction);
      box
        .find('.kindred-recognition-problem')
        .text(problem || '')
        .toggle(Boolean(problem));
    };
    if (state.correcting) {
      row.append(formOf({ state, text, fieldOf, say, again, run }));
      return;
    }
    if (run) {
      row.append($('<span>').text(`${text('picture.last')} ${runText(run)}`));
      row.append(button('fa-times', text('picture.none'), () => say({ what: 'none', id: run.id })));
      if (run.state === 'finished') {
        row.append(
          button(
            'fa-clock-o',
            text('picture.times'),
            () => begin(state, 'times', run.startedAt, run.endedAt) || again(),
          ),
        );
      }
    }
    const end = Date.now();
    row.append(
      button('fa-plus', text('picture.missed'), () => begin(state, 'missed', end - 600000, end - 300000) || again()),
    );
    if (view.undo) row.append(button('fa-undo', text('picture.undo'), () => say({ what: 'undo' })));
  }

  function formOf({ state, text, fieldOf, say, again, run }) {
    const { what, from, to } = state.correcting;
    const field = (name, time) =>
      $('<label>').append(
        $('<span>').text(text(`picture.${name}`)),
        $('<input type="datetime-local" step="1">').addClass(`kindred-recognition-${name}`).val(fieldOf(time)),
      );
    const form = $('<div class="kindred-recognition-times">').append(
      $('<span>').text(text(`picture.tip.${what}`)),
      field('from', from),
      field('to', to),
    );
    const timeOf = (name) => new Date(form.find(`.kindred-recognition-${name}`).val()).getTime();
    const save = () => {
      const times = { startedAt: timeOf('from'), endedAt: timeOf('to') };
      return say(what === 'times' ? { what, id: run?.id, ...times } : { what, ...times });
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
