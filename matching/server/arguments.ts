import { type ParseArgsConfig, parseArgs } from 'node:util';

type Options = NonNullable<ParseArgsConfig['options']>;

/**
 * The options that were given.
 * @param command what was called, for whoever mistyped one
 * @throws Error in words for an operator
 */
export function readArguments<T extends Options>(command: string, args: string[], options: T) {
  try {
    return parseArgs({ args, options, strict: true }).values;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const [, given = ''] = /'([^']*)'/.exec(message) ?? [];
    const what: Record<string, string> = {
      ERR_PARSE_ARGS_UNKNOWN_OPTION: `there is no option ${given}`,
      ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL: `"${given}" belongs to no option`,
    };
    throw new Error(`${what[code ?? ''] ?? message.split('\n')[0]}: ${command} --help shows what there is`);
  }
}
