/**
 * Keeps a map from growing: once it has more than so many entries, the twentieth that was put in first goes. One at a time
 * would be dear: whoever looks for the first entry of a map passes by all the gaps before it.
 * @param left is told what goes
 */
export function keepNewest<Key, Value>(
  map: Map<Key, Value>,
  most: number,
  left?: (key: Key, value: Value) => void,
): void {
  if (map.size <= most) return;
  let leaving = Math.max(1, Math.ceil(most / 20));
  for (const [key, value] of map) {
    if (leaving-- === 0) return;
    map.delete(key);
    left?.(key, value);
  }
}
