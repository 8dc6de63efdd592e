// The options of `npm start`. Plain JavaScript that Node 20 understands, because a wrong one is to be noticed before
// anything is installed or built.
import { accessSync, constants, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';

const DEFAULTS = { port: '1880', speed: '10', data: '.kindred' };
const MAX_SPEED = 1000;

export const HELP = `npm start [-- OPTIONS]

Starts Node-RED with the household and the matching endpoint, an MQTT broker, a player of recorded
real readings and a second, recorded household. Everything listens on 127.0.0.1 only.

  --port N     port of the editor, the dashboard and the endpoint   (${DEFAULTS.port})
  --speed N    how many times faster than life the recordings run    (${DEFAULTS.speed})
  --data DIR   where flows, accounts and activities are kept; made, in a
               folder that is there, if it is missing                 (${DEFAULTS.data})
  --help       this text

Ctrl-C ends it; the next start goes on with the same data. Started again within minutes, it plays the
first recordings more slowly than --speed, so that no reading is dated before an earlier one.`;

/**
 * @param {string[]} args
 * @param {string} root what a relative --data begins at
 * @returns {{ port: number, speed: number, data: string, commandBesidesPort: string }} data is an absolute path; the command
 *   has the other options as they were given, for advice to take another port
 * @throws {Error} in words for a person when one of them is wrong, or nothing can be kept in the folder
 */
export function parseOptions(args, root) {
  const given = parse(args);
  const path = resolve(root, given.data);
  checkFolder(path, given);
  return {
    port: inRange('port', given, { min: 1, max: 65535, fits: Number.isInteger, example: 1881 }),
    speed: inRange('speed', given, { min: 1, max: MAX_SPEED, fits: Number.isFinite, example: 30 }),
    data: path,
    commandBesidesPort: commandWithout('port', given),
  };
}

/** It is there, or can be made in one that is there: whoever mistypes a path is to notice, and no more is made of it. */
function checkFolder(path, given) {
  try {
    const isThere = statSync(path, { throwIfNoEntry: false }) !== undefined;
    const folder = isThere ? path : dirname(path);
    if (!statSync(folder).isDirectory()) throw Object.assign(new Error(), { code: 'ENOTDIR' });
    accessSync(folder, constants.W_OK);
  } catch (error) {
    const reason = error.code === 'ENOENT' ? `there is no folder ${dirname(path)}` : error.code;
    const advice = `${commandWithout('data', given)} --data ${DEFAULTS.data}`;
    throw new Error(`${path} cannot be used as a folder (${reason}). Choose another: ${advice}`);
  }
}

/** `npm start` with what was given but one option, to be followed by a better value of that one. */
function commandWithout(option, given) {
  const others = Object.entries(given).filter(([name, value]) => name !== option && value !== DEFAULTS[name]);
  const quoted = (value) => (/^[\w./:-]+$/.test(value) ? value : JSON.stringify(value));
  return ['npm start --', ...others.map(([name, value]) => `--${name} ${quoted(value)}`)].join(' ');
}

function parse(args) {
  const options = Object.entries(DEFAULTS).map(([name, value]) => [name, { type: 'string', default: value }]);
  try {
    return parseArgs({ args, options: Object.fromEntries(options) }).values;
  } catch (error) {
    throw new Error(`${error.message.split('.')[0]}. "npm start -- --help" lists the options.`);
  }
}

function inRange(name, given, { min, max, fits, example }) {
  const text = given[name];
  const value = Number(text);
  if (text.trim() !== '' && fits(value) && value >= min && value <= max) return value;
  const advice = `${commandWithout(name, given)} --${name} ${example}`;
  throw new Error(`--${name} is "${text}": use a number from ${min} to ${max}, such as "${advice}".`);
}
