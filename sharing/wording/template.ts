/** A piece of a template: plain text, or a choice of which the first that is there counts. */
type Piece = string | { choices: Choice[] };
type Choice = { field: string } | { literal: string };

export type Template = Piece[];

/** Characters a template may have. */
const LONGEST = 2000;

/**
 * Reads `Time for {{drink|activity}} {{place|"somewhere"}}`: names in double braces, alternatives after a bar, fixed
 * text in quotes. Nothing is ever evaluated.
 * @param known the names that may be used
 * @throws Error that says what is wrong, where, and what to do
 */
export function compile(text: string, known: readonly string[]): Template {
  if (text.length > LONGEST) throw new Error(`the wording is ${text.length} characters long: use at most ${LONGEST}`);
  const pieces: Template = [];
  let from = 0;
  for (let open = text.indexOf('{{'); open >= 0; open = text.indexOf('{{', from)) {
    const close = text.indexOf('}}', open);
    const excerpt = text.slice(open, open + 20);
    const nested = text.indexOf('{{', open + 2);
    if (close < 0 || (nested >= 0 && nested < close)) {
      throw new Error(`the braces at character ${open + 1} are not closed: ${excerpt}… needs }}`);
    }
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
  const shown = part === '' ? 'empty braces are' : `{{${part.slice(0, 40)}}} is`;
  throw new Error(`${shown} no field: known are ${known.join(', ')}`);
}

/** The names a template uses. */
export function fieldsOf(template: Template): string[] {
  const fields = template.flatMap((piece) =>
    typeof piece === 'string' ? [] : piece.choices.flatMap((choice) => ('field' in choice ? [choice.field] : [])),
  );
  return [...new Set(fields)];
}

/** The text with its fields filled in. A field without a value leaves nothing behind, not even its blanks. */
export function render(template: Template, values: Readonly<Partial<Record<string, string>>>): string {
  const textOf = (choice: Choice) => ('literal' in choice ? choice.literal : (values[choice.field] ?? ''));
  const text = template
    .map((piece) =>
      typeof piece === 'string' ? piece : (piece.choices.map(textOf).find((value) => value !== '') ?? ''),
    )
    .join('');
  return text
    .replace(/[ \t]{2,}/g, ' ')
    .replace(/ +([,.!?:;，。！？])/g, '$1')
    .trim();
}
