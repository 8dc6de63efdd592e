/**
 * Keeps a map from growing: once it has more than so many entries, the twentieth that was put in first goes. One at a time
 * would be dear: whoever looks for the first entry of a map passes by all the gaps before it.
 */
export function keepNewest(map: Map<unknown, unknown>, most: number): void {
  if (map.size <= most) return;
  let leaving = Math.max(1, Math.ceil(most / 20));
  for (const key of map.keys()) {
    if (leaving-- === 0) return;
    map.delete(key);
  }
}
