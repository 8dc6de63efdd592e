const REPEAT_MS = 60_000;
/** So long nothing may fail before it counts as mended: on a disk that is nearly full, some things fit and others do not. */
const QUIET_MS = 5000;
/** Different problems remembered at most. */
const MOST = 100;

/**
 * Tells an operator what fails: each problem at once, then at most once a minute with how often it came back, and when
 * things go on again. A full disk under load would fill the log with the same line otherwise.
 */
export class Complaints {
  readonly #told = new Map<string, { at: number; again: number }>();
  #failures = 0;
  #failedAt = 0;

  /** @param tellEnd takes the line that says that things go on again */
  constructor(
    private readonly tell: (line: string) => void,
    private readonly tellEnd = tell,
    private readonly clock: () => number = () => performance.now(),
  ) {}

  failed(problem: string): void {
    this.#failures++;
    this.#failedAt = this.clock();
    const told = this.#told.get(problem);
    if (told && this.clock() - told.at < REPEAT_MS) {
      told.again++;
      return;
    }
    const again = told?.again ? ` (${told.again} more times since the last such line)` : '';
    this.tell(problem + again);
    if (this.#told.size >= MOST) this.#told.clear();
    this.#told.set(problem, { at: this.clock(), again: 0 });
  }

  /** Something was stored. */
  succeeded(): void {
    if (this.#failures === 0 || this.clock() - this.#failedAt < QUIET_MS) return;
    this.tellEnd(`It goes on: what came in is stored again (${this.#failures} requests had failed)`);
    this.#failures = 0;
    this.#told.clear();
  }
}
