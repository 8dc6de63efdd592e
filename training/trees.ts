/**
 * Extremely randomised trees (Geurts, Ernst, Wehenkel, Machine Learning 63:3, 2006): each tree splits at random
 * thresholds and takes the best of a few. Averaged they are smooth, and carry over to other people better than boosted
 * trees or a linear rule did here.
 */
import type { Forest } from '../activities/motion/forest.js';
import type { Random } from './random.js';

export interface Examples {
  /** One column a feature, as long as there are examples. */
  columns: Float64Array[];
  /** 1 for what is to be recognised, 0 for anything else. */
  targets: number[];
  weights: number[];
}

export interface Growth {
  trees: number;
  /** Most leaves of a tree. */
  leaves: number;
  /** Fewest examples in a leaf. */
  leafSize: number;
  /** How many features each split may choose from. */
  choices: number;
}

interface Split {
  feature: number;
  threshold: number;
  gain: number;
}

interface Open {
  node: number;
  members: number[];
  split: Split;
}

export function growForest(examples: Examples, growth: Growth, random: Random): Forest {
  return Array.from({ length: growth.trees }, () => growTree(examples, growth, random));
}

type Node = { percent: number } | { feature: number; threshold: number; low: number; high: number };

/** Grows the leaf whose split helps most, until there are enough leaves. */
function growTree(examples: Examples, growth: Growth, random: Random): number[] {
  const tree: Node[] = [];
  const open: Open[] = [];
  const add = (members: number[]): number => {
    const node = tree.push({ percent: leafOf(examples, members) }) - 1;
    const split = bestSplit(examples, members, growth, random);
    if (split) open.push({ node, members, split });
    return node;
  };
  add(examples.targets.map((_, i) => i));
  for (let leaves = 1; leaves < growth.leaves && open.length > 0; leaves++) {
    let best = 0;
    for (let i = 1; i < open.length; i++) if ((open[i] as Open).split.gain > (open[best] as Open).split.gain) best = i;
    const [{ node, members, split }] = open.splice(best, 1) as [Open];
    const column = examples.columns[split.feature] as Float64Array;
    const isLow = (i: number) => (column[i] as number) <= split.threshold;
    const low = add(members.filter(isLow));
    const high = add(members.filter((i) => !isLow(i)));
    tree[node] = { feature: split.feature, threshold: split.threshold, low, high };
  }
  const flat: number[] = [];
  flatten(tree, 0, flat);
  return flat;
}

/** Lays a tree out as activities/motion/forest.ts reads it. */
function flatten(tree: Node[], index: number, flat: number[]): void {
  const node = tree[index] as Node;
  if ('percent' in node) {
    flat.push(-1 - node.percent);
    return;
  }
  const start = flat.push(node.feature, node.threshold, 0) - 3;
  flatten(tree, node.low, flat);
  flat[start + 2] = flat.length;
  flatten(tree, node.high, flat);
}

/** The share of weight that is to be recognised, in percent. */
function leafOf({ targets, weights }: Examples, members: number[]): number {
  let all = 0;
  let wanted = 0;
  for (const i of members) {
    all += weights[i] as number;
    wanted += (weights[i] as number) * (targets[i] as number);
  }
  return Math.round((100 * wanted) / all);
}

function bestSplit(examples: Examples, members: number[], growth: Growth, random: Random): Split | undefined {
  if (members.length < 2 * growth.leafSize) return undefined;
  const features = examples.columns.map((_, i) => i);
  let best: Split | undefined;
  for (let tried = 0; tried < growth.choices && features.length > 0; ) {
    const [feature] = features.splice(random.index(features.length), 1) as [number];
    const split = randomSplit(examples, members, feature, growth.leafSize, random);
    if (split === 'constant') continue;
    tried++;
    if (split && split.gain > (best?.gain ?? 1e-9)) best = split;
  }
  return best;
}

/** A random threshold, rounded as the model file keeps it, and what it gains (fall of the Gini impurity by weight). */
function randomSplit(
  { columns, targets, weights }: Examples,
  members: number[],
  feature: number,
  leafSize: number,
  random: Random,
): Split | 'constant' | undefined {
  const column = columns[feature] as Float64Array;
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (const i of members) {
    const value = column[i] as number;
    if (value < least) least = value;
    if (value > most) most = value;
  }
  if (most - least < 0.002) return 'constant';
  const threshold = Math.round(random.between(least, most) * 1000) / 1000;
  let [low, lowWeight, lowWanted, allWeight, allWanted] = [0, 0, 0, 0, 0];
  for (const i of members) {
    const weight = weights[i] as number;
    const wanted = weight * (targets[i] as number);
    allWeight += weight;
    allWanted += wanted;
    if ((column[i] as number) > threshold) continue;
    low++;
    lowWeight += weight;
    lowWanted += wanted;
  }
  if (low < leafSize || members.length - low < leafSize) return undefined;
  const impurity = (weight: number, wanted: number) => (2 * wanted * (weight - wanted)) / weight;
  const gain =
    impurity(allWeight, allWanted) -
    impurity(lowWeight, lowWanted) -
    impurity(allWeight - lowWeight, allWanted - lowWanted);
  return { feature, threshold, gain };
}
