import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { PROFILES } from '../../appliances/index.js';
import { boundControl, describedForEditor } from '../../nodes/appliance-connect/settings.js';

interface Dialog {
  canHaveInterval(name: string, profile: object | undefined): boolean;
}

describe('the dialog of appliance-connect', () => {
  const window: { kindredAppliance?: Dialog } = {};
  const script = join(__dirname, '..', '..', '..', 'resources', 'appliance-dialog.js');
  runInNewContext(readFileSync(script, 'utf8'), { window });
  const dialog = window.kindredAppliance as Dialog;

  for (const profile of PROFILES.filter(({ controls }) => controls.collect)) {
    it(`saves no report that ${profile.name} refuses`, () => {
      const everySeconds = dialog.canHaveInterval(profile.name, describedForEditor(profile)) ? '10' : '';
      const control = boundControl({ control: 'collect', everySeconds });
      assert.ok(control);
      assert.ok(profile.open({ address: 'a', replyTo: 'k' }).command(control).length > 0);
      assert.equal(everySeconds !== '', profile.name === 'tasmota');
    });
  }

  it('saves what it is told by MQTT, and tells nothing where nothing reaches it', () => {
    for (const control of ['on', 'collect'] as const) {
      assert.ok(boundControl({ transport: 'mqtt', control }));
      for (const transport of ['wire', 'recording'] as const) {
        assert.equal(boundControl({ transport, control, everySeconds: '10' }), undefined);
      }
    }
  });

  it('asks for an interval where it is not known yet what the appliance is', () => {
    assert.equal(dialog.canHaveInterval('auto', undefined), true);
  });
});
