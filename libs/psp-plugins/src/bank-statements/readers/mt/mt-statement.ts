import type { StatementAccount, StatementBalance, StatementEnd, StatementStart } from '../../statement.js';
import type { ClaimedTotal } from '../totals.js';
import { Totals } from '../totals.js';
import { scaled, unscaled } from '../values.js';
import type { MtField } from './mt-values.js';
import { failAt, readAccount, readBalance, readDateTime, readTotal, valueOf } from './mt-values.js';

/** Collects the fields of one message, which is one page of a statement. */
export class MtMessage {
  readonly id: string;
  account: StatementAccount | undefined;
  sequence: string | undefined;
  opening: StatementBalance | undefined;
  closing: StatementBalance | undefined;
  /** Available balances: `:64:` and `:65:`. */
  readonly others: StatementBalance[] = [];
  readonly claims: (ClaimedTotal & { count: number })[] = [];
  /** The first unknown field, for error messages. */
  unknown: string | undefined;
  #floorLimit = false;
  #currency: string | undefined;
  #createdAt: string | undefined;

  constructor(
    readonly first: MtField,
    /** Message type in block 2: `940`, `942`. */
    private readonly type: string | undefined,
  ) {
    this.id = valueOf(first);
  }

  /** True for MT942: block 2 says so, or there is `:34F:` or `:13D:` and no opening balance. */
  get interim(): boolean {
    if (this.type === '942') return true;
    return !this.opening && (this.#floorLimit || this.#createdAt !== undefined);
  }

  /** Reads all fields except entries and their details. */
  read(field: MtField): void {
    switch (field.tag) {
      case '25':
      case '25P':
        if (this.account) this.#twice(field);
        this.account = readAccount(field);
        return;
      case '28':
      case '28C':
        this.sequence = valueOf(field);
        return;
      case '13':
      case '13D':
        this.#createdAt = readDateTime(field);
        return;
      case '34F':
        this.#floorLimit = true;
        this.#currency ??= valueOf(field).slice(0, 3);
        return;
      case '60F':
      case '60M':
        if (this.opening) this.#twice(field);
        this.opening = readBalance(field);
        return;
      case '62F':
      case '62M':
        if (this.closing) this.#twice(field);
        this.closing = readBalance(field);
        return;
      case '64':
      case '65':
        this.others.push(readBalance(field));
        return;
      case '90C':
      case '90D': {
        const { currency, ...total } = readTotal(field);
        this.#currency ??= currency;
        this.claims.push({ ...total, where: `:${field.tag}: in line ${field.line}` });
        return;
      }
      case '21':
      case 'NS':
        return;
      default:
        this.unknown ??= `:${field.tag}: in line ${field.line}`;
    }
  }

  get currency(): string | undefined {
    return this.opening?.currency ?? this.#currency ?? this.account?.currency;
  }

  /** @throws StatementError at `field` if a field that must precede the first entry is missing */
  start(field: MtField): StatementStart {
    if (!this.account) this.#incomplete(field, 'no account (:25:)');
    if (!this.interim && !this.opening) this.#incomplete(field, 'no opening balance (:60F: or :60M:)');
    const currency =
      this.currency ?? this.#incomplete(field, 'no currency (in :34F:, :90D: or after the account number)');
    return {
      part: 'start',
      format: this.interim ? 'mt942' : 'mt940',
      kind: this.interim ? 'interim' : 'booked',
      id: this.id,
      ...(this.sequence === undefined ? {} : { sequence: this.sequence }),
      ...(this.#createdAt === undefined ? {} : { createdAt: this.#createdAt }),
      account: { ...this.account, currency },
    };
  }

  #incomplete(field: MtField, what: string): never {
    failAt(
      field,
      `the statement "${this.id}", which begins in line ${this.first.line}, has ${what} before this :${field.tag}:`,
    );
  }

  #twice(field: MtField): never {
    failAt(
      field,
      `a second :${field.tag}: in the statement "${this.id}", which begins in line ${this.first.line}; expected :61:, :86: or :62F:`,
    );
  }
}

/** One statement, which consists of one message or several pages. */
export class MtStatement {
  readonly totals = new Totals();
  readonly #breaks: string[] = [];

  constructor(private message: MtMessage) {}

  /** The opening balance of the statement, not of the current page. */
  readonly #opening = this.message.opening;

  get unfinished(): boolean {
    return this.message.closing?.intermediate === true;
  }

  /**
   * Appends the page if it is the next page of this statement.
   * @returns whether it was appended
   */
  continueWith(page: MtMessage): boolean {
    const { account, sequence, closing } = this.message;
    const same = account?.id === page.account?.id && numberOf(sequence) === numberOf(page.sequence);
    if (!same || page.opening?.intermediate !== true) return false;
    if (closing && signed(closing) !== signed(page.opening)) {
      this.#breaks.push(
        `page ${page.sequence ?? ''} opens with ${unscaled(signed(page.opening))}; the page before it closed with ${unscaled(signed(closing))}`,
      );
    }
    const { claims, others } = this.message;
    page.claims.unshift(...claims);
    page.others.unshift(...others);
    this.message = page;
    return true;
  }

  /**
   * True if opening balance + entries = closing balance. Only then a last line without a line break is
   * certainly complete.
   */
  get adds(): boolean {
    const { closing } = this.message;
    return (
      this.#opening !== undefined &&
      closing !== undefined &&
      signed(this.#opening) + this.totals.net === signed(closing)
    );
  }

  end(): StatementEnd {
    const { closing, others, claims } = this.message;
    const breaks = [...this.#breaks, ...claims.flatMap((claim) => this.totals.compare(claim))];
    return {
      part: 'end',
      balances: [this.#opening, closing, ...others].filter((balance) => balance !== undefined),
      ...(claims.length === 0 ? {} : { entryCount: claims.reduce((sum, { count }) => sum + count, 0) }),
      ...(breaks.length === 0 ? {} : { breaks }),
    };
  }
}

function signed({ creditDebit, amount }: StatementBalance): bigint {
  return creditDebit === 'CRDT' ? scaled(amount) : -scaled(amount);
}

/** `00004/00002` → `00004`. */
function numberOf(sequence: string | undefined): string | undefined {
  return sequence?.split('/')[0];
}
