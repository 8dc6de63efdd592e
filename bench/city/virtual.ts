/** What the fast clock shows at a real moment; both began together. All in epoch milliseconds. */
export function virtualAt(real: number, start: number, speed: number): number {
  return Math.floor(start + (real - start) * speed);
}

/** The real moment at which the fast clock shows this. */
export function realAt(virtual: number, start: number, speed: number): number {
  return start + (virtual - start) / speed;
}
