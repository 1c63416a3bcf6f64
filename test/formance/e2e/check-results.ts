/** Collects and prints the results of the checks of `npm run e2e:formance`. */

export class CheckResults {
  failed = 0;
  passed = 0;
  skipped = 0;

  constructor(
    private readonly print: (line: string) => void,
    private readonly now: () => number = Date.now,
  ) {
    this.startedAt = now();
  }

  private readonly startedAt: number;

  /** Prints a line that is not the result of a check, e.g. a figure or the present step. */
  note(text: string): void {
    const seconds = String(Math.round((this.now() - this.startedAt) / 1000)).padStart(5);
    this.print(`${seconds} s  ${text}`);
  }

  /**
   * Adds and prints the result of a check.
   * @param problems a message for each problem; empty if the check passed
   */
  add(name: string, problems: readonly string[]): void {
    if (problems.length === 0) {
      this.passed++;
      return this.note(`PASSED  ${name}`);
    }
    this.failed++;
    this.note(`FAILED  ${name}: ${problems.length} problems`);
    for (const problem of problems.slice(0, MAX_SHOWN_PROBLEMS)) this.print(`           ${problem}`);
  }

  skip(name: string, reason: string): void {
    this.skipped++;
    this.note(`SKIPPED ${name}: ${reason}`);
  }
}

const MAX_SHOWN_PROBLEMS = 20;
