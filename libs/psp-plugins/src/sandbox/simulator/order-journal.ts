/**
 * The simulated PSP's storage of orders: an append-only file of JSON lines. There is one line for each attempt that reached the PSP. The
 * file is the state of the PSP and not of the gateway. The gateway can be killed at any moment, and several gateways can submit orders at
 * the same time. This class only caches the content of the file.
 *
 * An incomplete line is ignored. Usually a power failure or a full disk has caused it, and the attempt got no response. But another process
 * may still be writing the line at this moment. So after an incomplete line, a writer begins with a line break, which can leave an empty
 * line.
 */
import { closeSync, openSync, readSync, statSync, writeSync } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { getFinalDecision, ORDER_FATES, ORDER_FAULTS, isOneOf, isOrderAccepted } from './order-faults.js';
import { PaymentIndex } from './payment-index.js';
import type { OrderAttempt } from './payment-state.js';

const NEWLINE = 0x0a;

export class OrderJournal {
  /** The number of bytes that were parsed. The bytes from here to `knownSize` are an incomplete line. */
  private parsedBytes = 0;
  private knownSize = 0;
  private attemptCounts = new Map<string, number>();
  private decisions = new Map<string, OrderAttempt>();
  private acceptedPayments = new PaymentIndex();

  constructor(private readonly path: string) {}

  /** Returns the accepted orders, sorted by time. */
  getTimeline(): PaymentIndex {
    this.parseNewLines();
    return this.acceptedPayments;
  }

  /**
   * Returns the attempt that decided whether the order with this key is accepted. The result is `undefined` if no attempt has decided yet.
   */
  findDecision(key: string): OrderAttempt | undefined {
    this.parseNewLines();
    return this.decisions.get(key);
  }

  /**
   * Appends an attempt, unless an earlier attempt with the key has decided. Within this process, no other attempt is appended between the
   * call of `plan` and the write. If several processes write, the first line with a key decides.
   * @param plan creates the attempt. Its argument is the number of earlier attempts with the key
   * @returns the new attempt after it was written to the disk, or `undefined` if an earlier attempt has decided
   * @throws Error if the line could not be written completely
   */
  async appendAttempt(
    key: string,
    plan: (before: number) => OrderAttempt,
  ): Promise<OrderAttempt | undefined> {
    await mkdir(dirname(this.path), { recursive: true });
    const file = await open(this.path, 'a');
    try {
      if (this.findDecision(key)) return undefined;
      const attempt = plan(this.attemptCounts.get(key) ?? 0);
      const line = Buffer.from(
        `${this.parsedBytes < this.knownSize ? '\n' : ''}${JSON.stringify(attempt)}\n`,
      );
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
  private parseNewLines(): void {
    const { size } = statSync(this.path, { throwIfNoEntry: false }) ?? { size: 0 };
    if (size === this.knownSize) return;
    if (size < this.knownSize) this.clearCache();
    const bytes = readRange(this.path, this.parsedBytes, size);
    const end = bytes.lastIndexOf(NEWLINE) + 1;
    for (const line of bytes.toString('utf8', 0, end).split('\n')) {
      const attempt = parseAttempt(line);
      if (attempt) this.indexAttempt(attempt);
    }
    this.parsedBytes += end;
    this.knownSize = size;
  }

  private indexAttempt(attempt: OrderAttempt): void {
    this.attemptCounts.set(attempt.key, (this.attemptCounts.get(attempt.key) ?? 0) + 1);
    if (!getFinalDecision(attempt.fault) || this.decisions.has(attempt.key)) return;
    this.decisions.set(attempt.key, attempt);
    if (isOrderAccepted(attempt.fault)) this.acceptedPayments.add(attempt);
  }

  /** Clears the cache, because the file was replaced or truncated. */
  private clearCache(): void {
    [this.parsedBytes, this.knownSize] = [0, 0];
    this.attemptCounts = new Map();
    this.decisions = new Map();
    this.acceptedPayments = new PaymentIndex();
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

const STRING_FIELDS = ['id', 'key', 'reference', 'from', 'to', 'amount', 'currency'] as const;

/**
 * Parses one line of a journal.
 * @returns `undefined` if the line is incomplete or invalid
 */
export function parseAttempt(line: string): OrderAttempt | undefined {
  if (line === '') return undefined;
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  return isAttempt(value) ? value : undefined;
}

function isAttempt(value: unknown): value is OrderAttempt {
  if (typeof value !== 'object' || value === null) return false;
  const fields = value as Readonly<Record<string, unknown>>;
  return (
    STRING_FIELDS.every((name) => typeof fields[name] === 'string') &&
    typeof fields.at === 'number' &&
    typeof fields.after === 'number' &&
    isOneOf(ORDER_FAULTS, fields.fault) &&
    isOneOf(ORDER_FATES, fields.fate) &&
    isOneOf(['payout', 'transfer'], fields.kind)
  );
}
