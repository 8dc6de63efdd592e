// The part of collect-parameters' dialog that shows what was recognised, as it goes on, and takes the owner's corrections.
(() => {
  const EVERY_MS = 2000;

  /** A date and time as an input field of type datetime-local takes it, to the second, in local time. */
  function fieldOf(time) {
    const zone = new Date(time).getTimezoneOffset() * 60000;
    return new Date(Math.round(time / 1000) * 1000 - zone).toISOString().slice(0, 19);
  }

  /** A time as people say it, with its day when that is not today. */
  function moment(time, withSeconds) {
    const clock = window.kindredPicture.clock(time, withSeconds);
    const [day, today] = [new Date(time), new Date()].map((date) =>
      date.toLocaleDateString(RED.i18n.lang() || undefined),
    );
    return day === today ? clock : `${day} ${clock}`;
  }

  function number(value) {
    const size = Math.abs(value);
    return Number(value.toFixed(size < 1 ? 2 : size < 10 ? 1 : 0)).toLocaleString(RED.i18n.lang() || undefined);
  }

  function unitOf(name) {
    return RED.settings.collectParametersChoices.drawn.find((one) => one.name === name)?.unit;
  }

  /** How the owner's language says what was measured. */
  function measuresOf(text, named) {
    const duration = (ms) => {
      const seconds = Math.round(ms / 1000);
      if (seconds < 60) return text('duration.seconds', { seconds });
      const minutes = Math.floor(seconds / 60);
      if (minutes >= 60) return text('duration.hours', { hours: Math.floor(minutes / 60), minutes: minutes % 60 });
      if (seconds % 60 === 0) return text('duration.minutes', { minutes });
      return text('duration.minutesSeconds', { minutes, seconds: seconds % 60 });
    };
    const parameter = (name) => {
      const unit = unitOf(name);
      return unit ? `${named('parameter', name)} (${unit})` : named('parameter', name);
    };
    const runText = (run) => `${named('activity', run.activity)} · ${duration(run.endedAt - run.startedAt)}`;
    const runWhen = (run) =>
      [named('activity', run.activity), moment(run.startedAt), duration(run.endedAt - run.startedAt)].join(' · ');
    return { number, duration, parameter, unitOf, runText, runWhen };
  }

  /** What stands in the picture. */
  function pictureWords(text, named, { duration, parameter, runText }) {
    const sure = ({ confidence }) =>
      confidence === undefined ? '' : ` · ${text('picture.sure', { percent: Math.round(confidence * 100) })}`;
    return {
      number,
      parameter,
      run: (run) => (run.state === 'discarded' ? text('picture.takenBack') : runText(run)),
      runTitle: (run) => `${runText(run)}${sure(run)}`,
      action: ({ action }) => named('action', action),
      actionTitle: (one) => `${named('action', one.action)} · ${duration(one.endedAt - one.startedAt)}${sure(one)}`,
      label: text('picture.label'),
    };
  }

  /** The picture of the chosen appliance with its controls, shown anew every two seconds. */
  class Recognition {
    #box = $('#kindred-recognition');
    /** Shared with the controls for corrections. */
    #state = { pictures: [], chosen: undefined, everything: false, selected: undefined, correcting: undefined };
    #isClosed = false;
    #timer;
    /** How often it was asked: only the last answer counts. */
    #asked = 0;
    #url;
    #text;
    #named;
    #measures;
    #why;

    constructor(node, text, named) {
      this.#url = `kindred/collect-parameters/${encodeURIComponent(node.id)}`;
      this.#text = text;
      this.#named = named;
      this.#measures = measuresOf(text, named);
      const { duration, parameter } = this.#measures;
      this.#why = window.kindredWhy.teller({ text, named, number, duration, parameter, unitOf });
    }

    follow() {
      const state = this.#state;
      this.#box.on('change', '.kindred-recognition-appliances select', (event) => {
        state.chosen = event.target.value;
        state.correcting = undefined;
        window.kindredCorrection.sayProblem(this.#box);
        this.#show();
      });
      this.#box.on('change', '.kindred-recognition-everything', (event) => {
        state.everything = event.target.checked;
        this.#show();
      });
      window.kindredCorrection.follow(this.#box, state, () => this.#show());
      void this.#load();
    }

    close() {
      this.#isClosed = true;
      clearTimeout(this.#timer);
      this.#box.off();
    }

    #view() {
      const { pictures, chosen } = this.#state;
      return pictures.find(({ appliance }) => appliance.id === chosen) || pictures[0];
    }

    #show() {
      const view = this.#view();
      const note = this.#box.find('.kindred-recognition-note');
      this.#box.find('.kindred-recognition-body').toggle(Boolean(view));
      if (!view) {
        note.text(this.#state.problem ?? this.#text('picture.nothing')).show();
        return;
      }
      // What is looked at stays, whichever is heard of next.
      this.#state.chosen = view.appliance.id;
      // What it is about to tell of can be seen already.
      const hasBegun = view.why?.sights.some(({ name }) => name === 'run');
      note.toggle(view.runs.length === 0 && !hasBegun).text(this.#text('picture.noRun'));
      this.#showAppliances(view);
      this.#draw(view);
      this.#showControls(view);
      this.#why.tell(this.#box.find('.kindred-recognition-why'), view);
    }

    #showAppliances(view) {
      const { pictures } = this.#state;
      const select = this.#box.find('.kindred-recognition-appliances select');
      this.#box.find('.kindred-recognition-appliances').toggle(pictures.length > 1);
      if (select.children().length === pictures.length && select.val() === view.appliance.id) return;
      select.empty().append(pictures.map(({ appliance }) => $('<option>').val(appliance.id).text(appliance.name)));
      select.val(view.appliance.id);
    }

    #draw(view) {
      const canvas = this.#box.find('.kindred-recognition-canvas');
      const width = Math.max(240, Math.floor(canvas.width() || 460));
      const now = Date.now();
      const frame = window.kindredPicture.frameOf(view, this.#state.everything, now);
      const isMore = window.kindredPicture.hasMore(view, now);
      this.#box.find('.kindred-recognition-all').toggle(isMore || this.#state.everything);
      const words = pictureWords(this.#text, this.#named, this.#measures);
      const drawn = window.kindredPicture.draw({ ...view, ...this.#why.drawn(view) }, { ...frame, width, words });
      this.#state.drawn = drawn;
      canvas.empty().append(drawn.svg);
    }

    #showControls(view) {
      const [text, named, state] = [this.#text, this.#named, this.#state];
      const { runWhen } = this.#measures;
      const send = (correction) => this.#send(correction);
      const activities = Object.keys(RED.settings.collectParametersChoices.activities);
      window.kindredCorrection.show(this.#box, { state, view, text, named, runWhen, fieldOf, send, activities });
      const words = { text, named, clock: moment, learned: this.#why.learned };
      window.kindredUndo.show(this.#box, { view, send, words });
    }

    async #load() {
      const state = this.#state;
      clearTimeout(this.#timer);
      this.#asked++;
      const asked = this.#asked;
      const answer = await $.getJSON(`${this.#url}/pictures`).then(
        ({ pictures }) => ({ pictures, problem: undefined }),
        (error) => ({ problem: this.#refusal(error, 'flows.read') }),
      );
      // What was asked before a correction was sent may be of the time before it.
      if (this.#isClosed || asked !== this.#asked) return;
      Object.assign(state, answer);
      if (!state.selecting) this.#show();
      this.#timer = setTimeout(() => this.#load(), EVERY_MS);
    }

    /** @returns why something was not answered, in words */
    #refusal({ status, responseJSON }, permission) {
      if (status === 401 || status === 403) return this.#text('picture.notAllowed', { permission });
      if (status === 404 || status === 409) {
        return this.#text(status === 404 ? 'error.not-deployed' : 'error.several-instances');
      }
      return responseJSON?.problem || this.#text('picture.unreachable');
    }

    /** @returns what is wrong, in words, or undefined */
    async #send(correction) {
      const state = this.#state;
      try {
        const data = JSON.stringify({ appliance: this.#view().appliance.id, correction });
        const url = `${this.#url}/corrections`;
        await $.ajax({ url, method: 'POST', contentType: 'application/json', data });
        state.focus = state.correcting?.what ?? state.focus;
        state.correcting = undefined;
        await this.#load();
        return undefined;
      } catch (error) {
        return this.#refusal(error, 'flows.write');
      }
    }
  }

  /**
   * Puts the picture and its controls into `#kindred-recognition`.
   * @param node the node whose dialog is open
   * @param text translates a key of the node's catalogue
   * @param named a word's name in a group of the catalogue, or the word itself
   * @returns ends it; to be called when the dialog closes
   */
  function open(node, text, named) {
    const recognition = new Recognition(node, text, named);
    recognition.follow();
    return () => recognition.close();
  }

  window.kindredRecognition = { open };
})();
