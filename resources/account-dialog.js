// What the dialog of a kindred account does: proposes an address, makes an account and tries it, turns coordinates into an area,
// takes along what the endpoint has, and leaves it.
(() => {
  const field = (name) => $(`#node-config-input-${name}`);
  const part = (name) => $(`#kindred-account-${name}`);
  /** What the editor shows of a token that is saved. */
  const SAVED = '__PWRD__';
  /** How long the hub is waited for, in milliseconds; an export can be large. */
  const TIMEOUTS = { export: 70000 };
  const USUAL_TIMEOUT = 20000;

  /** Where an endpoint is to be expected: where another account has its own, else within the Node-RED of this editor. */
  function proposedUrl() {
    const [urls, paths] = [[], []];
    RED.nodes.eachConfig(({ type, url }) => {
      if (type === 'kindred-account' && url && !kindredDialog.isFromEnvironment(url)) urls.push(url);
    });
    RED.nodes.eachNode(({ type, path }) => {
      if (type === 'matching-endpoint' && path && !kindredDialog.isFromEnvironment(path)) paths.push(path);
    });
    // An endpoint answers ahead of Node-RED's own routes, and so from the root of the server.
    return urls[0] || `${location.origin}${paths[0] || '/kindred'}`;
  }

  /** An open dialog. */
  class Dialog {
    #node;
    #text;
    /** The accounts that were made in this dialog: whoever does not keep one leaves nobody behind at its endpoint. */
    #made = [];
    #isClosed = false;

    constructor(node, text) {
      this.#node = node;
      this.#text = text;
    }

    open() {
      if (!RED.nodes.node(this.#node.id)) field('url').val(proposedUrl());
      this.#ask();
      this.#followArea();
      this.#followAccount();
      field('visibility').on('change', (event) => {
        part('visibility-tip').text(this.#text(`visibilityTip.${event.target.value || 'nobody'}`));
      });
    }

    /** @param kept the token that is saved; none where the dialog was cancelled */
    close(kept) {
      this.#isClosed = true;
      // The hub makes nothing of spaces around it.
      for (const one of this.#made) if (one.token !== kept?.trim()) this.#leave(one);
      this.#made = [];
      if (kept !== undefined) this.#saveLate(part('place').val().trim());
    }

    /** The node goes, and of an account that was kept nothing at its endpoint. */
    remove() {
      const token = field('token').val().trim();
      const isKept = token !== '' && !this.#made.some((one) => one.token === token);
      this.close();
      if (isKept) RED.notify($('<p>').text(this.#text('tip.stillThere', { url: this.#node.url })), 'warning');
    }

    /** Coordinates that still stand in the dialog that is confirmed: the area that they are is saved once it is known. */
    #saveLate(coordinates) {
      if (!coordinates) return;
      this.#post('area', { coordinates })
        .done(({ cell }) => {
          const node = RED.nodes.node(this.#node.id);
          if (!node || node.cell === cell) return;
          Object.assign(node, { cell, changed: true });
          RED.nodes.dirty(true);
          RED.events.emit('nodes:change', node);
        })
        .fail((answer) => this.#warn('error.area', {}, answer));
    }

    #leave({ url, token }) {
      this.#post('leave', { id: this.#node.id, url, token }).fail((answer) => {
        this.#warn('error.left-behind', { url }, answer);
      });
    }

    /** For when the dialog is gone. As an element: what the editor is given as words it takes for HTML. */
    #warn(key, values, answer) {
      RED.notify($('<p>').text(this.#text(key, { ...values, problem: this.#problemIn(answer) })), 'warning');
    }

    #problemIn({ responseJSON }) {
      return responseJSON?.problem || this.#text('error.hub');
    }

    #followArea() {
      const place = part('place');
      place
        .on('change', () => this.#snap(place))
        .on('keydown', (event) => {
          if (event.key !== 'Enter') return;
          event.preventDefault();
          place.trigger('blur');
        });
      part('forget').on('click', (event) => {
        event.preventDefault();
        field('cell').val('');
        this.#showArea();
      });
      this.#showArea('…');
      const cell = field('cell').val();
      if (!cell) return;
      this.#post('area', { cell })
        .done((answer) => this.#showArea(answer.squareKilometres))
        .fail(() => part('area').text(this.#text('area.unknown')));
    }

    #followAccount() {
      part('create').on('click', () => this.#askToCreate());
      part('replace').on('click', () => this.#create());
      part('leave').on('click', () => this.#askToLeave());
      part('leave-now').on('click', () => this.#leaveNow());
      for (const [no, button] of [
        ['keep', 'create'],
        ['stay', 'leave'],
      ]) {
        part(no).on('click', () => {
          this.#clear();
          part(button).trigger('focus');
        });
      }
      part('export').on('click', () => {
        this.#call('export', this.#settings(), (everything) => {
          download('kindred-export.json', everything);
          this.#report('ok', 'tip.exported');
        });
      });
      part('test').on('click', () => {
        this.#call('test', this.#settings(), ({ name }) => this.#report('ok', 'tip.works', { name }));
      });
      // What was found out was about what stood there.
      field('url')
        .add(field('token'))
        .on('input', () => this.#clear());
    }

    #askToCreate() {
      const token = field('token').val().trim();
      if (!token) return this.#create();
      // Nobody has the token but this hub, and it cannot be shown again.
      const isNew = this.#made.some((one) => one.token === token);
      this.#report('problem', isNew ? 'tip.replacingNew' : 'tip.replacing');
      this.#ask('replacing', 'keep');
    }

    #askToLeave() {
      this.#report('problem', 'tip.leaving', { url: field('url').val() });
      this.#ask('leaving', 'stay');
    }

    /** Shows this question alone, with its no at hand; or none. */
    #ask(question, no) {
      for (const one of ['replacing', 'leaving']) part(one).toggle(one === question);
      if (no) part(no).trigger('focus');
    }

    #leaveNow() {
      const token = field('token').val().trim();
      const { url } = this.#settings();
      this.#call('leave', this.#settings(), () => {
        field('token').val('').trigger('change');
        this.#report('ok', 'tip.left', { url });
      }).done(() => {
        this.#made = this.#made.filter((one) => one.token !== token);
      });
    }

    #create() {
      const settings = this.#settings();
      const made = ({ token }) => ({ url: settings.url, token });
      this.#call('create', settings, (answer) => {
        this.#made.push(made(answer));
        field('token').val(answer.token).trigger('change');
        this.#report('ok', 'tip.created', { name: answer.name });
      }).done((answer) => {
        // Nobody waited for it.
        if (this.#isClosed) this.#leave(made(answer));
      });
    }

    #snap(place) {
      const coordinates = place.val().trim();
      if (!coordinates) return;
      this.#call('area', { coordinates }, (answer) => {
        // The coordinates end here: only the area is kept.
        place.val('');
        field('cell').val(answer.cell);
        this.#showArea(answer.squareKilometres);
        this.#report('ok', 'tip.snapped');
      });
    }

    #showArea(area) {
      const cell = field('cell').val();
      part('area').text(cell ? this.#text('area.cell', { area }) : this.#text('area.none'));
      part('cell').text(cell).toggle(Boolean(cell));
      part('forget').toggle(Boolean(cell));
    }

    #settings() {
      const token = field('token').val();
      return {
        id: this.#node.id,
        url: field('url').val(),
        name: field('name').val(),
        visibility: field('visibility').val(),
        cell: field('cell').val(),
        invitation: part('invitation').val(),
        // An unchanged token stays on the hub: the editor has never seen it.
        token: token === SAVED ? undefined : token,
      };
    }

    /**
     * Asks the hub for something that takes a while; what the answer is about stays as it is until then. A dialog that is
     * closed meanwhile shows nothing of it: the fields may be those of another one.
     */
    #call(what, body, done) {
      const setBusy = (isBusy) => {
        for (const one of ['create', 'test', 'export', 'leave']) part(one).prop('disabled', isBusy);
        field('url').add(field('token')).prop('readonly', isBusy);
      };
      this.#ask();
      this.#report('busy', 'tip.busy');
      setBusy(true);
      const whileOpen = (show) => (answer) => {
        if (!this.#isClosed) show(answer);
      };
      return this.#post(what, body)
        .always(whileOpen(() => setBusy(false)))
        .fail(
          whileOpen((answer) => kindredDialog.report('#kindred-account-report', 'problem', this.#problemIn(answer))),
        )
        .done(whileOpen(done));
    }

    #post(what, body) {
      const [url, data] = [`kindred/account/${what}`, JSON.stringify(body)];
      const timeout = TIMEOUTS[what] || USUAL_TIMEOUT;
      return $.ajax({ url, method: 'POST', contentType: 'application/json', data, timeout });
    }

    #report(level, key, values) {
      kindredDialog.report('#kindred-account-report', level, this.#text(key, values));
    }

    #clear() {
      this.#ask();
      part('report').empty();
    }
  }

  /** Saves something as JSON where the browser puts what is downloaded. */
  function download(name, value) {
    const url = URL.createObjectURL(new Blob([JSON.stringify(value, null, 2)], { type: 'application/json' }));
    $('<a>').attr({ href: url, download: name })[0].click();
    // Some browsers begin to read it only after this turn.
    setTimeout(() => URL.revokeObjectURL(url), USUAL_TIMEOUT);
  }

  /** The one that is open: the editor has no node to keep it in while an account is not added yet. */
  let dialog;

  /**
   * @param node the account in the dialog
   * @param text the translated text of a key
   */
  function open(node, text) {
    dialog = new Dialog(node, text);
    dialog.open();
  }

  /** @param kept the token that is saved; none where the dialog was cancelled */
  function close(kept) {
    dialog?.close(kept);
    dialog = undefined;
  }

  /** The node of the one that is open is deleted. */
  function remove() {
    dialog?.remove();
    dialog = undefined;
  }

  window.kindredAccount = { open, close, remove };
})();
