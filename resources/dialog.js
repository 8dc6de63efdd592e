// What the dialogs of the nodes have in common. Each node's html asks for this file itself, since any node may be
// switched off; asked for again, it only says the same once more.
(() => {
  /**
   * For a node's definition: the text of one of its labels, in the editor's language. Of several, the one of the port.
   * @param {...string} keys below "label" in the node's locale
   */
  function label(...keys) {
    return function (port) {
      return this._(`${this.type}.label.${keys[port || 0]}`);
    };
  }

  /** For a node's definition: a name that its owner gave stands in italics, as in the core nodes. */
  function labelStyle() {
    return this.name ? 'node_label_italic' : '';
  }

  /** Whether a value is taken from the environment when the flow starts: the editor cannot know it. */
  function isFromEnvironment(value) {
    return /^\$\{.+\}$/.test(value);
  }

  /** Where an address leads, for a label: its host, or nothing when the editor cannot know it. Never a password. */
  function hostOf(url) {
    if (isFromEnvironment(url)) return '';
    return String(url || '')
      .replace(/^https?:\/\//, '')
      .replace(/[/?#].*$/, '')
      .replace(/^.*@/, '');
  }

  /** Whether a word can be the name of an activity; the same rule as in vocabulary/activity.ts. */
  function isActivityWord(word) {
    return /^[a-z][a-z0-9-]{0,39}$/.test(word);
  }

  /** Whether a word can be no activity's name on any endpoint; the same rule as in vocabulary/never-matched.ts. */
  function isNeverMatched(name) {
    const { words, alone } = RED.settings.matchingEndpointNever || { words: [], alone: [] };
    const parts = name.split('-').filter((part) => !alone.includes(part));
    return [name, ...parts].some((one) => words.includes(one));
  }

  /** The same rules as in matching/schema/secrets.ts. */
  const SECRETS = { invitation: /^\s*\S[\s\S]{14,198}\S\s*$/, metricsToken: /^[\x21-\x7e]{16,200}$/ };

  /** Whether a secret is as an endpoint wants it. Of one that was set before, the editor knows only that there is one. */
  function isSecret(name, secret) {
    return secret === '__PWRD__' || SECRETS[name].test(secret || '');
  }

  /**
   * Whether a secret that is needed is there, for the mark on the canvas. The editor checks credentials in the open dialog
   * alone, and knows nothing of them before it was opened: until then the runtime's own status has to say so.
   */
  function hasSecret(node, name) {
    const { [name]: typed, [`has_${name}`]: isSet } = node.credentials || {};
    if (typed === undefined) return isSet !== false;
    return isFromEnvironment(typed) || isSecret(name, typed);
  }

  /** What a property of a node is: in its dialog, where that is open, else as it is saved. */
  function chosen(node, name) {
    const field = RED.editor.getEditStack().includes(node) ? $(`#node-input-${name}`).val() : undefined;
    return field === undefined ? node[name] : field;
  }

  /** Proposes the usual activities in a field for text; they are known where collect-parameters is switched on. */
  function proposeActivities(field) {
    const { activities } = RED.settings.collectParametersChoices || { activities: {} };
    const id = `${$(field).attr('id')}-choices`;
    const options = Object.keys(activities).map((name) => $('<option>').val(name));
    $('<datalist>').attr('id', id).append(options).insertAfter(field);
    $(field).attr('list', id);
  }

  /** How something that was tried turned out: "busy", "ok" or "problem", and a sentence. */
  function report(where, level, sentence) {
    const icon = { ok: 'check-circle', problem: 'exclamation-triangle', busy: 'spinner fa-spin' }[level];
    const $icon = $('<i aria-hidden="true">').addClass(`fa fa-${icon}`);
    $(where).attr('data-level', level).empty().append($icon, ' ', $('<span>').text(sentence));
  }

  /** The editor's own buttons, pictures without a name: beside a choice of config nodes, and at the end of a list's line. */
  const EDITORS_BUTTONS = {
    'a[id$="-edit"]': 'editor.editConfig',
    'a[id$="-add"]': 'editor.addNewConfig',
    'a.red-ui-editableList-item-remove': 'common.label.delete',
  };

  /** Names the editor's own buttons within a part of a dialog, and lets the keyboard reach them. @param type of the config nodes */
  function nameButtons(part, type) {
    for (const [button, key] of Object.entries(EDITORS_BUTTONS)) {
      $(part)
        .find(button)
        .attr({ role: 'button', tabindex: 0, 'aria-label': RED._(key, { type }) })
        .on('keydown', function (event) {
          if (event.key !== 'Enter' && event.key !== ' ') return;
          event.preventDefault();
          $(this).trigger('click');
        });
    }
  }

  window.kindredDialog = {
    label,
    labelStyle,
    isFromEnvironment,
    hostOf,
    isActivityWord,
    isNeverMatched,
    isSecret,
    hasSecret,
    chosen,
    proposeActivities,
    nameButtons,
    report,
  };
})();
