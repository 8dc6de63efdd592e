import type { ParameterValues } from '../../vocabulary/index.js';
import { at, type Run, T0, tick } from './tracker.js';

/** What an appliance says at each second until then. */
export type Part = readonly [until: number, values: (second: number) => ParameterValues];

/** How a plug reports: every so many seconds, or on change and every 5 min. */
export type Reports = number | 'on change';

export const watts = (power: number) => () => ({ power });

/** A tracker hears one part after the other, with ticks in between. @param from second from which on */
export function hears(parts: readonly Part[], run: Run, from = 0, reports: Reports = 10): Run {
  let said = { at: Number.NEGATIVE_INFINITY, text: '' };
  let s = from;
  for (const [until, values] of parts) {
    for (; s < until; s += reports === 'on change' ? 5 : reports) {
      const now = values(s);
      const text = JSON.stringify(now);
      if (reports !== 'on change' || text !== said.text || s - said.at >= 300) {
        run.feed(at(s, now));
        said = { at: s, text };
      }
      const next = s + (reports === 'on change' ? 5 : reports);
      for (let t = s + 3; t < next; t += 5) run.feed(tick(t));
    }
  }
  return run;
}

/** Seconds of each activity that was told and not taken back: its start, and its end where it is over. */
export function spans({ activities }: Run): (number | undefined)[][] {
  const last = new Map(activities.map((one) => [one.id, one]));
  const seconds = (time: string | undefined) => time && (Date.parse(time) - T0) / 1000;
  return [...last.values()].flatMap(({ state, startedAt, endedAt }) =>
    state === 'discarded' ? [] : [[seconds(startedAt), seconds(endedAt)] as (number | undefined)[]],
  );
}
