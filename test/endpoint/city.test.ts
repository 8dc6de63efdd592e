import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { costAt, Day, type Due, legsOf } from '../../bench/city/day.js';
import { Histogram } from '../../bench/city/histogram.js';
import { Hours } from '../../bench/city/hours.js';
import type { Run } from '../../bench/city/report.js';
import { FastClock } from '../../bench/city/virtual.js';
import { leaveOut } from '../support/leave-out.js';
import { Cleanup, temporaryFolder } from './support.js';

const HOUR_MS = 3_600_000;

describe('the city that plays its day', () => {
  const cleanup = new Cleanup();
  afterEach(() => cleanup.run());

  it('does one thing after the other, ends what it began, and has its coffee in the morning', () => {
    const [begin, end] = [1_700_000_000_000, 1_700_000_000_000 + 24 * HOUR_MS];
    const day = new Day(1000, begin, 0);
    const counts = { start: 0, finish: 0, search: 0 };
    const startsOf = Array<number>(24).fill(0);
    let coffees = 0;
    let last = begin;
    for (let due = day.next(end); due; due = day.next(end)) {
      assert.ok(due.at >= last, 'it is told in the order of time');
      last = due.at;
      counts[due.kind]++;
      if (due.kind === 'finish') assert.equal(due.at, due.doing.ends);
      if (due.kind !== 'start') continue;
      if (due.doing.activity === 'coffee') coffees++;
      startsOf[Math.floor((due.at - begin) / HOUR_MS)] = (startsOf[Math.floor((due.at - begin) / HOUR_MS)] ?? 0) + 1;
    }
    const silent = counts.start - counts.finish - day.goesOn.length;
    assert.ok(Math.abs(silent / counts.start - 0.01) < 0.005, `${silent} never end, and are taken for over`);
    assert.ok(Math.abs(counts.start / 6000 - 1) < 0.1, `6 a user and day, and not ${counts.start / 1000}`);
    assert.ok(Math.abs(counts.search / 10_000 - 1) < 0.1);
    assert.ok(Math.abs(coffees / counts.start - 0.21) < 0.02, `${coffees / counts.start} is coffee`);
    assert.equal(startsOf.indexOf(Math.max(...startsOf)), 8);
  });

  it('counts times so that they can be read off to a few per cent', () => {
    const histogram = new Histogram();
    for (let ms = 1; ms <= 1000; ms++) histogram.add(ms);
    assert.ok(Math.abs(histogram.at(0.5) / 500 - 1) < 0.04);
    assert.ok(Math.abs(histogram.at(0.99) / 990 - 1) < 0.04);
    assert.equal(histogram.most, 1000);
    assert.ok(Number.isNaN(new Histogram().at(0.5)));
  });

  it('has a clock that can be handed to another process, and read back', () => {
    const clock = FastClock.parse(
      String(
        new FastClock(1000, 5000, [
          [60_000, 60],
          [1000, 1],
        ]),
      ),
    );
    assert.deepEqual([clock.at(5000), clock.at(6000), clock.realOf(61_000)], [1000, 61_000, 6000]);
    assert.deepEqual([clock.at(4000), clock.at(6500), clock.at(9000)], [0, 61_500, 64_000]);
    for (const real of [4000, 5500, 6500, 9000]) assert.equal(clock.realOf(clock.at(real)), real);
  });

  it('can have a clock by which the endpoint has as much work at any time of the day', () => {
    const [begin, realMs, from] = [1_700_000_000_000, 100_000, 5.5];
    const clock = new FastClock(begin, 0, legsOf(from, 24, realMs, true));
    assert.ok(Math.abs(clock.realOf(begin + 24 * HOUR_MS) - realMs) < 1);
    const day = new Day(5000, begin, from);
    const workIn = Array<number>(20).fill(0);
    for (let due = day.next(begin + 24 * HOUR_MS - 1); due; due = day.next(begin + 24 * HOUR_MS - 1)) {
      if (due.kind === 'finish') continue;
      const part = Math.floor(clock.realOf(due.at) / 5000);
      workIn[part] = (workIn[part] ?? 0) + costAt(from + (due.at - begin) / HOUR_MS);
    }
    const mean = workIn.reduce((sum, work) => sum + work) / workIn.length;
    assert.ok(
      workIn.every((work) => Math.abs(work / mean - 1) < 0.1),
      String(workIn),
    );
    assert.ok(costAt(8) / costAt(0) > 1.8, 'in the morning a request costs about twice as much');
  });

  it('tells hour by hour what was answered, from the one in which it begins', () => {
    const [begin, usage] = [1_700_000_000_000, { endpoint: 0, generator: 0, machine: 0, memory: 1, disk: 1 }];
    const hours = new Hours(begin, 23.5, () => ({ ...usage }));
    const answered = (at: number, isGood: boolean) => {
      hours.answered({ at: begin + at * HOUR_MS, kind: 'search' } as Due, 5, isGood);
    };
    for (const at of [0.1, 0.6, 1.4]) {
      hours.pass(begin + at * HOUR_MS, 10 * at);
      answered(at, true);
    }
    answered(0.2, false);
    hours.end();
    assert.deepEqual(
      hours.figures().map(({ hour, failed, mostGoingOn }) => [hour, failed, mostGoingOn]),
      [
        [23, 1, 6],
        [0, 0, 14],
      ],
    );
  });

  it('plays some minutes against a real endpoint, and loses nothing', async function () {
    if (process.platform !== 'linux') leaveOut(this, 'memory and processor time are read from /proc, which is Linux’s');
    const json = join(temporaryFolder(cleanup), 'city.json');
    const main = resolve(__dirname, '..', '..', 'bench', 'city', 'main.js');
    const played = ['--from', '7.75', '--hours', '0.5', '--minutes', '0.1'];
    const args = ['--users', '500', ...played, '--streams', '20', '--json', json];
    const { stdout } = await promisify(execFile)(process.execPath, [main, ...args]);
    assert.match(stdout, /publish, on disk before the answer \| .* a second; p50/);
    const { figures, stored } = JSON.parse(readFileSync(json, 'utf8')) as Run;
    assert.deepEqual(
      Object.keys(figures.errors).filter((kind) => !kind.endsWith(': not sent before the end')),
      [],
    );
    assert.ok(figures.acknowledged > 20 && figures.acknowledged === stored);
    assert.ok(figures.publishes.count > 0 && figures.searches.count > 0);
    assert.match(stdout, /\| 8:00 \| .* s \|/);
    assert.deepEqual(
      figures.hours.map(({ hour }) => hour),
      [7, 8],
    );
    const sum = (counts: number[]) => counts.reduce((one, other) => one + other, 0);
    assert.equal(sum(figures.hours.map(({ failed }) => failed)), sum(Object.values(figures.errors)));
    assert.ok(figures.hours.every(({ perSecond, cores }) => perSecond > 0 && cores.endpoint > 0));
  });
});
