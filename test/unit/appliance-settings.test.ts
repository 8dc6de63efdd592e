import assert from 'node:assert/strict';
import { PROFILES } from '../../appliances/index.js';
import type { ApplianceConnectConfig } from '../../nodes/appliance-connect/migrations.js';
import { boundControl, describedForEditor, recordingOf, settingsOf } from '../../nodes/appliance-connect/settings.js';

describe('what the node’s config says about an appliance', () => {
  const LEFT_OVER: ApplianceConnectConfig = {
    ...{ address: ' kettle ', base: 'home/zigbee', fullTopic: '%topic%/%prefix%/', channel: '2' },
    ...{ paths: [{ parameter: 'power', path: 'p' }], commandTopic: 'kettle/set' },
  };

  it('is the address alone where the profile is to be found out, and nothing by the wire: the dialog hides the rest', () => {
    for (const transport of ['mqtt', 'recording'] as const) {
      const file = { recording: '', file: '/kettle.jsonl' };
      assert.deepEqual(settingsOf({ ...LEFT_OVER, ...file, profile: 'auto', transport }), { address: 'kettle' });
    }
    assert.deepEqual(settingsOf({ ...LEFT_OVER, profile: 'auto', transport: 'wire' }), { address: '' });
  });

  it('takes a decimal comma for a point', () => {
    const words = (key: string) => key;
    assert.equal(recordingOf({ transport: 'recording', speed: ' 0,5 ' }, words).speed, 0.5);
    assert.deepEqual(boundControl({ control: 'collect', everySeconds: '12,5' }), {
      instruction: 'collect',
      everySeconds: 12.5,
    });
    const paths = [{ parameter: 'weight', path: 'w', factor: '0,1', offset: '-1,5' }];
    assert.deepEqual(settingsOf({ profile: 'json', paths }).paths, [
      { parameter: 'weight', path: 'w', factor: 0.1, offset: -1.5 },
    ]);
  });

  it('is all that was said where the profile is known', () => {
    assert.deepEqual(settingsOf({ ...LEFT_OVER, profile: 'tasmota', transport: 'wire' }), {
      ...{ address: 'kettle', base: 'home/zigbee', fullTopic: '%topic%/%prefix%/', channel: 2 },
      paths: [{ parameter: 'power', path: 'p', factor: undefined, offset: undefined }],
      command: { topic: 'kettle/set', on: 'ON', off: 'OFF' },
    });
  });

  for (const profile of PROFILES.filter(({ controls }) => controls.includes('collect'))) {
    it(`has no report that ${profile.name} refuses, with an interval where the editor is told that it takes one`, () => {
      const everySeconds = describedForEditor(profile).shortestInterval ?? '';
      const control = boundControl({ control: 'collect', everySeconds });
      assert.ok(control);
      assert.ok(profile.open({ address: 'a', replyTo: 'k' }).command(control).length > 0);
      assert.equal(everySeconds !== '', profile.name === 'tasmota');
    });
  }

  it('tells something by MQTT, and nothing where nothing reaches it', () => {
    for (const control of ['on', 'collect'] as const) {
      assert.ok(boundControl({ transport: 'mqtt', control }));
      for (const transport of ['wire', 'recording'] as const) {
        assert.equal(boundControl({ transport, control, everySeconds: '10' }), undefined);
      }
    }
  });
});
