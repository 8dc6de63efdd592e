import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { leaveOut } from '../support/leave-out.js';
import { EndpointProcess } from './process-support.js';
import { Cleanup, temporaryFolder } from './support.js';

const PAGE = resolve(__dirname, '..', '..', '..', 'docs', 'api.md');
/** Where the test steps in: how the endpoint is started, and where it is. */
const START = /^npx .*$/m;
const ADDRESS = /^ENDPOINT=.*$/m;
const BETWEEN = '\n=== next ===\n';
/** A call that fails ends the script, but for a stream that is listened to for so long. */
const PRELUDE = `set -euo pipefail
curl() { command curl --silent --show-error --fail-with-body "$@" || { local code=$?; [[ $code = 28 && "$*" = *--max-time* ]]; }; }
`;

interface Step {
  commands: string;
  /** What the page says that they answer. */
  example?: { language: string; text: string };
}

/** The commands of the page in their order, each with the answer that follows it there. */
function stepsOf(page: string): Step[] {
  const steps: Step[] = [];
  for (const [, language = '', text = ''] of page.matchAll(/^```(\w+)\n(.*?)^```$/gms)) {
    if (language === 'sh') steps.push({ commands: text });
    else Object.assign(steps.at(-1) as Step, { example: { language, text } });
  }
  return steps;
}

/** Which properties there are and of what kind; of a list, those of what comes first in it. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, 1).map(shapeOf);
  if (value === null || typeof value !== 'object') return value === null ? 'null' : typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shapeOf(inner)]));
}

/** Answers stand one behind the other: the last one is the one that the page shows. */
function lastJsonIn(output: string): unknown {
  for (let at = output.indexOf('{'); at >= 0; at = output.indexOf('{', at + 1)) {
    try {
      return JSON.parse(output.slice(at));
    } catch {
      // Not the last one yet.
    }
  }
  return assert.fail(`there is no answer in: ${output}`);
}

describe('the page about the interface', () => {
  const cleanup = new Cleanup();
  afterEach(() => cleanup.run());

  it('has commands that do what it says, one after the other', async function () {
    for (const tool of ['curl', 'jq', 'bash']) {
      try {
        execFileSync(tool, ['--version'], { stdio: 'ignore' });
      } catch {
        leaveOut(this, `${tool} is not installed: the page uses it`);
      }
    }
    const steps = stepsOf(readFileSync(PAGE, 'utf8'));
    const folder = temporaryFolder(cleanup);
    const endpoint = await EndpointProcess.serve(cleanup, ['--store', `sqlite:${folder}/try.sqlite`]);
    assert.match(steps[0]?.commands ?? '', START);
    const script = steps.map(({ commands }) => commands).join(`\necho '${BETWEEN}'\n`);
    const { status, stdout, stderr } = spawnSync('bash', ['-s'], {
      input: PRELUDE + script.replace(START, '').replace(ADDRESS, `ENDPOINT=${endpoint.url}`),
      ...{ cwd: folder, encoding: 'utf8', timeout: 240_000 },
    });
    assert.equal(status, 0, `${stdout}\n${stderr}`);
    const outputs = stdout.split(BETWEEN);
    for (const [index, { commands, example }] of steps.entries()) {
      const output = outputs[index] ?? '';
      if (example?.language === 'json') {
        assert.deepEqual(shapeOf(lastJsonIn(output)), shapeOf(JSON.parse(example.text)), commands);
      } else if (example) {
        const [event = ''] = example.text.split('\n');
        assert.ok(output.includes(event), `${commands}: ${output}`);
      }
    }
    const { user, matches, friends } = JSON.parse(readFileSync(`${folder}/anna.json`, 'utf8'));
    assert.deepEqual([user.name, matches.length, friends[0].user.name], ['Anna', 1, 'Ben']);
    assert.match(await (await fetch(`${endpoint.url}/metrics`)).text(), /^kindred_users 0$/m);
  });
});
