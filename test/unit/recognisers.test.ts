import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { APPLIANCE_KINDS, recognisersFor, USUAL_ACTIVITY } from '../../activities/index.js';
import { profileNamed } from '../../appliances/index.js';
import { main } from '../../scripts/recognise.js';
import { ACTIVITIES, isActivityName, type ParameterValues } from '../../vocabulary/index.js';
import { FIXTURES, reading } from '../support/readings.js';

type Kind = (typeof APPLIANCE_KINDS)[number];

/** Which recogniser takes an appliance that says this first. */
function chosen(kind: Kind, parameters: ParameterValues, activity = USUAL_ACTIVITY[kind]): string | undefined {
  const category = isActivityName(activity) ? ACTIVITIES[activity] : undefined;
  return recognisersFor('auto', kind, category).find((one) => one.accepts(reading(0, parameters)))?.name;
}

describe('the recogniser that fits', () => {
  for (const [what, kind, parameters, name] of [
    ['a plug', 'kettle', { power: 2100, state: 'on' }, 'power'],
    ['a plug that was switched', 'kettle', { state: 'off' }, undefined],
    ['a plug that writes its switch in capitals', 'kettle', { power: 0, state: 'OFF' }, 'power'],
    ['a plug of Home Connect', 'kettle', { state: 'BSH.Common.EnumType.PowerState.Off' }, undefined],
    ['a kettle that tells', 'kettle', { state: 'heating', temperature: 40 }, 'state'],
    ['a mug that tells its temperature only', 'cup', { temperature: 55 }, undefined],
    ['a mug', 'cup', { state: 'filling' }, 'state'],
    ['a motion tag', 'cup', { acceleration: { x: 0, y: 0, z: 9.8 } }, 'motion'],
    ['a coaster', 'cup', { weight: 380 }, 'weight'],
    ['a scale', 'any', { weight: 380 }, 'weight'],
    ['a treadmill', 'treadmill', { speed: 0, distance: 0 }, 'exercise'],
    ['a treadmill at a plug', 'treadmill', { power: 18 }, 'power'],
    ['a trainer', 'bike', { power: 180 }, 'exercise'],
    ['a chest strap', 'wearable', { heartRate: 70 }, 'exercise'],
    ['a watch at coffee', 'any', { heartRate: 70 }, undefined],
    ['a microphone', 'microphone', { soundLevel: -50 }, 'sound'],
    ['a loud kitchen', 'any', { soundLevel: 60 }, undefined],
  ] as const) {
    it(`of ${what} is ${name ?? 'none yet'}`, () => assert.equal(chosen(kind, parameters), name));
  }

  it('of a watch that also shakes is exercise on a run, and motion at coffee', () => {
    const both = { heartRate: 80, acceleration: { x: 0, y: 0, z: 9.8 } };
    assert.equal(chosen('wearable', both), 'exercise');
    assert.equal(chosen('any', both, 'coffee'), 'motion');
  });

  it('is known for every kind, and every usual activity of the new ones may be matched', () => {
    for (const kind of ['cup', 'scale', 'treadmill', 'bike', 'wearable', 'microphone'] as const) {
      assert.ok(isActivityName(USUAL_ACTIVITY[kind]), kind);
    }
    for (const kind of APPLIANCE_KINDS) assert.ok(recognisersFor('auto', kind).length >= 4);
  });
});

describe('sound as sensors publish it', () => {
  it('comes from Zigbee’s noise in dBA', () => {
    const dialect = profileNamed('zigbee2mqtt').open({ address: 'Stage' });
    const payload = '{"noise":48.5,"noise_detected":false,"co2":612,"temperature":21.4,"linkquality":96}';
    const heard = dialect.read({ topic: 'zigbee2mqtt/Stage', payload, retained: false });
    assert.deepEqual(heard?.parameters, { temperature: 21.4, soundLevel: 48.5 });
  });

  it('comes from ESPHome’s sound_level below full scale, as a bare number', () => {
    const topic = 'stage/sensor/average_loudness/state';
    const dialect = profileNamed('json').open({ address: topic, paths: [{ parameter: 'soundLevel', path: '' }] });
    assert.deepEqual(dialect.read({ topic, payload: '-42.31', retained: false })?.parameters, { soundLevel: -42.31 });
  });
});

describe('npm run recognise, for the other kinds', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'kindred-'));
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  const run = (...args: string[]) => {
    const out = join(dir, 'out.json');
    const code = main([...args, '--out', out]);
    return { code, recordings: JSON.parse(readFileSync(out, 'utf8')).recordings };
  };

  it('finds cups, a run and a song in recordings, packed or not', () => {
    const packed = join(dir, 'pot.csv.gz');
    writeFileSync(packed, gzipSync(readFileSync(join(FIXTURES, 'scale-spikes-and-cup.csv'))));
    const { code, recordings } = run(
      ...['--profile', 'scale', packed, '--profile', 'wearable', join(FIXTURES, 'run-whole.csv')],
      ...['--profile', 'microphone', join(FIXTURES, 'singing.csv')],
    );
    assert.equal(code, 0);
    assert.equal(recordings.pot[0].cups, 1);
    assert.equal(recordings['run-whole'][0].actions[0].action, 'rest');
    assert.equal(recordings.singing[0].actions[0].action, 'high-note');
    for (const [found] of Object.values<{ start_s: number; end_s: number; end_emitted_s: number }[]>(recordings)) {
      assert.ok(found && found.start_s < found.end_s && found.end_s < found.end_emitted_s);
    }
  });

  it('follows a recording of words', () => {
    const path = join(dir, 'mug.csv');
    writeFileSync(
      path,
      't_s,state,level_pct\n0,empty,0\n60,filling,50\n80,heating,100\n500,at target,80\n520,,80\n900,empty,0\n',
    );
    const [found] = run('--profile', 'cup', path).recordings.mug;
    assert.deepEqual([found.start_s, found.end_s, found.actions[0].action], [60, 900, 'sip']);
  });

  it('says what a recording lacks', () => {
    const path = join(dir, 'warm.csv');
    writeFileSync(path, 't_s,temperature_c\n0,20\n');
    assert.equal(run('--profile', 'scale', path).code, 1);
    assert.equal(run('--profile', 'scale', join(dir, 'missing.csv')).code, 1);
  });
});
