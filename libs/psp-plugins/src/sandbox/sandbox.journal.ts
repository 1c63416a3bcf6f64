/**
 * The simulated PSP's storage of orders: an append-only file of JSON lines, one line for each attempt that reached the PSP.
 * The file is the PSP's state, not the gateway's: the gateway can be killed at any moment, and several gateways can submit orders at once.
 * This class only caches what the file contains.
 *
 * An incomplete line comes from a power failure or a full disk. It got no response and is ignored. A line that another process is
 * writing at the moment looks the same, so a new line may be preceded by an empty one.
 */
import { closeSync, openSync, readSync, statSync, writeSync } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { decisionOf, FATES, FAULTS, isOneOf, isTaken } from './sandbox.faults.js';
import { Ledger } from './sandbox.ledger.js';
import type { Attempt } from './sandbox.payments.js';

const NEWLINE = 0x0a;

export class Journal {
  /** Number of bytes that were parsed. The bytes from here to `knownSize` are an incomplete line. */
  private done = 0;
  private size = 0;
  private attempts = new Map<string, number>();
  private decided = new Map<string, Attempt>();
  private book = new Ledger();

  constructor(private readonly path: string) {}

  /** Returns the accepted orders as a timeline. */
  ledger(): Ledger {
    this.read();
    return this.book;
  }

  /** Returns the attempt that decided whether the order with this key is accepted, or `undefined` if none has decided yet. */
  decision(key: string): Attempt | undefined {
    this.read();
    return this.decided.get(key);
  }

  /**
   * Appends an attempt, unless an earlier attempt with the key has decided. Within this process, no other attempt is appended between the
   * call of `plan` and the write. Between processes, the first line with a key decides.
   * @param plan creates the attempt. It receives the number of earlier attempts with the key.
   * @returns the new attempt after it is on disk, or `undefined` if an earlier attempt has decided
   * @throws Error if the line could not be written completely
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

  /** Parses the lines that were appended since the last call. */
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

  /** Clears the cache, because the file was replaced or truncated. */
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

/** Parses one line of a journal. @returns `undefined` if the line is incomplete or invalid. */
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
