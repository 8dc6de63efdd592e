import assert from 'node:assert/strict';
import type { Recogniser, RecogniserEvent } from '../../activities/index.js';
import type { Reading } from '../../vocabulary/index.js';
import { explained } from './explained.js';

/** The same value, which nobody can change any more. */
export function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(freeze);
  return value;
}

/**
 * Feeds a recogniser readings, with a tick 7 s after each, and checks the order in which it tells things: start, then
 * finish or discard; resume only after a finish; actions only within a run or after one. @returns what it told
 */
export function toldInOrder(recogniser: Recogniser<unknown>, readings: readonly Reading[]): RecogniserEvent[] {
  const order = new Order();
  const told: RecogniserEvent[] = [];
  let state = recogniser.initial();
  for (const reading of readings) {
    const step = recogniser.step(state, reading);
    const tick = recogniser.tick(step.state, Date.parse(reading.at) + 7000);
    for (const event of [...step.events, ...tick.events]) order.check(event);
    told.push(...step.events, ...tick.events);
    state = tick.state;
  }
  return told;
}

/**
 * Checks, reading by reading, that a recogniser goes on from its saved state as if nothing had happened, never touches
 * the old one, explains it, and needs no more than so many bytes.
 */
export function goesOnFromSaved(recogniser: Recogniser<unknown>, readings: readonly Reading[], most: number): void {
  let kept = recogniser.initial();
  let saved = recogniser.initial();
  for (const reading of readings) {
    const a = recogniser.step(kept, reading);
    const b = recogniser.step(freeze(saved), reading);
    assert.deepEqual(b.events, a.events);
    kept = a.state;
    const text = JSON.stringify(b.state);
    assert.ok(text.length < most, `${text.length} bytes`);
    saved = JSON.parse(text);
    assert.deepEqual(saved, kept);
    explained(recogniser, freeze(saved));
  }
}

class Order {
  #open = false;
  #over = false;

  check(event: RecogniserEvent): void {
    if ('confidence' in event) assert.ok(event.confidence > 0 && event.confidence <= 1);
    if (event.type === 'action') this.#checkAction(event);
    else this.#checkRun(event);
  }

  #checkAction({ action, startedAt, endedAt }: RecogniserEvent & { type: 'action' }): void {
    assert.ok(this.#open || this.#over, 'an action without a run');
    assert.ok(startedAt <= endedAt, `${action} ends before it begins`);
  }

  #checkRun({ type, at }: Exclude<RecogniserEvent, { type: 'action' }>): void {
    assert.ok(Number.isFinite(at));
    if (type === 'start') assert.ok(!this.#open, 'two starts');
    else if (type === 'resume') assert.ok(this.#over && !this.#open, 'resume without a finish');
    else assert.ok(this.#open, `${type} without a start`);
    this.#open = type === 'start' || type === 'resume';
    this.#over = type === 'finish';
  }
}
