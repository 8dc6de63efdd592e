// Draws what was measured of an appliance and what was recognised in it, for the dialog of collect-parameters.
// No library: a few paths in an SVG that takes its colours from the editor's theme.
(() => {
  const SVG = 'http://www.w3.org/2000/svg';
  const LEFT = 46;
  const RIGHT = 10;
  const PANEL = 120;
  const GAP = 14;
  const STRIP = 18;
  const AXIS = 22;
  /** A value holds this long (ms) without another one; longer gaps stay empty. */
  const HOLD_MS = 300000;
  const MINUTE = 60000;
  const AXES = { x: 'var(--kindred-line)', y: 'var(--kindred-line-2)', z: 'var(--kindred-line-3)' };

  /** An SVG element with attributes; what is in it may be text or elements. */
  function make(name, attributes, ...children) {
    const element = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...children);
    return element;
  }

  /** Round steps for an axis, so that about so many lines fit between two values. */
  function ticks(low, high, count) {
    const rough = (high - low) / count;
    const magnitude = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((factor) => factor * magnitude).find((one) => one >= rough);
    const first = Math.ceil(low / step) * step;
    return Array.from({ length: Math.floor((high - first) / step + 1e-9) + 1 }, (_, index) => first + index * step);
  }

  const TIME_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400].map((step) => step * 1000);

  function timeTicks(from, to, count) {
    const step = TIME_STEPS.find((one) => (to - from) / one <= count) || 28800000;
    const zone = new Date(from).getTimezoneOffset() * 60000;
    const first = Math.ceil((from - zone) / step) * step + zone;
    const times = [];
    for (let time = first; time <= to; time += step) times.push(time);
    return { times, withSeconds: step < 60000 };
  }

  function clock(time, withSeconds) {
    return new Date(time).toLocaleTimeString(RED.i18n.lang() || undefined, {
      hourCycle: 'h23',
      hour: '2-digit',
      minute: '2-digit',
      ...(withSeconds ? { second: '2-digit' } : {}),
    });
  }

  /** The path of one line: each span as high as its values reach, held until the next one comes. */
  function pathOf(spans, x, y, isDense) {
    let path = '';
    let before;
    for (const [from, to, low, high] of spans) {
      const isApart = !before || from - before[1] > HOLD_MS;
      const [left, right] = [x(from).toFixed(1), x(to).toFixed(1)];
      if (isApart) path += `M${left} ${y(low).toFixed(1)}`;
      else path += isDense ? `L${left} ${y(low).toFixed(1)}` : `H${left}V${y(low).toFixed(1)}`;
      path += `V${y(high).toFixed(1)}H${right}`;
      before = [from, to];
    }
    return path;
  }

  /** The lowest and highest value with some air around, above for the title, and never a flat line. */
  function reach(lines) {
    let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const [, , least, most] of lines.flatMap(({ spans }) => spans)) {
      low = Math.min(low, least);
      high = Math.max(high, most);
    }
    if (low > 0 && low < high / 2) low = 0;
    const height = high - low || Math.abs(high) || 1;
    return [low === 0 ? 0 : low - 0.08 * height, high + 0.2 * height];
  }

  /** What is seen between two moments, with the one before, which holds, and the one after, up to which the last one holds. */
  function within(spans, from, to) {
    const after = spans.findIndex((span) => span[0] > to);
    return spans.slice(0, after < 0 ? spans.length : after + 1).filter((span) => span[1] >= from - HOLD_MS);
  }

  /** Whether there is anything of a line between two moments: a value, or one that held on through all of it. */
  function isSeen({ spans }, from, to) {
    return spans.some(([begins, ends], index) => {
      const next = spans[index + 1]?.[0];
      const until = next !== undefined && next - ends <= HOLD_MS ? next : ends;
      return begins <= to && until >= from;
    });
  }

  function panelOf(parameter, lines, { x, top, width, from, to, levels, edges, words, clip }) {
    const shown = lines.map((line) => ({ ...line, spans: within(line.spans, from, to) }));
    const group = make('g', { class: 'panel' });
    if (shown.every(({ spans }) => spans.length === 0)) return group;
    const [low, high] = reach(shown);
    const y = (value) => top + PANEL - ((Math.max(low, Math.min(high, value)) - low) / (high - low)) * PANEL;
    for (const value of ticks(low, high, 3)) {
      group.append(
        make('line', { class: 'grid', x1: LEFT, x2: width - RIGHT, y1: y(value), y2: y(value) }),
        make('text', { class: 'axis', x: LEFT - 6, y: y(value) + 4, 'text-anchor': 'end' }, words.number(value)),
      );
    }
    const labels = [make('text', { class: 'title', x: LEFT + 4, y: top + 12 }, words.parameter(parameter))];
    const seen = levels.filter((level) => level.parameter === parameter && level.value >= low && level.value <= high);
    const end = clearOf(edges, width - RIGHT - 2, Math.max(0, ...seen.map(({ text }) => widthOf(text))));
    for (const { value, text } of seen) {
      group.append(make('line', { class: 'level', x1: LEFT, x2: width - RIGHT, y1: y(value), y2: y(value) }));
      labels.push(make('text', { class: 'level', x: end, y: y(value) - 5, 'text-anchor': 'end' }, text));
    }
    for (const { spans, axis } of shown) {
      const stroke = AXES[axis || 'x'];
      group.append(
        make('path', {
          class: 'line',
          d: pathOf(spans, x, y, axis !== undefined),
          style: `stroke:${stroke}`,
          'clip-path': `url(#${clip})`,
        }),
      );
    }
    group.append(...labels);
    return group;
  }

  /** Where labels that wide end so that no run's edge goes through them: as far right as can be. */
  function clearOf(edges, right, width) {
    const end = edges.reduce((free, edge) => (edge > free - width - 6 && edge < free ? edge - 6 : free), right);
    return end - width < LEFT ? right : end;
  }

  function runsOf(runs, { x, top, bottom, from, to, words }) {
    const group = make('g', {});
    const shown = runs.filter(({ startedAt, endedAt }) => endedAt >= from && startedAt <= to);
    const labels = runLabels(shown, { x, top, to, words });
    for (const run of shown) {
      const [left, right] = [Math.max(x(run.startedAt), LEFT), x(Math.min(run.endedAt, to))];
      const end = run.state === 'finished' || run.state === 'discarded';
      const band = make(
        'g',
        { class: `run ${run.state}` },
        make('rect', { x: left, y: top, width: Math.max(1, right - left), height: bottom - top }),
        make('line', { x1: left, x2: left, y1: top, y2: bottom }),
        ...(labels.get(run) ?? []),
        make('title', {}, words.runTitle(run)),
      );
      if (end) band.append(make('line', { x1: right, x2: right, y1: top, y2: bottom }));
      group.append(band);
    }
    return group;
  }

  /** Above each run what it was. The newest has its label in any case; one that would run into a later one is left to the tooltip. */
  function runLabels(runs, { x, top, to, words }) {
    const labels = new Map();
    let free = x(to);
    for (const run of [...runs].reverse()) {
      const [text, left] = [words.run(run), Math.max(x(run.startedAt), LEFT) + 3];
      const width = widthOf(text);
      const fits = left + width <= free;
      if (!fits && labels.size > 0) continue;
      const place = fits ? { x: left } : { x: free, 'text-anchor': 'end' };
      labels.set(run, [make('text', { ...place, y: top - 4 }, text)]);
      free = (fits ? left : free - width) - 6;
    }
    return labels;
  }

  /** About as wide as a text is (px). */
  function widthOf(text) {
    return [...text].reduce((width, letter) => width + (letter > '\u2e80' ? 11 : 6), 0);
  }

  /** What was looked at, actions and words of the appliance, as labelled pieces of a strip; a label that has no room is left to the tooltip. */
  function stripOf(pieces, { x, top, from, to, kind }) {
    const group = make('g', { class: `strip ${kind}` });
    let free = LEFT;
    for (const { startedAt, endedAt, text, title } of pieces) {
      if (endedAt < from || startedAt > to) continue;
      const left = Math.max(LEFT, x(startedAt));
      const piece = make(
        'g',
        {},
        make('rect', {
          x: left,
          y: top,
          width: Math.max(2, x(Math.min(endedAt, to)) - left),
          height: STRIP - 5,
          rx: 2,
        }),
        make('title', {}, title),
      );
      if (left >= free) {
        piece.append(make('text', { x: left + 3, y: top + 10 }, text));
        free = left + 6 + widthOf(text);
      }
      group.append(piece);
    }
    return group;
  }

  function axisOf({ x, y, from, to, width }) {
    const { times, withSeconds } = timeTicks(from, to, width / (to - from < 600000 ? 90 : 70));
    const group = make('g', { class: 'axis' }, make('line', { x1: LEFT, x2: width - RIGHT, y1: y, y2: y }));
    for (const time of times) {
      group.append(
        make('line', { x1: x(time), x2: x(time), y1: y, y2: y + 4 }),
        make(
          'text',
          { x: Math.min(x(time), width - (withSeconds ? 34 : 22)), y: y + 16, 'text-anchor': 'middle' },
          clock(time, withSeconds),
        ),
      );
    }
    return group;
  }

  /** The strips that have something in them between two moments: what was looked at, actions, words of the appliance. */
  function stripsOf(view, { from, to, words }) {
    const actions = view.actions.map((one) => ({ ...one, text: words.action(one), title: words.actionTitle(one) }));
    const states = view.words.map(({ at, state }, index) => {
      return { startedAt: at, endedAt: view.words[index + 1]?.at ?? to, text: state, title: state };
    });
    const strips = [
      [view.sights || [], 'sights'],
      [actions, 'actions'],
      [states, 'states'],
    ];
    return strips.filter(([pieces]) => pieces.some(({ startedAt, endedAt }) => endedAt >= from && startedAt <= to));
  }

  /**
   * Draws a view of one appliance.
   * @param view lines, words, runs and actions as the node gives them, and levels and sights in words; times are epoch
   *   milliseconds
   * @param options { from, to: what to show; width in pixels; words: number, parameter, run, runTitle, action, label }
   * @returns the SVG element, and `timeAt(x)`: which moment is at an x within it
   */
  function draw(view, { from, to, width, words }) {
    const x = (time) => LEFT + ((time - from) / (to - from)) * (width - LEFT - RIGHT);
    const all = [...new Set(view.lines.map(({ parameter }) => parameter))];
    const seen = all.filter((name) => view.lines.some((line) => line.parameter === name && isSeen(line, from, to)));
    // What was not measured then has no place in the picture, unless it were empty.
    const parameters = seen.length > 0 ? seen : all.slice(0, 1);
    const top = 18;
    const bottom = top + parameters.length * (PANEL + GAP) - GAP;
    const strips = stripsOf(view, { from, to, words });
    const axisAt = bottom + 6 + strips.length * STRIP;
    const height = axisAt + AXIS;
    const svg = make('svg', {
      class: 'kindred-picture',
      role: 'img',
      'aria-label': words.label,
      viewBox: `0 0 ${width} ${height}`,
      width,
      height,
    });
    const clip = `kindred-picture-clip-${width}`;
    const inside = { x: LEFT, y: 0, width: width - LEFT - RIGHT, height };
    svg.append(make('defs', {}, make('clipPath', { id: clip }, make('rect', inside))));
    svg.append(runsOf(view.runs, { x, top, bottom: axisAt, from, to, words }));
    const edges = view.runs.flatMap(({ startedAt, endedAt }) => [x(startedAt), x(endedAt)]).sort((a, b) => b - a);
    const common = { x, width, from, to, levels: view.levels || [], edges, words, clip };
    for (const [index, parameter] of parameters.entries()) {
      const lines = view.lines.filter((line) => line.parameter === parameter);
      svg.append(panelOf(parameter, lines, { ...common, top: top + index * (PANEL + GAP) }));
    }
    for (const [index, [pieces, kind]] of strips.entries()) {
      svg.append(stripOf(pieces, { x, top: bottom + 6 + index * STRIP, from, to, kind }));
    }
    svg.append(axisOf({ x, y: axisAt, from, to, width }));
    const timeAt = (pixel) => from + ((pixel - LEFT) / (width - LEFT - RIGHT)) * (to - from);
    return { svg, timeAt, x };
  }

  /** What to show: the run that can be corrected, else the last, with what is around it, or everything that is remembered. */
  function frameOf(view, everything, now) {
    const { lines, words, runs, correctable } = view;
    // An appliance may only speak words; the last one is to be seen, too.
    const seen = [
      ...lines.map(({ spans }) => spans).filter(({ length }) => length > 0),
      ...words.map(({ at }) => [[at, Math.min(at + MINUTE, Math.max(at, now))]]),
      ...runs.map(({ startedAt, endedAt }) => [[startedAt, endedAt]]),
    ];
    const first = Math.min(now, ...seen.map(([[from]]) => from));
    const last = Math.max(first + MINUTE, ...seen.map((spans) => spans[spans.length - 1][1]));
    const run = runs.find(({ id }) => id === correctable) || runs[runs.length - 1];
    if (everything || !run) return { from: first, to: last };
    const margin = Math.max(MINUTE, (run.endedAt - run.startedAt) * 0.25);
    const isOver = run.state === 'finished' || run.state === 'discarded';
    return { from: run.startedAt - margin, to: isOver ? run.endedAt + margin : last };
  }

  /** Whether more is remembered than the last run and what is around it. */
  function hasMore(view, now) {
    const [last, all] = [false, true].map((everything) => frameOf(view, everything, now));
    return all.from < last.from || all.to > last.to;
  }

  /** What can be missed in acceleration. */
  const actions = ['raise-cup', 'sip', 'put-down', 'stir', 'pour'];

  window.kindredPicture = { draw, frameOf, hasMore, clock, actions, holdMs: HOLD_MS };
})();
