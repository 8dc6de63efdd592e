import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

export interface Options {
  port: number;
  /** How many times faster than life the recordings run. */
  speed: number;
  /** Absolute path of the directory that keeps everything. */
  data: string;
}

const MAX_SPEED = 1000;

/**
 * The options of `npm start`.
 * @throws Error in words for a person when one of them is wrong
 */
export function parseOptions(args: string[], root: string): Options {
  const { port, speed, data } = parse(args);
  return {
    port: inRange('--port', port, 1, 65535, Number.isInteger),
    speed: inRange('--speed', speed, 1, MAX_SPEED, Number.isFinite),
    data: resolve(root, data),
  };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        port: { type: 'string', default: '1880' },
        speed: { type: 'string', default: '10' },
        data: { type: 'string', default: '.kindred' },
      },
    }).values;
  } catch (error) {
    throw new Error(`${(error as Error).message.split('.')[0]}. "npm start -- --help" lists the options.`);
  }
}

function inRange(name: string, text: string, min: number, max: number, fits: (value: number) => boolean): number {
  const value = Number(text);
  if (text.trim() !== '' && fits(value) && value >= min && value <= max) return value;
  throw new Error(
    `${name} is "${text}": use a number from ${min} to ${max}, such as "npm start -- ${name} ${min * 10}".`,
  );
}
