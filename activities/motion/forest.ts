/** Decision trees as plain numbers, and how to ask them. */

/**
 * A tree, its nodes one after the other. A split is three numbers, feature, threshold and the index of the branch for
 * what is above the threshold; the branch for the rest follows at once. A leaf is one negative number, −1 − percent.
 */
type Tree = readonly number[];
export type Forest = readonly Tree[];

/** Reads trees as the model keeps them: a line of numbers each. */
export function readForest(lines: readonly string[]): Forest {
  return lines.map((line) => line.split(' ').map(Number));
}

export function writeForest(forest: Forest): string[] {
  return forest.map((tree) => tree.join(' '));
}

/** Mean of the trees' answers, 0 to 1. */
export function askForest(forest: Forest, features: readonly number[]): number {
  let percent = 0;
  for (const tree of forest) {
    let node = 0;
    while ((tree[node] as number) >= 0) {
      const value = features[tree[node] as number] as number;
      node = value <= (tree[node + 1] as number) ? node + 3 : (tree[node + 2] as number);
    }
    percent -= 1 + (tree[node] as number);
  }
  return forest.length > 0 ? percent / (100 * forest.length) : 0;
}

/** Chance → logarithm of the odds, and back. */
export function logOdds(chance: number): number {
  return Math.log(chance / (1 - chance));
}

export function chanceOf(odds: number): number {
  return 1 / (1 + Math.exp(-odds));
}
