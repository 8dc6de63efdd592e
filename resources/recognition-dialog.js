// The part of collect-parameters' dialog that shows what was recognised, as it goes on, and takes the owner's corrections.
(() => {
  const EVERY_MS = 2000;

  /** A date and time as an input field of type datetime-local takes it, to the second, in local time. */
  function fieldOf(time) {
    const zone = new Date(time).getTimezoneOffset() * 60000;
    return new Date(Math.round(time / 1000) * 1000 - zone).toISOString().slice(0, 19);
  }

  /**
   * Puts the picture and its controls into `#kindred-recognition`.
   * @param node the node whose dialog is open
   * @param text translates a key of the node's catalogue
   * @param named a word's name in a group of the catalogue, or the word itself
   * @returns ends it; to be called when the dialog closes
   */
  function open(node, text, named) {
    const box = $('#kindred-recognition');
    const state = { pictures: [], chosen: undefined, everything: false, selected: undefined, correcting: undefined };
    const url = `kindred/collect-parameters/${encodeURIComponent(node.id)}`;
    let isClosed = false;
    let timer;

    const number = (value) => {
      const size = Math.abs(value);
      return Number(value.toFixed(size < 1 ? 2 : size < 10 ? 1 : 0)).toLocaleString(RED.i18n.lang() || undefined);
    };
    const duration = (ms) => {
      const seconds = Math.round(ms / 1000);
      if (seconds < 60) return text('duration.seconds', { seconds });
      const minutes = Math.floor(seconds / 60);
      if (minutes >= 60) return text('duration.hours', { hours: Math.floor(minutes / 60), minutes: minutes % 60 });
      if (seconds % 60 === 0) return text('duration.minutes', { minutes });
      return text('duration.minutesSeconds', { minutes, seconds: seconds % 60 });
    };
    const sure = ({ confidence }) =>
      confidence === undefined ? '' : ` · ${text('picture.sure', { percent: Math.round(confidence * 100) })}`;
    const runText = (run) => `${named('activity', run.activity)} · ${duration(run.endedAt - run.startedAt)}`;
    const unitOf = (name) => RED.settings.collectParametersChoices.drawn.find((one) => one.name === name)?.unit;
    const parameter = (name) => {
      const unit = unitOf(name);
      return unit ? `${named('parameter', name)} (${unit})` : named('parameter', name);
    };
    const why = window.kindredWhy.teller({ text, named, number, duration, parameter, unitOf });
    const words = () => ({
      number,
      parameter,
      run: (run) => (run.state === 'discarded' ? text('picture.takenBack') : runText(run)),
      runTitle: (run) => `${runText(run)}${sure(run)}`,
      action: ({ action }) => named('action', action),
      actionTitle: (one) => `${named('action', one.action)} · ${duration(one.endedAt - one.startedAt)}${sure(one)}`,
      label: text('picture.label'),
    });

    const moment = (time, withSeconds) => {
      const clock = window.kindredPicture.clock(time, withSeconds);
      const [day, today] = [new Date(time), new Date()].map((date) =>
        date.toLocaleDateString(RED.i18n.lang() || undefined),
      );
      return day === today ? clock : `${day} ${clock}`;
    };

    const view = () => state.pictures.find(({ appliance }) => appliance.id === state.chosen) || state.pictures[0];

    function show() {
      const shown = view();
      const note = box.find('.kindred-recognition-note');
      box.find('.kindred-recognition-body').toggle(Boolean(shown));
      if (!shown) {
        note.text(text(state.problem ? 'picture.notDeployed' : 'picture.nothing')).show();
        return;
      }
      note.toggle(shown.runs.length === 0).text(text('picture.noRun'));
      showAppliances(shown);
      const width = Math.max(320, Math.floor(box.find('.kindred-recognition-canvas').width() || 460));
      const frame = window.kindredPicture.frameOf(shown, state.everything, Date.now());
      const drawn = window.kindredPicture.draw({ ...shown, ...why.drawn(shown) }, { ...frame, width, words: words() });
      state.drawn = drawn;
      box.find('.kindred-recognition-canvas').empty().append(drawn.svg);
      const activities = Object.keys(RED.settings.collectParametersChoices.activities);
      window.kindredCorrection.show(box, { state, view: shown, text, named, runText, fieldOf, send, activities });
      window.kindredUndo.show(box, {
        view: shown,
        send,
        words: { text, named, clock: moment, learned: why.learned },
      });
      why.tell(box.find('.kindred-recognition-why'), shown);
    }

    function showAppliances(shown) {
      const select = box.find('.kindred-recognition-appliances select');
      box.find('.kindred-recognition-appliances').toggle(state.pictures.length > 1);
      const ids = state.pictures.map(({ appliance }) => appliance.id);
      if (select.children().length === ids.length && select.val() === shown.appliance.id) return;
      select
        .empty()
        .append(state.pictures.map(({ appliance }) => $('<option>').val(appliance.id).text(appliance.name)));
      select.val(shown.appliance.id);
    }

    async function load() {
      try {
        const answer = await $.getJSON(`${url}/pictures`);
        state.pictures = answer.pictures;
        state.problem = undefined;
      } catch (error) {
        state.problem = error.status || 'unreachable';
      }
      if (isClosed) return;
      if (!state.selecting) show();
      timer = setTimeout(load, EVERY_MS);
    }

    /** @returns what is wrong, in words, or undefined */
    async function send(correction) {
      try {
        const data = JSON.stringify({ appliance: view().appliance.id, correction });
        await $.ajax({ url: `${url}/corrections`, method: 'POST', contentType: 'application/json', data });
        state.focus = state.correcting?.what ?? state.focus;
        state.correcting = undefined;
        clearTimeout(timer);
        await load();
        return undefined;
      } catch (error) {
        return error.responseJSON?.problem || text('picture.notSent');
      }
    }

    box.on('change', '.kindred-recognition-appliances select', (event) => {
      state.chosen = event.target.value;
      state.correcting = undefined;
      window.kindredCorrection.sayProblem(box);
      show();
    });
    box.on('change', '.kindred-recognition-everything', (event) => {
      state.everything = event.target.checked;
      show();
    });
    window.kindredCorrection.follow(box, state, show);
    void load();
    return () => {
      isClosed = true;
      clearTimeout(timer);
      box.off();
    };
  }

  window.kindredRecognition = { open };
})();
