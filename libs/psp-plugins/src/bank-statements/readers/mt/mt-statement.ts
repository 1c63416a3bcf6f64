import type {
  StatementAccount,
  StatementBalance,
  StatementEnd,
  StatementStart,
} from '../../statements/statement.types.js';
import type { StatedTotal } from '../entry-totals.js';
import { StatementError } from '../../statements/statement.types.js';
import { EntryTotals } from '../entry-totals.js';
import { toScaledInteger, formatScaledInteger } from '../value-parsers.js';
import type { MtField } from './mt-field-parsers.js';
import {
  failAtMtField,
  readAccount,
  readBalance,
  readDateTime,
  readTotal,
  joinFieldLines,
} from './mt-field-parsers.js';

/** Collects the fields of one message, i.e. of one page of a statement. */
export class MtMessage {
  readonly id: string;
  account: StatementAccount | undefined;
  sequence: string | undefined;
  opening: StatementBalance | undefined;
  closing: StatementBalance | undefined;
  /** The available balances: `:64:` and `:65:`. */
  readonly availableBalances: StatementBalance[] = [];
  readonly statedTotals: (StatedTotal & { count: number })[] = [];
  /** The fields that could not be read. No money depends on them. */
  readonly unreadable: string[] = [];
  /** The first unknown field, for error messages. */
  unknownField: string | undefined;
  #floorLimit = false;
  #currency: string | undefined;
  #createdAt: string | undefined;
  #hasDateTime = false;

  constructor(
    readonly firstField: MtField,
    /** The message type from block 2: `940`, `942`. */
    private readonly type: string | undefined,
  ) {
    // Some banks begin a statement with the account and omit `:20:`. The id is then empty.
    this.id = firstField.tag === '20' ? joinFieldLines(firstField) : '';
  }

  /**
   * True for an interim report (MT942). A message is an MT942 if block 2 contains this type, or if it has `:34F:` or `:13D:` and no opening
   * balance.
   */
  get isInterim(): boolean {
    if (this.type === '942') return true;
    return !this.opening && (this.#floorLimit || this.#hasDateTime);
  }

  /** Reads a field. Entries and their details are not read here. */
  read(field: MtField): void {
    switch (field.tag) {
      case '25':
      case '25P':
        if (this.account) this.#failDuplicate(field);
        this.account = readAccount(field);
        return;
      case '28':
      case '28C':
        this.sequence = joinFieldLines(field);
        return;
      case '13':
      case '13D':
        this.#hasDateTime = true;
        this.#tryRead(() => (this.#createdAt = readDateTime(field)));
        return;
      case '34F':
        this.#floorLimit = true;
        this.#currency ??= joinFieldLines(field).slice(0, 3);
        return;
      case '60F':
      case '60M':
        if (this.opening) this.#failDuplicate(field);
        this.opening = readBalance(field);
        return;
      case '62F':
      case '62M':
        if (this.closing) this.#failDuplicate(field);
        this.closing = readBalance(field);
        return;
      case '64':
      case '65':
        this.#tryRead(() => this.availableBalances.push(readBalance(field)));
        return;
      case '90C':
      case '90D': {
        this.#tryRead(() => {
          const { currency, ...total } = readTotal(field);
          this.#currency ??= currency;
          this.statedTotals.push({ ...total, where: `:${field.tag}: in line ${field.line}` });
        });
        return;
      }
      case '21':
      case 'NS':
        return;
      default:
        this.unknownField ??= `:${field.tag}: in line ${field.line}`;
    }
  }

  /** Reads a field that moves no money. If the field cannot be read, this is reported, and the field is omitted. */
  #tryRead(read: () => void): void {
    try {
      read();
    } catch (error) {
      if (!(error instanceof StatementError)) throw error;
      this.unreadable.push(error.message);
    }
  }

  get currency(): string | undefined {
    return this.opening?.currency ?? this.#currency ?? this.account?.currency;
  }

  /**
   * Returns the `start` event.
   * @throws StatementError at `field` if a field is missing that must come before the first entry
   */
  start(field: MtField): StatementStart {
    if (!this.account) this.#failIncomplete(field, 'no account (:25:)');
    if (!this.isInterim && !this.opening) this.#failIncomplete(field, 'no opening balance (:60F: or :60M:)');
    const currency =
      this.currency ??
      this.#failIncomplete(field, 'no currency (in :34F:, :90D: or after the account number)');
    return {
      part: 'start',
      format: this.isInterim ? 'mt942' : 'mt940',
      kind: this.isInterim ? 'interim' : 'booked',
      id: this.id,
      ...(this.sequence === undefined ? {} : { sequence: this.sequence }),
      ...(this.#createdAt === undefined ? {} : { createdAt: this.#createdAt }),
      account: { ...this.account, currency },
    };
  }

  #failIncomplete(field: MtField, what: string): never {
    failAtMtField(
      field,
      `the statement "${this.id}", which begins in line ${this.firstField.line}, has ${what} before this :${field.tag}:`,
    );
  }

  #failDuplicate(field: MtField): never {
    failAtMtField(
      field,
      `a second :${field.tag}: in the statement "${this.id}", which begins in line ${this.firstField.line}; expected :61:, :86: or :62F:`,
    );
  }
}

/** One statement. It consists of one message, or of several messages if it has several pages. */
export class MtStatement {
  readonly totals = new EntryTotals();
  readonly #inconsistencies: string[] = [];

  constructor(private message: MtMessage) {}

  /** The opening balance of the whole statement, not of the current page. */
  readonly #opening = this.message.opening;

  get isUnfinished(): boolean {
    return this.message.closing?.intermediate === true;
  }

  /**
   * Appends a message if it is the next page of this statement.
   * @returns true if the page was appended
   */
  appendIfNextPage(page: MtMessage): boolean {
    const { account, sequence, closing } = this.message;
    const same =
      account?.id === page.account?.id && statementNumberOf(sequence) === statementNumberOf(page.sequence);
    if (!same || page.opening?.intermediate !== true) return false;
    if (closing && signedScaledAmount(closing) !== signedScaledAmount(page.opening)) {
      this.#inconsistencies.push(
        `page ${page.sequence ?? ''} opens with ${formatScaledInteger(signedScaledAmount(page.opening))}; the page before it closed with ${formatScaledInteger(signedScaledAmount(closing))}`,
      );
    }
    const { statedTotals, availableBalances, unreadable } = this.message;
    page.unreadable.unshift(...unreadable);
    page.statedTotals.unshift(...statedTotals);
    page.availableBalances.unshift(...availableBalances);
    this.message = page;
    return true;
  }

  /**
   * True if opening balance + entries = closing balance. In this case, the last line is certainly complete even if it has no line break.
   */
  get isBalanced(): boolean {
    const { closing } = this.message;
    return (
      this.#opening !== undefined &&
      closing !== undefined &&
      signedScaledAmount(this.#opening) + this.totals.net === signedScaledAmount(closing)
    );
  }

  end(): StatementEnd {
    const { closing, availableBalances, statedTotals, unreadable } = this.message;
    const inconsistencies = [
      ...this.#inconsistencies,
      ...statedTotals.flatMap((claim) => this.totals.findDifferences(claim)),
    ];
    return {
      part: 'end',
      balances: [this.#opening, closing, ...availableBalances].filter((balance) => balance !== undefined),
      ...(statedTotals.length === 0
        ? {}
        : { entryCount: statedTotals.reduce((sum, { count }) => sum + count, 0) }),
      ...(inconsistencies.length === 0 ? {} : { inconsistencies }),
      ...(unreadable.length === 0 ? {} : { unreadable }),
    };
  }
}

function signedScaledAmount({ creditDebit, amount }: StatementBalance): bigint {
  return creditDebit === 'CRDT' ? toScaledInteger(amount) : -toScaledInteger(amount);
}

/** Returns the statement number without the page number: `00004/00002` → `00004`. */
function statementNumberOf(sequence: string | undefined): string | undefined {
  return sequence?.split('/')[0];
}
