/**
 * A number in a status with the decimal sign of the hub's language, which is `number.decimal` in a node's catalogue.
 * @param text the number as a program writes it, with a point
 */
export function withDecimalSign(text: string, translate: (key: string) => string): string {
  const sign = translate('number.decimal');
  // A key that has no words yet comes back as it is.
  return sign.length === 1 ? text.replace('.', sign) : text;
}
