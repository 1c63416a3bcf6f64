/**
 * Resolves references in strings of the deployment file. `${NAME}` and `${NAME:-default}` are replaced by an environment variable.
 * A string that begins with `file:` is replaced by the content of that file. `$${` is an escaped `${`.
 */
import { readFileSync, statSync, type Stats } from 'node:fs';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Resolved {
  text: string;
  /** Sources of the string, e.g. `environment variable HOUSE_BANK_KEY`. Errors may show them, but not the string itself. */
  origins: string[];
  /** Values from the environment or from a file. A default that is written in the deployment file is not a secret. */
  secrets: string[];
}

/** A reference cannot be resolved. The message is for people and contains no secret value. */
export class UnresolvedError extends Error {
  override readonly name = 'UnresolvedError';
}

const FILE = 'file:';
const LARGEST_FILE = 64 * 1024;
const REFERENCE = /\$\$\{|\$\{([^}]*)\}|\$\{/g;
const VARIABLE = /^([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s;

/**
 * Resolves all references in one string of the deployment file.
 * @throws UnresolvedReferenceError if a reference is malformed, or if a variable or file is missing, empty or unreadable
 */
export function resolveReferences(written: string, environment: Environment): Resolved {
  const resolved = expandVariables(written, environment);
  // Only a `file:` in the deployment file itself starts a path. The value of a variable may begin with `file:` by chance.
  return written.startsWith(FILE) ? readSecretFile(resolved) : resolved;
}

function expandVariables(written: string, environment: Environment): Resolved {
  const origins: string[] = [];
  const secrets: string[] = [];
  const text = written.replace(REFERENCE, (match, inner: string | undefined) => {
    if (match === '$${') return '${';
    const [, name, fallback] = VARIABLE.exec(inner ?? '') ?? [];
    if (name === undefined || fallback?.includes('${')) throw new UnresolvedError(MALFORMED);
    const value = environment[name];
    if (value) secrets.push(value);
    origins.push(`${value ? '' : 'the default of '}environment variable ${name}`);
    return value || (fallback ?? missing(name, value));
  });
  return { text, origins, secrets };
}

const MALFORMED =
  'found a "${" that does not begin a reference; expected ${NAME} or ${NAME:-default} with a name of letters, digits and _. ' +
  'Write $${ where a plain ${ is meant';

function missing(name: string, value: string | undefined): never {
  throw new UnresolvedError(
    `environment variable ${name} is ${value === undefined ? 'not set' : 'empty'}. ` +
      `Set it, or write a default: \${${name}:-default}`,
  );
}

function readSecretFile({ text, origins }: Resolved): Resolved {
  const file = text.slice(FILE.length);
  // If a variable is part of the path, the path can contain a secret.
  const named = origins.length === 0 ? file : `named with ${origins.join(' and ')}`;
  const content = readSmallFile(file, named).trim();
  if (content === '') throw new UnresolvedError(`the file ${named} is empty; expected the value in it`);
  return { text: content, origins: [`file ${named}`], secrets: [content] };
}

function readSmallFile(file: string, named: string): string {
  try {
    checkFile(statSync(file), named);
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof UnresolvedError) throw error;
    throw new UnresolvedError(`the file ${named} cannot be read: ${reasonOf(error)}`);
  }
}

/** Rejects the file before it is read, because reading a device never ends and reading a pipe without a writer blocks. */
function checkFile(status: Stats, named: string): void {
  if (!status.isFile() && !status.isDirectory()) {
    throw new UnresolvedError(
      `the file ${named} is a device, a pipe or a socket; expected a file with the value in it`,
    );
  }
  if (status.isFile() && status.size > LARGEST_FILE) {
    throw new UnresolvedError(`the file ${named} has ${status.size} bytes; expected at most ${LARGEST_FILE}`);
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is none',
  EACCES: 'this user may not read it',
  EISDIR: 'it is a directory',
  ENOTDIR: 'there is none',
};

/** Converts a file-system error code to a message. */
export function reasonOf(error: unknown): string {
  const code = typeof error === 'object' && error && 'code' in error ? String(error.code) : 'unknown error';
  return REASONS[code] ?? code;
}
