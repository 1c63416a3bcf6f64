import type { StatementAccount, StatementBalance, StatementEnd, StatementStart } from '../../statement.js';
import type { ClaimedTotal } from '../totals.js';
import { Totals } from '../totals.js';
import { scaled, unscaled } from '../values.js';
import type { MtField } from './mt-values.js';
import { failAt, readAccount, readBalance, readDateTime, readTotal, valueOf } from './mt-values.js';

/** One message (one page) while it is read: the fields that were found so far. */
export class MtMessage {
  readonly id: string;
  account: StatementAccount | undefined;
  sequence: string | undefined;
  opening: StatementBalance | undefined;
  closing: StatementBalance | undefined;
  /** `:64:`, `:65:`. */
  readonly others: StatementBalance[] = [];
  readonly claims: (ClaimedTotal & { count: number })[] = [];
  /** The first field that nothing is known of, for the message of an error. */
  unknown: string | undefined;
  #floorLimit = false;
  #currency: string | undefined;
  #createdAt: string | undefined;

  constructor(
    readonly first: MtField,
    /** Of block 2: `940`, `942`. */
    private readonly type: string | undefined,
  ) {
    this.id = valueOf(first);
  }

  /** MT942, as block 2 says or as `:34F:` and `:13D:` without an opening balance show. */
  get interim(): boolean {
    if (this.type === '942') return true;
    return !this.opening && (this.#floorLimit || this.#createdAt !== undefined);
  }

  /** Everything but entries, their details and the end of the message. */
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

  /** @throws StatementError at `field` unless all that comes before the first entry is there. */
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

/** One statement, of one message or of several pages: what its `end` says. */
export class MtStatement {
  readonly totals = new Totals();
  readonly #breaks: string[] = [];

  constructor(private message: MtMessage) {}

  /** The balance that opens the statement, not the page. */
  readonly #opening = this.message.opening;

  get unfinished(): boolean {
    return this.message.closing?.intermediate === true;
  }

  /** @returns whether this is the next page of the same statement; it is taken in if so. */
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

  /** Opening + entries = closing: only then is a last line without a line break surely whole. */
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
