import { type Activity, newId } from '../../vocabulary/index.js';

/** An activity that began a minute ago and goes on. */
export function anActivity(activity = 'coffee', more: Partial<Activity> = {}): Activity {
  return {
    id: newId(),
    revision: 1,
    activity,
    category: 'food-and-beverage',
    state: 'started',
    startedAt: new Date(Date.now() - 60_000).toISOString(),
    seconds: 60,
    appliance: { id: 'machine', name: 'Coffee machine', profile: 'tasmota' },
    parameters: {},
    actions: [],
    ...more,
  };
}
