/** Collects the problems of a deployment file, so that one error reports all of them. */
import { formatPath, type Path } from './path.js';

/** Position in the deployment file; both numbers start at 1. */
export interface Position {
  line: number;
  column: number;
}

export interface Problem {
  /** Absent if the problem concerns the file as a whole. */
  position?: Position;
  path: Path;
  /** States what was found, what was expected and what to do. It never contains a secret. */
  text: string;
}

/** The deployment file is invalid. The message has one line for each problem: `FILE:LINE:COLUMN: KEY: TEXT`. */
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

  /** Adds a problem. Only the first problem of a path is kept, because later ones usually follow from it. */
  add(path: Path, text: string, position: Position | undefined): void {
    const place = formatPath(path);
    if (!this.#found.has(place)) this.#found.set(place, { path, text, ...(position && { position }) });
  }

  /** Adds a problem of a line, e.g. a syntax error, instead of a property. Only the first problem of a line is kept. */
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

  /** @returns all problems, sorted by position in the file. */
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
