import type {
  Entry,
  StatementAccount,
  StatementBalance,
  StatementEnd,
  StatementFormat,
  StatementKind,
  StatementStart,
} from '../../statements/statement.types.js';
import type { StatedTotal } from '../entry-totals.js';
import { EntryTotals } from '../entry-totals.js';
import { isDecimal, quoteValue } from '../value-parsers.js';
import type { RejectElement, ReportUnreadableValue } from './camt-element-parsers.js';
import {
  isCheckedBalance,
  parseCamtDate,
  readAccount,
  readBalance,
  readBalanceCode,
  readOrReport,
} from './camt-element-parsers.js';
import type { XmlNode } from './xml-node.js';
import { findChild, omitUndefined, findText } from './xml-node.js';

export interface CamtMessageHeader {
  format: StatementFormat;
  kind: StatementKind;
  /** The page number from `MsgPgntn` of the group header. Before version 06, whole messages were split into pages. */
  page?: StatementStart['page'];
}

/** The maximum number of unreadable values that are reported for a statement. */
const MAX_UNREADABLE = 20;

/** Collects the content of a `Stmt`, `Rpt` or `Ntfctn` while it is read. The entries are not collected. */
export class CamtStatement {
  account: StatementAccount | undefined;
  entryCount = 0;
  #id: string | undefined;
  #electronic: string | undefined;
  #legal: string | undefined;
  #createdAt: string | undefined;
  #from: string | undefined;
  #to: string | undefined;
  #page: StatementStart['page'];
  readonly #balances: StatementBalance[] = [];
  readonly #statedTotals: StatedTotal[] = [];
  readonly #totals = new EntryTotals();
  readonly #currencies = new Set<string>();
  readonly #unreadable: string[] = [];

  constructor(
    private readonly message: CamtMessageHeader,
    /** The name of the statement for error messages: `Stmt 2`. */
    readonly name: string,
  ) {
    this.#page = message.page;
  }

  /** Reads one child element that is not an entry. Unknown elements are ignored. */
  read(node: XmlNode, fail: RejectElement): void {
    const report: ReportUnreadableValue = (what) =>
      this.reportUnreadable(`${node.name} of ${this.name}: ${what}`);
    switch (node.name) {
      case 'Id':
        this.#id = node.text.trim();
        return;
      case 'ElctrncSeqNb':
        this.#electronic = node.text.trim();
        return;
      case 'LglSeqNb':
        this.#legal = node.text.trim();
        return;
      case 'CreDtTm':
        this.#createdAt = readOrReport((fail) => parseCamtDate(node.text.trim(), 'CreDtTm', fail), report);
        return;
      case 'FrToDt':
        this.#from = readOrReport((fail) => readOptionalDate(node, 'FrDtTm', fail), report);
        this.#to = readOrReport((fail) => readOptionalDate(node, 'ToDtTm', fail), report);
        return;
      case 'StmtPgntn':
      case 'RptPgntn':
      case 'NtfctnPgntn':
        this.#page = readPagination(node);
        return;
      case 'Acct':
        this.account = readAccount(node, fail);
        return;
      case 'Bal':
        this.#readBalance(node, fail, report);
        return;
      case 'TxsSummry':
        this.#statedTotals.push(...readSummary(node, report));
        return;
    }
  }

  /**
   * Reads a balance. The booked opening and closing balances must be readable, because they prove that no entry is missing. Other balances
   * are only for information.
   */
  #readBalance(node: XmlNode, fail: RejectElement, report: ReportUnreadableValue): void {
    const code = readBalanceCode(node);
    const currency = this.account?.currency;
    const balance = isCheckedBalance(code)
      ? readBalance(node, fail, currency)
      : readOrReport((failOptional) => readBalance(node, failOptional, currency), report);
    if (balance) this.#balances.push(balance);
  }

  /** Reports a value that moves no money and cannot be read. */
  reportUnreadable(what: string): void {
    if (this.#unreadable.length < MAX_UNREADABLE) this.#unreadable.push(what);
  }

  start(fail: RejectElement): StatementStart {
    return {
      part: 'start',
      format: this.message.format,
      kind: this.message.kind,
      id: this.#id ?? '',
      ...omitUndefined({
        sequence: this.#electronic ?? this.#legal,
        createdAt: this.#createdAt,
        from: this.#from,
        to: this.#to,
        page: this.#page,
      }),
      account: this.account ?? fail(`${this.name} has no <Acct>; expected the account of the statement`),
    };
  }

  countEntry(entry: Pick<Entry, 'creditDebit' | 'amount' | 'currency'>): void {
    if (this.#statedTotals.length === 0) return;
    this.#totals.add(entry.creditDebit, entry.amount);
    this.#currencies.add(entry.currency);
  }

  end(): StatementEnd {
    // If the entries have several currencies, only their number is compared, because a sum over several currencies has no meaning.
    const statedTotals =
      this.#currencies.size > 1
        ? this.#statedTotals.map(({ amount: _, ...claim }) => claim)
        : this.#statedTotals;
    const inconsistencies = statedTotals.flatMap((claim) => this.#totals.findDifferences(claim));
    return {
      part: 'end',
      balances: this.#balances,
      ...omitUndefined({
        entryCount: this.#statedTotals.find(({ creditDebit }) => creditDebit === undefined)?.count,
        inconsistencies: inconsistencies.length === 0 ? undefined : inconsistencies,
        unreadable: this.#unreadable.length === 0 ? undefined : this.#unreadable,
      }),
    };
  }
}

export function readPagination(node: XmlNode): StatementStart['page'] {
  return {
    number: findText(node, 'PgNb') ?? '1',
    last: /^(?:true|1)$/.test(findText(node, 'LastPgInd') ?? ''),
  };
}

function readOptionalDate(node: XmlNode, name: string, fail: RejectElement): string | undefined {
  const text = findText(node, name);
  return text === undefined ? undefined : parseCamtDate(text, name, fail);
}

const SUMMARY_ELEMENTS = [
  ['TtlNtries', undefined],
  ['TtlCdtNtries', 'CRDT'],
  ['TtlDbtNtries', 'DBIT'],
] as const;

/**
 * Reads the totals that the statement contains. The sign of a sum is ignored, because Wise writes the sum of debits as a negative number.
 */
function readSummary(node: XmlNode, report: ReportUnreadableValue): StatedTotal[] {
  return SUMMARY_ELEMENTS.flatMap(([name, creditDebit]) => {
    const total = findChild(node, name);
    if (!total) return [];
    const count = findText(total, 'NbOfNtries');
    const amount = findText(total, 'Sum')?.replace(/^[-+]/, '');
    const isCount = count !== undefined && /^\d{1,15}$/.test(count);
    const isSum = amount !== undefined && isDecimal(amount);
    if (count !== undefined && !isCount)
      report(`<NbOfNtries> is ${quoteValue(count)}; expected a number of entries`);
    if (amount !== undefined && !isSum) report(`<Sum> is ${quoteValue(amount)}; expected a sum`);
    return [
      omitUndefined({
        where: name,
        creditDebit,
        count: isCount ? Number(count) : undefined,
        amount: isSum ? amount : undefined,
      }),
    ];
  });
}
