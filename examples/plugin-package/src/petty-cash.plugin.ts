/**
 * An example of a plugin. It reads a file with one movement per line:
 * `{"id": "7", "at": "2026-03-04T09:30:00Z", "amount": "-12.50", "note": "stamps"}`.
 */
import { readFile } from 'node:fs/promises';
import { Injectable } from '@nestjs/common';
import { parseMoney, PspError, InvalidRecordError } from 'tributary/connector-api';
import type { Account, Cursor, Page, PspClient, RejectedRecord, Transaction } from 'tributary/connector-api';
import { PettyCashSettings } from './petty-cash.config.js';

const BOX = 'box';

@Injectable()
export class PettyCashPsp implements PspClient {
  constructor(private readonly settings: PettyCashSettings) {}

  async *accounts(since?: Cursor): AsyncIterable<Page<Account>> {
    if (since === undefined) yield { items: [{ id: BOX, name: 'Petty cash' }], cursor: 'listed' };
  }

  /** Lists the lines after the cursor. The cursor is the number of lines that were read, because new lines are only appended. */
  async *transactions(since: Cursor = '0'): AsyncIterable<Page<Transaction>> {
    const lines = (await this.read()).split('\n').filter((line) => line.trim() !== '');
    const items = lines.slice(Number(since)).map((line) => this.toTransaction(line));
    if (items.length > 0) yield { items, cursor: String(lines.length) };
  }

  private async read(): Promise<string> {
    try {
      return await readFile(this.settings.file, 'utf8');
    } catch (error) {
      throw new PspError('unavailable', `${this.settings.file} cannot be read`, { cause: error });
    }
  }

  private toTransaction(line: string): Transaction | RejectedRecord {
    try {
      const { id, at, amount, note } = fieldsOf(line);
      const out = amount.startsWith('-');
      return {
        id,
        createdAt: at,
        type: out ? 'PAYOUT' : 'PAYIN',
        status: 'SUCCEEDED',
        amount: parseMoney(out ? amount.slice(1) : amount, this.settings.currency),
        ...(out ? { sourceAccountId: BOX } : { destinationAccountId: BOX }),
        metadata: { 'com.petty-cash.spec/note': note },
      };
    } catch (error) {
      if (!(error instanceof InvalidRecordError)) throw error;
      return { id: `line: ${line}`, reason: error.message, raw: line };
    }
  }
}

function fieldsOf(line: string): { id: string; at: string; amount: string; note: string } {
  const row = parse(line);
  const text = (name: string): string => {
    const value = row[name];
    if (typeof value === 'string' && value !== '') return value;
    throw new InvalidRecordError(`"${name}" is ${JSON.stringify(value) ?? 'missing'}, expected a text`);
  };
  return { id: text('id'), at: text('at'), amount: text('amount'), note: text('note') };
}

function parse(line: string): Record<string, unknown> {
  try {
    return { ...(JSON.parse(line) as object) };
  } catch {
    throw new InvalidRecordError('the line is not JSON, expected an object');
  }
}
