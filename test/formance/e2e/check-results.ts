/** Collects and prints the results of the checks of `npm run e2e:formance`. */

/** What both products say about the same state of the data. */
export interface Comparison {
  state: string;
  tributary: string;
  formance: string;
}

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
  private readonly comparisons: Comparison[] = [];

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

  /** Remembers what both products say about the same state of the data, and prints it. */
  compare(comparison: Comparison): void {
    this.comparisons.push(comparison);
    const { state, tributary, formance } = comparison;
    this.note(`${state}: Tributary: ${tributary}; Formance Reconciliation: ${formance}`);
  }

  /** Prints what both products said, side by side. */
  printComparisons(): void {
    if (this.comparisons.length === 0) return;
    const title = { state: 'the data', tributary: 'Tributary', formance: 'Formance Reconciliation' };
    const rows = [title, ...this.comparisons];
    const width = (name: keyof Comparison) => Math.max(...rows.map((row) => row[name].length));
    const [state, tributary] = [width('state'), width('tributary')];
    for (const row of rows)
      this.print(`${row.state.padEnd(state)} | ${row.tributary.padEnd(tributary)} | ${row.formance}`);
  }
}

const MAX_SHOWN_PROBLEMS = 20;
