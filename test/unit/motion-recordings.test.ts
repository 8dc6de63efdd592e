import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { motionRecogniser } from '../../activities/index.js';
import { detect } from '../../training/detect.js';
import { rotate } from '../../training/disturb.js';
import { Random } from '../../training/random.js';
import { type Recording, readRecordings } from '../../training/recordings.js';
import { addCounts, countEvents, countWindows, f1 } from '../../training/score.js';
import { retime } from '../../training/vary.js';
import { leaveOut } from '../support/leave-out.js';

/** Labelled recordings whose licences keep them out of the repository; they may lie beside it. */
const DATA = resolve(__dirname, '..', '..', '..', '..', 'shared', 'data');

/**
 * The model has learned from these recordings, so this is no measure of how good it is with somebody else (for that see
 * docs/recognition-motion.md): it shows that learning, model file and recogniser still fit together.
 */
describe('motion recogniser, on the recordings that it learned from', () => {
  let recordings: Recording[] = [];

  before(function () {
    if (!existsSync(join(DATA, 'gestures', 'labels.json')))
      leaveOut(this, 'the labelled recordings, not part of the repository, do not lie beside it');
    recordings = readRecordings(DATA);
  });

  it('finds drinking and stirring on the hand and on the forearm', () => {
    for (const recording of recordings.filter(({ type }) => type === 'continuous')) {
      const found = detect(motionRecogniser, recording.samples);
      for (const label of ['drink', 'stir']) {
        const score = f1(countEvents(recording, found, label));
        assert.ok(score >= 0.9, `${recording.id} ${label} ${score}`);
      }
    }
  });

  it('finds them however the sensor sits, and at half the rate', () => {
    const recording = recordings.find(({ type }) => type === 'continuous') as Recording;
    const others = [rotate(recording.samples, new Random(4)), retime(recording.samples, { time: 1, rate: 16 })];
    for (const samples of others) {
      const found = detect(motionRecogniser, samples);
      for (const label of ['drink', 'stir']) {
        const score = f1(countEvents(recording, found, label));
        assert.ok(score >= 0.85, `${label} ${score}`);
      }
    }
  });

  it('tells drinking from eating, writing and walking on the clips of four people', () => {
    const clips = recordings.filter(({ type }) => type === 'clip');
    const people = [...new Set(clips.map(({ person }) => person))].slice(0, 4);
    const counts = clips
      .filter(({ person }) => people.includes(person))
      .map((clip) => countWindows(clip, detect(motionRecogniser, clip.samples)));
    const score = f1(addCounts(counts));
    assert.ok(score >= 0.7, String(score));
  });
});
