/**
 * Reads OFX 1 and 2 (Quicken's name for this format is QFX). It reads the statements of bank accounts and credit cards, but not investment
 * statements. Source: OFX Banking Specification 2.3, chapter 11 (Banking).
 */
import type { StatementBalance, StatementEvent, StatementStart } from '../../statements/statement.types.js';
import { StatementError } from '../../statements/statement.types.js';
import { MAX_RAW_LENGTH } from '../statement-reader.js';
import type { StatementReader } from '../statement-reader.js';
import { describeGroupingAmbiguity, isIban, quoteValue } from '../value-parsers.js';
import { toOfxEntry } from './ofx-entry.js';
import { OfxTokenizer } from './ofx-tokenizer.js';
import type { OfxToken } from './ofx-tokenizer.js';
import { parseOfxAmount, parseOfxDate } from './ofx-value-parsers.js';

const STATEMENTS = new Set(['STMTRS', 'CCSTMTRS']);
/**
 * The elements within a transaction or a statement that contain other elements. In the keys of the inner values, the name of the outer
 * element is a prefix.
 */
const NAMED_GROUPS = new Set([
  'PAYEE',
  'BANKACCTTO',
  'CCACCTTO',
  'CURRENCY',
  'ORIGCURRENCY',
  'LEDGERBAL',
  'AVAILBAL',
]);

export class OfxReader implements StatementReader {
  readonly #tokenizer: OfxTokenizer;
  #parts: StatementEvent[] = [];
  /** The values of the open statement. The values of its transactions are not included. */
  #statement: Map<string, string> | undefined;
  #transaction: { values: Map<string, string>; line: number; raw: string } | undefined;
  #group: string | undefined;
  #hasStarted = false;
  #entryCount = 0;
  #unreadable: string[] = [];
  #hasEnded = false;

  /**
   * Creates a reader for one file.
   * @param isBinary true if the text has one character per byte
   */
  constructor(isBinary: boolean) {
    this.#tokenizer = new OfxTokenizer(isBinary);
  }

  write(text: string): StatementEvent[] {
    for (const token of this.#tokenizer.split(text)) this.#read(token);
    return this.#takeParts();
  }

  end(): StatementEvent[] {
    for (const token of this.#tokenizer.finish()) this.#read(token);
    if (!this.#hasEnded)
      throw new StatementError('the file ends too early: </OFX> is missing; expected it at the end');
    return this.#takeParts();
  }

  #takeParts(): StatementEvent[] {
    const parts = this.#parts;
    this.#parts = [];
    return parts;
  }

  #read(token: OfxToken): void {
    switch (token.kind) {
      case 'open':
        return this.#open(token.name, token.line);
      case 'close':
        return this.#close(token.name, token.line);
      case 'value':
        return this.#set(token.name, token.value);
      default:
        token satisfies never;
    }
  }

  #open(name: string, line: number): void {
    if (STATEMENTS.has(name)) {
      if (this.#statement) throw new StatementError(`line ${line}: a second <${name}> within a statement`);
      this.#statement = new Map();
      this.#hasStarted = false;
      this.#entryCount = 0;
      this.#unreadable = [];
    } else if (name === 'STMTTRN') {
      if (!this.#statement || this.#transaction)
        throw new StatementError(`line ${line}: <STMTTRN> is not within a list of transactions`);
      this.#start(line);
      this.#transaction = { values: new Map(), line, raw: '' };
    } else if (NAMED_GROUPS.has(name)) this.#group = name;
  }

  #close(name: string, line: number): void {
    if (name === this.#group) this.#group = undefined;
    else if (name === 'STMTTRN') this.#endTransaction(line);
    else if (STATEMENTS.has(name)) this.#endStatement(line);
    else if (name === 'OFX') {
      if (this.#statement) throw new StatementError(`line ${line}: </OFX> within a statement`);
      this.#hasEnded = true;
    }
  }

  #set(name: string, value: string): void {
    const key = this.#group === undefined ? name : `${this.#group} ${name}`;
    const { values } = this.#transaction ?? {};
    if (this.#transaction && this.#transaction.raw.length < MAX_RAW_LENGTH)
      this.#transaction.raw += `<${name}>${value}\n`.slice(0, MAX_RAW_LENGTH - this.#transaction.raw.length);
    const target = values ?? this.#statement;
    // If a value occurs twice, the first value is kept. The statement's own account comes first, because it precedes the transactions.
    if (target && !target.has(key)) target.set(key, value);
  }

  #endTransaction(line: number): void {
    const transaction = this.#transaction;
    if (!transaction) throw new StatementError(`line ${line}: </STMTTRN> without its beginning`);
    this.#group = undefined;
    this.#transaction = undefined;
    const position = `line ${transaction.line}: STMTTRN ${++this.#entryCount}`;
    this.#parts.push(toOfxEntry(transaction.values, this.#currency(line), position, transaction.raw));
  }

  /**
   * Returns the `start` event of the statement. The account, the currency and the period precede the transactions, so they are known at
   * this point.
   */
  #start(line: number): void {
    if (this.#hasStarted || !this.#statement) return;
    this.#hasStarted = true;
    const values = this.#statement;
    const number = values.get('ACCTID')?.replaceAll(' ', '');
    if (number === undefined)
      throw new StatementError(`line ${line}: the statement names no account; expected <ACCTID>`);
    const [from, to] = ['DTSTART', 'DTEND'].map((name) => this.#readDay(name));
    const servicer = values.get('BANKID');
    const start: StatementStart = {
      part: 'start',
      format: 'ofx',
      kind: 'booked',
      id: [from, to].map((day) => day ?? '').join('/'),
      ...(from !== undefined && { from }),
      ...(to !== undefined && { to }),
      account: {
        id: number,
        isIban: isIban(number),
        currency: this.#currency(line),
        ...(servicer !== undefined && { servicer }),
      },
    };
    this.#parts.push(start);
  }

  #endStatement(line: number): void {
    if (this.#transaction || !this.#statement)
      throw new StatementError(
        `line ${line}: the statement ends within a transaction, or without its beginning`,
      );
    this.#start(line);
    const balance = this.#readLedgerBalance(line);
    this.#statement = undefined;
    this.#group = undefined;
    this.#parts.push({
      part: 'end',
      balances: balance ? [balance] : [],
      ...(this.#unreadable.length > 0 && { unreadable: this.#unreadable }),
    });
  }

  #readLedgerBalance(line: number): StatementBalance | undefined {
    const written = this.#statement?.get('LEDGERBAL BALAMT');
    if (written === undefined) return undefined;
    const parsed = parseOfxAmount(written);
    if (!parsed) {
      this.#unreadable.push(`BALAMT of the ledger balance is ${quoteValue(written)}; expected an amount`);
      return undefined;
    }
    const ambiguity = describeGroupingAmbiguity(written, this.#currency(line));
    if (ambiguity !== undefined) {
      this.#unreadable.push(`BALAMT of the ledger balance: ${ambiguity}`);
      return undefined;
    }
    const at = this.#readDay('LEDGERBAL DTASOF');
    return {
      code: 'CLBD',
      ...parsed,
      currency: this.#currency(line),
      ...(at !== undefined && { at }),
    };
  }

  #readDay(name: string): string | undefined {
    const written = this.#statement?.get(name);
    if (written === undefined) return undefined;
    const day = parseOfxDate(written);
    if (day === undefined)
      this.#unreadable.push(`${name} is ${quoteValue(written)}; expected a day such as 20260304`);
    return day;
  }

  #currency(line: number): string {
    const currency = this.#statement?.get('CURDEF') ?? '';
    if (!/^[A-Z]{3}$/.test(currency))
      throw new StatementError(
        `line ${line}: CURDEF is ${quoteValue(currency)}; expected a currency such as EUR`,
      );
    return currency;
  }
}
