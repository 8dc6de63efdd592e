/** Requests that the fuzzer sends in .ci/run, where every long test does all that it can. */
export const FULL_FUZZ = 50_000;
/** Requests that the fuzzer sends in this run: a few thousand, unless the environment says how many. */
export const FUZZ = Number(process.env.KINDRED_FUZZ ?? 4000);

/** How much a long test does, and what its title says when that is not all. */
export function effort(full: number, otherwise: number): { count: number; note: string } {
  if (FUZZ >= FULL_FUZZ) return { count: full, note: '' };
  return { count: otherwise, note: ` (KINDRED_FUZZ=${FULL_FUZZ}, as in .ci/run: ${full})` };
}
