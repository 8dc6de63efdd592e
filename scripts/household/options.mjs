// The options of `npm start`. Plain JavaScript that Node 20 understands, because a wrong one is to be noticed before
// anything is installed or built.
import { accessSync, constants, mkdirSync, statSync } from 'node:fs';
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
 * @returns {{ port: number, speed: number, data: string }} data is an absolute path
 * @throws {Error} in words for a person when one of them is wrong
 */
export function parseOptions(args, root) {
  const { port, speed, data } = parse(args);
  return {
    port: inRange('--port', port, { min: 1, max: 65535, fits: Number.isInteger, example: 1881 }),
    speed: inRange('--speed', speed, { min: 1, max: MAX_SPEED, fits: Number.isFinite, example: 30 }),
    data: resolve(root, data),
  };
}

/**
 * Makes a folder unless it is there, in one that is there: whoever mistypes a path is to notice, and no more is made of it.
 * @returns {boolean} whether it was made
 * @throws {Error} in words for a person when nothing can be kept there
 */
export function makeFolder(path) {
  try {
    const isNew = !statSync(path, { throwIfNoEntry: false })?.isDirectory();
    if (isNew) mkdirSync(path);
    accessSync(path, constants.W_OK);
    return isNew;
  } catch (error) {
    const reason = error.code === 'ENOENT' ? `there is no folder ${dirname(path)}` : error.code;
    throw new Error(`${path} cannot be used as a folder (${reason}). Choose another: npm start -- --data .kindred`);
  }
}

function parse(args) {
  const options = Object.entries(DEFAULTS).map(([name, value]) => [name, { type: 'string', default: value }]);
  try {
    return parseArgs({ args, options: Object.fromEntries(options) }).values;
  } catch (error) {
    throw new Error(`${error.message.split('.')[0]}. "npm start -- --help" lists the options.`);
  }
}

function inRange(name, text, { min, max, fits, example }) {
  const value = Number(text);
  if (text.trim() !== '' && fits(value) && value >= min && value <= max) return value;
  throw new Error(
    `${name} is "${text}": use a number from ${min} to ${max}, such as "npm start -- ${name} ${example}".`,
  );
}
