/** Collects the problems of a deployment file, so that one error reports all of them. */
import { formatPath, formatPathForMessage, type ConfigPath } from './value-path.js';

/** A position in the deployment file. Line and column start at 1. */
export interface LineColumn {
  line: number;
  column: number;
}

export interface ConfigProblem {
  /** The position of the problem; absent if the problem concerns the file as a whole. */
  position?: LineColumn;
  path: ConfigPath;
  /** A sentence that contains what was found, what was expected and what to do. It never contains a secret. */
  text: string;
}

/** Thrown when the deployment file is invalid. The message has one line for each problem: `FILE:LINE:COLUMN: KEY: TEXT`. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(
    readonly file: string,
    readonly problems: readonly ConfigProblem[],
  ) {
    super(problems.map((problem) => formatProblem(file, problem)).join('\n'));
  }
}

export class ConfigProblems {
  readonly #problems = new Map<string, ConfigProblem>();

  /** Adds a problem. Only the first problem of a path is kept, because later problems usually follow from it. */
  add(path: ConfigPath, text: string, position: LineColumn | undefined): void {
    const place = formatPath(path);
    if (!this.#problems.has(place)) this.#problems.set(place, { path, text, ...(position && { position }) });
  }

  /** Adds a problem of a line, e.g. a syntax error, that belongs to no property. Only the first problem of a line is kept. */
  addLineProblem(text: string, position: LineColumn): void {
    const place = `line ${position.line}`;
    if (!this.#problems.has(place)) this.#problems.set(place, { path: [], text, position });
  }

  has(path: ConfigPath): boolean {
    return this.#problems.has(formatPath(path));
  }

  get count(): number {
    return this.#problems.size;
  }

  /** Returns all problems, sorted by their position in the file. */
  sorted(): ConfigProblem[] {
    return [...this.#problems.values()].sort(compareByPosition);
  }
}

function compareByPosition(a: ConfigProblem, b: ConfigProblem): number {
  const [left, right] = [a.position ?? FILE_START, b.position ?? FILE_START];
  return left.line - right.line || left.column - right.column;
}

const FILE_START: LineColumn = { line: 0, column: 0 };

function formatProblem(file: string, { position, path, text }: ConfigProblem): string {
  const where = position ? `${file}:${position.line}:${position.column}` : file;
  return [where, formatPathForMessage(path), text].filter((part) => part !== '').join(': ');
}
