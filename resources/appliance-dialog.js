// What the dialog of appliance-connect does: which fields a transport and a profile need, which parameter stands where
// in a JSON message, and which appliances are heard on the broker.
(() => {
  const NOTHING_KNOWN = { profiles: [], recordings: [], parameters: { power: { unit: 'W' } } };
  let known;
  let parameters = NOTHING_KNOWN.parameters;

  const field = (name) => $(`#node-input-${name}`);
  const option = (value, words) => $('<option>').val(value).text(words);
  const row = (name) => $(`#kindred-appliance-dialog [data-show~="${name}"]`);

  /** The profiles, recordings and parameters that this Node-RED knows; asked again when it did not answer. */
  function knowledge() {
    known ??= $.getJSON('kindred/appliance-profiles').catch(() => {
      known = undefined;
      return NOTHING_KNOWN;
    });
    return known;
  }

  /** What the dialog has to show, by the names in `data-show`. */
  function shown(transport, profile, isShipped, asksHowOften) {
    const isFile = transport === 'recording' && !isShipped;
    const isJson = profile === 'json';
    return {
      mqtt: transport === 'mqtt',
      recording: transport === 'recording',
      wire: transport === 'wire',
      file: isFile,
      profile: !isShipped,
      json: !isShipped && isJson,
      jsonCommand: transport === 'mqtt' && isJson,
      address: transport === 'mqtt' || (isFile && !isJson) || (transport === 'wire' && !isJson && profile !== 'auto'),
      base: !isShipped && profile === 'zigbee2mqtt',
      fullTopic: !isShipped && profile === 'tasmota',
      channel: !isShipped && ['tasmota', 'shelly-gen2', 'zigbee2mqtt'].includes(profile),
      control: transport === 'mqtt',
      every: transport === 'mqtt' && asksHowOften,
    };
  }

  /** Where the readings will be, with what the owner changed of the product's usual topics. */
  function topicOf({ name, defaultTopic }, address) {
    const fullTopic = field('fullTopic').val().trim();
    const base = field('base').val().trim();
    if (name === 'tasmota' && fullTopic) {
      return `${fullTopic.replace(/\/?$/, '/').replace('%prefix%', 'tele').replace('%topic%', address)}SENSOR`;
    }
    if (name === 'zigbee2mqtt' && base) return `${base}/${address}`;
    return defaultTopic.replace('<a>', address);
  }

  /**
   * @param node the node in the dialog
   * @param text the translated text of a key
   */
  function open(node, text) {
    kindredDialog.nameButtons('#kindred-appliance-dialog', 'mqtt-broker');
    // Whoever presses Done before it has answered, or where it does not, keeps what was chosen.
    fillChoices(node, text, NOTHING_KNOWN);
    listPaths(node, text);
    knowledge().then((all) => {
      $('#kindred-appliance-away').toggle(all === NOTHING_KNOWN);
      fillChoices(node, text, all);
      const refresh = () => showWhatIsNeeded(text, all.profiles);
      // Whether an address is missing depends on what is chosen elsewhere.
      $('#kindred-appliance-dialog select').on('change', () => field('address').trigger('change'));
      $('#kindred-appliance-dialog select').on('change', refresh);
      for (const name of ['address', 'fullTopic', 'base', 'speed']) field(name).on('input', refresh);
      field('loop').on('change', refresh);
      refresh();
      RED.tray.resize();
    });
    $('#kindred-appliance-listen').on('click', function () {
      listen($(this), text);
    });
  }

  /** The translated text, or the profile's own English words for a profile that has no translation yet. */
  function said(text, key, otherwise) {
    const words = text(key);
    return !words || words.endsWith(key) ? otherwise : words;
  }

  function fillChoices(node, text, all) {
    const products = all.profiles.map(({ name, title }) => option(name, said(text, `profile.${name}.title`, title)));
    offerChoices(field('profile'), [option('auto', text('profile.auto.title')), ...products], node.profile || 'auto');
    const shipped = all.recordings.map(({ file, title }) =>
      option(file, said(text, `recording.${file.split('.')[0]}`, title)),
    );
    offerChoices(field('recording'), [...shipped, option('', text('label.ownFile'))], node.recording ?? '');
    parameters = all.parameters;
    $('#kindred-appliance-paths .kindred-path-parameter').each(function () {
      offerParameters($(this), $(this).val());
    });
  }

  /** Gives a select its options; what is chosen stays chosen, also where nobody knows it here. */
  function offerChoices($select, options, chosen) {
    const value = $select.val() ?? chosen;
    const isKnown = options.some(($option) => $option.val() === value);
    $select
      .empty()
      .append(options, isKnown ? [] : option(value, value))
      .val(value);
  }

  function offerParameters($select, chosen) {
    const choices = Object.entries(parameters).map(([name, { unit }]) =>
      option(name, unit ? `${name} (${unit})` : name),
    );
    offerChoices($select, choices, chosen);
  }

  function showWhatIsNeeded(text, profiles) {
    const [transport, name] = [field('transport').val(), field('profile').val()];
    const profile = profiles.find((one) => one.name === name);
    const isShipped = transport === 'recording' && field('recording').val() !== '';
    const asksHowOften = allowControls(text, name, profile);
    const show = shown(transport, name, isShipped, asksHowOften);
    for (const [part, isVisible] of Object.entries(show)) row(part).toggle(isVisible);
    row('pause').toggle(field('loop').prop('checked') && number(field('speed').val()) > 1);

    const hint =
      name === 'auto' ? text('profile.auto.hint') : said(text, `profile.${name}.hint`, profile ? profile.hint : '');
    $('#kindred-appliance-hint')
      .toggle(!isShipped && Boolean(hint))
      .find('span')
      .text(hint);
    const { label, example } = profile ? profile.address : { label: '', example: 'kettle' };
    $('#kindred-appliance-address-label').text(said(text, `profile.${name}.address`, label));
    field('address').attr('placeholder', example);
    const topic = profile ? topicOf(profile, field('address').val() || example) : '';
    $('#kindred-appliance-topic')
      .toggle(transport === 'mqtt' && topic !== '' && name !== 'json')
      .find('code')
      .text(topic);
    field('channel').attr('placeholder', name === 'shelly-gen2' ? '0' : '1');
    tellInstructions(text, transport, isShipped ? undefined : name, profile);
  }

  /** What can be sent to the input to tell the appliance something, an example each, or why nothing can. */
  function tellInstructions(text, transport, name, profile) {
    const instructions = (transport === 'mqtt' && profile?.instructions) || [];
    const isUnknown = name === 'auto' && transport === 'mqtt';
    const isReadOnly = transport === 'mqtt' ? 'understands.notYet' : `understands.${transport}`;
    const $row = $('#kindred-appliance-understands');
    const examples = instructions.map((one) => $('<code>').text(JSON.stringify(one)));
    const tip = instructions.length > 0 ? (name === 'json' ? 'understands.json' : 'understands.send') : isReadOnly;
    $row.find('.kindred-appliance-instructions').empty().append(examples);
    $row.toggleClass('kindred-nothing', examples.length === 0);
    $row.find('.kindred-tip').text(text(isUnknown ? 'understands.auto' : tip));
  }

  /** Only what the product can be told, and no interval where it takes none. Returns whether one is to be asked for. */
  function allowControls(text, name, profile) {
    const can = (word) => !word || !profile || profile.controls.includes(word);
    field('control')
      .find('option')
      .each(function () {
        $(this).prop('disabled', !can(this.value));
      });
    if (!can(field('control').val())) field('control').val('');
    // Perhaps, where it is not known what it is.
    const takesInterval = name === 'auto' || !profile || Boolean(profile.shortestInterval);
    field('control')
      .find('option[value="collect"]')
      .text(text(takesInterval ? 'control.collect' : 'control.collectOnce'));
    if (!takesInterval) field('everySeconds').val('').trigger('change');
    return takesInterval && field('control').val() === 'collect';
  }

  function listPaths(node, text) {
    const titles = ['parameter', 'path', 'factor', 'offset'].map((key) => $('<span>').text(text(`label.${key}`)));
    const $list = $('#kindred-appliance-paths').editableList({
      addButton: text('label.addPath'),
      removable: true,
      sortable: true,
      height: 'auto',
      header: $('<div class="kindred-path kindred-path-header"></div>').append(titles),
      addItem: (item, _index, entry) => showPath(item, entry, text),
    });
    for (const entry of node.paths || []) $list.editableList('addItem', entry);
  }

  function showPath(item, { parameter, path, factor, offset }, text) {
    const $line = $('<div class="kindred-path"></div>').appendTo(item);
    const $parameter = $('<select class="kindred-path-parameter">').attr('aria-label', text('label.parameter'));
    offerParameters($parameter, parameter || 'power');
    $parameter.appendTo($line);
    const input = (kind, value, placeholder) => {
      const title = text(`label.${kind}`);
      $(`<input type="text" class="kindred-path-${kind}">`)
        .attr({ 'aria-label': title, title, placeholder })
        .val(value ?? '')
        .appendTo($line);
    };
    input('path', path, 'ENERGY.Power');
    input('factor', factor === 1 ? '' : factor, '× 1');
    input('offset', offset === 0 ? '' : offset, '+ 0');
    kindredDialog.nameButtons(item.parent());
  }

  /** A number as people write it, with a decimal comma, too. What is none stays, for its owner to see what is wrong. */
  function number(written) {
    const plain = String(written ?? '').trim();
    const value = Number(plain.replace(',', '.'));
    return plain === '' || !Number.isFinite(value) ? plain : value;
  }

  /** What the list of paths says now. */
  function paths() {
    return $('#kindred-appliance-paths')
      .editableList('items')
      .map(function () {
        const value = (kind) => $(this).find(`.kindred-path-${kind}`).val();
        return {
          parameter: value('parameter'),
          path: value('path').trim(),
          factor: number(value('factor')),
          offset: number(value('offset')),
        };
      })
      .get();
  }

  /** Asks which appliances are heard on the broker, and offers them. */
  function listen($button, text) {
    const $list = $('#kindred-appliance-found').empty().show().text(text('label.listening'));
    $button.prop('disabled', true);
    $.getJSON('kindred/appliances', { broker: field('broker').val() })
      .then(
        ({ appliances }) => {
          $list.empty();
          if (appliances.length === 0) $list.text(text('label.nothing'));
          for (const appliance of appliances) offer(appliance, $list);
        },
        ({ responseJSON }) => $list.text(text(`error.listen.${responseJSON?.code ?? 'no-answer'}`)),
      )
      .always(() => $button.prop('disabled', false));
  }

  function offer({ profile, title, settings }, $list) {
    $('<button type="button" class="red-ui-button red-ui-button-small">')
      .text(`${title} · ${profile}`)
      .on('click', () => {
        field('address').val(settings.address);
        // What was written there is another appliance's.
        for (const name of ['fullTopic', 'base', 'channel']) field(name).val(settings[name] ?? '');
        if (!field('name').val()) field('name').val(title);
        field('profile').val(profile).trigger('change');
        $list.hide();
      })
      .appendTo($list);
  }

  window.kindredAppliance = { open, paths, number };
})();
