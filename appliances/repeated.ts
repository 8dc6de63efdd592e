const SHORTEST_MS = 1000;
const LONGEST_MS = 60_000;
/** So many different problems are told apart; whoever makes up new ones must not fill the memory. */
const MOST = 50;

/**
 * Which of the problems that come again and again are told: a device that sends nonsense ten times a second must not fill
 * the log within weeks. The first is told, then one after 1 s, 2 s, 4 s and so on up to a minute; when it was quiet for two
 * minutes, it begins anew. What differs only in numbers and quoted words is the same problem.
 */
export class Repeated {
  readonly #told = new Map<string, { at: number; pauseMs: number; heardAt: number }>();

  /** Whether this one is told. @param now epoch milliseconds */
  isDue(problem: string, now: number): boolean {
    const kind = problem.replace(/"[^"]*"|-?\d+(\.\d+)?/g, '');
    const last = this.#told.get(kind);
    const isFresh = !last || Math.abs(now - last.heardAt) > 2 * LONGEST_MS;
    if (last && !isFresh && Math.abs(now - last.at) < last.pauseMs) {
      last.heardAt = now;
      return false;
    }
    this.#told.delete(kind);
    const [oldest] = this.#told.keys();
    if (oldest !== undefined && this.#told.size >= MOST) this.#told.delete(oldest);
    const pauseMs = isFresh ? SHORTEST_MS : Math.min(LONGEST_MS, 2 * last.pauseMs);
    this.#told.set(kind, { at: now, pauseMs, heardAt: now });
    return true;
  }
}
