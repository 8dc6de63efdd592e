/** A piece of a template: plain text, or a choice of which the first that is there counts. */
type Piece = string | { choices: Choice[] };
type Choice = { field: string } | { literal: string };

export type Template = Piece[];

/** A wording that cannot be used: a key of the locales, and the values in its text. */
export class WordingProblem extends Error {
  constructor(
    readonly key: 'long' | 'braces' | 'field' | 'empty',
    readonly values: Record<string, string> = {},
  ) {
    super(`the wording cannot be used: ${key}`);
  }
}

/** Characters a template may have. */
const LONGEST = 2000;

/**
 * Reads `Time for {{drink|activity}} {{place|"somewhere"}}`: names in double braces, alternatives after a bar, fixed
 * text in quotes. Nothing is ever evaluated.
 * @param known the names that may be used
 * @throws WordingProblem
 */
export function compile(text: string, known: readonly string[]): Template {
  if (text.length > LONGEST) throw new WordingProblem('long');
  const pieces: Template = [];
  let from = 0;
  for (let open = text.indexOf('{{'); open >= 0; open = text.indexOf('{{', from)) {
    const close = text.indexOf('}}', open);
    const nested = text.indexOf('{{', open + 2);
    if (close < 0 || (nested >= 0 && nested < close)) throw new WordingProblem('braces');
    if (open > from) pieces.push(text.slice(from, open));
    pieces.push({
      choices: text
        .slice(open + 2, close)
        .split('|')
        .map((part) => choiceOf(part.trim(), known)),
    });
    from = close + 2;
  }
  if (from < text.length) pieces.push(text.slice(from));
  return pieces;
}

function choiceOf(part: string, known: readonly string[]): Choice {
  const literal = /^"(.*)"$/s.exec(part)?.[1];
  if (literal !== undefined) return { literal };
  if (known.includes(part)) return { field: part };
  throw new WordingProblem('field', { name: part.slice(0, 40) });
}

/** The names a template uses. */
export function fieldsOf(template: Template): string[] {
  const fields = template.flatMap((piece) =>
    typeof piece === 'string' ? [] : piece.choices.flatMap((choice) => ('field' in choice ? [choice.field] : [])),
  );
  return [...new Set(fields)];
}

/** What stands before a field without a value needs no blank to what comes after it, when that begins so. */
const NEEDS_NO_BLANK = /^[\s,.!?:;，。！？]/;

/** The text with its fields filled in. A field without a value leaves nothing behind, not even its blanks. */
export function render(template: Template, values: Readonly<Partial<Record<string, string>>>): string {
  const textOf = (choice: Choice) => ('literal' in choice ? choice.literal : (values[choice.field] ?? ''));
  let text = '';
  let isAfterGap = false;
  for (const piece of template) {
    const next = typeof piece === 'string' ? piece : (piece.choices.map(textOf).find((value) => value !== '') ?? '');
    // All other blanks are as their owner wrote them.
    if (isAfterGap && NEEDS_NO_BLANK.test(next)) text = text.replace(/[ \t]+$/, '');
    text += next;
    isAfterGap = next === '';
  }
  return text.trim();
}
