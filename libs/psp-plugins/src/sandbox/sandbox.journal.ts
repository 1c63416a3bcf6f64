/**
 * What the simulated PSP remembers of orders: a file of JSON lines that only grows, one line for every attempt that reached it.
 * It is the PSP's memory, not ours: the gateway may be killed at any moment, and several gateways may pay at once. Nothing is held here
 * that the file does not say.
 *
 * What is not a whole line was torn by a power cut or a full disk, and was never answered: it is no attempt. A line that another process
 * is just writing looks the same, so a line is sometimes preceded by an empty one.
 */
import { closeSync, openSync, readSync, statSync, writeSync } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { decisionOf, FATES, FAULTS, isOneOf, isTaken } from './sandbox.faults.js';
import { Ledger } from './sandbox.ledger.js';
import type { Attempt } from './sandbox.payments.js';

const NEWLINE = 0x0a;

export class Journal {
  /** Up to here the file was read, and so much of it was there: what lies between is a line without an end. */
  private done = 0;
  private size = 0;
  private attempts = new Map<string, number>();
  private decided = new Map<string, Attempt>();
  private book = new Ledger();

  constructor(private readonly path: string) {}

  /** The orders that were taken. */
  ledger(): Ledger {
    this.read();
    return this.book;
  }

  /** The attempt that decided whether the order with this key is paid; `undefined` when none did yet. */
  decision(key: string): Attempt | undefined {
    this.read();
    return this.decided.get(key);
  }

  /**
   * Writes down one more attempt, unless an earlier one decided. What `plan` saw is still true when its line is written, as far as
   * this process goes; of two processes the one whose line comes first has decided.
   * @param plan gets how many attempts with the key there were before
   * @returns the new attempt, once it is on the disk; `undefined` when an earlier one decided
   */
  async receive(key: string, plan: (before: number) => Attempt): Promise<Attempt | undefined> {
    await mkdir(dirname(this.path), { recursive: true });
    const file = await open(this.path, 'a');
    try {
      if (this.decision(key)) return undefined;
      const attempt = plan(this.attempts.get(key) ?? 0);
      const line = Buffer.from(`${this.done < this.size ? '\n' : ''}${JSON.stringify(attempt)}\n`);
      const written = writeSync(file.fd, line);
      if (written < line.length) {
        throw new Error(`${this.path}: only ${written} of ${line.length} bytes could be written`);
      }
      await file.sync();
      return attempt;
    } finally {
      await file.close();
    }
  }

  /** Takes in what was appended since. */
  private read(): void {
    const { size } = statSync(this.path, { throwIfNoEntry: false }) ?? { size: 0 };
    if (size === this.size) return;
    if (size < this.size) this.forget();
    const bytes = readRange(this.path, this.done, size);
    const end = bytes.lastIndexOf(NEWLINE) + 1;
    for (const line of bytes.toString('utf8', 0, end).split('\n')) {
      const attempt = readAttempt(line);
      if (attempt) this.add(attempt);
    }
    this.done += end;
    this.size = size;
  }

  private add(attempt: Attempt): void {
    this.attempts.set(attempt.key, (this.attempts.get(attempt.key) ?? 0) + 1);
    if (!decisionOf(attempt.fault) || this.decided.has(attempt.key)) return;
    this.decided.set(attempt.key, attempt);
    if (isTaken(attempt.fault)) this.book.add(attempt);
  }

  /** Somebody put another file in its place. */
  private forget(): void {
    [this.done, this.size] = [0, 0];
    this.attempts = new Map();
    this.decided = new Map();
    this.book = new Ledger();
  }
}

function readRange(path: string, from: number, to: number): Buffer {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(to - from);
    return bytes.subarray(0, readSync(file, bytes, 0, bytes.length, from));
  } finally {
    closeSync(file);
  }
}

const TEXTS = ['id', 'key', 'reference', 'from', 'to', 'amount', 'currency'] as const;

/** @returns `undefined` for what is not a whole line of a journal. */
export function readAttempt(line: string): Attempt | undefined {
  if (line === '') return undefined;
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  return isAttempt(value) ? value : undefined;
}

function isAttempt(value: unknown): value is Attempt {
  if (typeof value !== 'object' || value === null) return false;
  const fields = value as Readonly<Record<string, unknown>>;
  return (
    TEXTS.every((name) => typeof fields[name] === 'string') &&
    typeof fields.at === 'number' &&
    typeof fields.after === 'number' &&
    isOneOf(FAULTS, fields.fault) &&
    isOneOf(FATES, fields.fate) &&
    isOneOf(['payout', 'transfer'], fields.kind)
  );
}
