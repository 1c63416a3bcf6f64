/** What is wrong with a deployment file: collected, so that all of it is said at once. */
import { formatPath, type Path } from './path.js';

/** Counts from 1. */
export interface Position {
  line: number;
  column: number;
}

export interface Problem {
  /** Absent when it is about the file as a whole. */
  position?: Position;
  path: Path;
  /** What was found, what was expected, what to do. Never the value of a secret. */
  text: string;
}

/** The deployment cannot be served. The message has one line per problem: `FILE:LINE:COLUMN: KEY: TEXT`. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(
    readonly file: string,
    readonly problems: readonly Problem[],
  ) {
    super(problems.map((problem) => formatProblem(file, problem)).join('\n'));
  }
}

export class Problems {
  readonly #found = new Map<string, Problem>();

  /** One problem per place: what follows from the first one would only distract. */
  add(path: Path, text: string, position: Position | undefined): void {
    const place = formatPath(path);
    if (!this.#found.has(place)) this.#found.set(place, { path, text, ...(position && { position }) });
  }

  /** About the text of a line rather than a key: the first problem of a line is the one that counts. */
  addLine(text: string, position: Position): void {
    const place = `line ${position.line}`;
    if (!this.#found.has(place)) this.#found.set(place, { path: [], text, position });
  }

  has(path: Path): boolean {
    return this.#found.has(formatPath(path));
  }

  get count(): number {
    return this.#found.size;
  }

  /** In the order of the file. */
  sorted(): Problem[] {
    return [...this.#found.values()].sort(byPosition);
  }
}

function byPosition(a: Problem, b: Problem): number {
  const [left, right] = [a.position ?? START, b.position ?? START];
  return left.line - right.line || left.column - right.column;
}

const START: Position = { line: 0, column: 0 };

function formatProblem(file: string, { position, path, text }: Problem): string {
  const where = position ? `${file}:${position.line}:${position.column}` : file;
  return [where, formatPath(path), text].filter((part) => part !== '').join(': ');
}
