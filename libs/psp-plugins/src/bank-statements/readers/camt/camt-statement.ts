import type {
  Entry,
  StatementAccount,
  StatementBalance,
  StatementEnd,
  StatementFormat,
  StatementKind,
  StatementStart,
} from '../../statement.js';
import type { ClaimedTotal } from '../totals.js';
import { Totals } from '../totals.js';
import { isDecimal, quoted } from '../values.js';
import type { Fail } from './camt-values.js';
import { checkedDate, readAccount, readBalance } from './camt-values.js';
import type { XmlNode } from './xml-node.js';
import { childOf, defined, textAt } from './xml-node.js';

export interface CamtMessage {
  format: StatementFormat;
  kind: StatementKind;
  /** `MsgPgntn` of the group header: before version 06 whole messages were paginated. */
  page?: StatementStart['page'];
}

/** Collects a `Stmt`, `Rpt` or `Ntfctn` while it is read, except its entries. */
export class CamtStatement {
  account: StatementAccount | undefined;
  entries = 0;
  #id: string | undefined;
  #electronic: string | undefined;
  #legal: string | undefined;
  #createdAt: string | undefined;
  #from: string | undefined;
  #to: string | undefined;
  #page: StatementStart['page'];
  readonly #balances: StatementBalance[] = [];
  readonly #claims: ClaimedTotal[] = [];
  readonly #totals = new Totals();
  readonly #currencies = new Set<string>();

  constructor(
    private readonly message: CamtMessage,
    /** `Stmt 2`, for error messages. */
    readonly name: string,
  ) {
    this.#page = message.page;
  }

  /** Reads one child element that is not an entry. Unknown elements are ignored. */
  read(node: XmlNode, fail: Fail): void {
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
        this.#createdAt = checkedDate(node.text.trim(), 'CreDtTm', fail);
        return;
      case 'FrToDt':
        this.#from = optionalDate(node, 'FrDtTm', fail);
        this.#to = optionalDate(node, 'ToDtTm', fail);
        return;
      case 'StmtPgntn':
      case 'RptPgntn':
      case 'NtfctnPgntn':
        this.#page = readPage(node);
        return;
      case 'Acct':
        this.account = readAccount(node, fail);
        return;
      case 'Bal':
        this.#balances.push(readBalance(node, fail, this.account?.currency));
        return;
      case 'TxsSummry':
        this.#claims.push(...readSummary(node, fail));
        return;
    }
  }

  start(fail: Fail): StatementStart {
    return {
      part: 'start',
      format: this.message.format,
      kind: this.message.kind,
      id: this.#id ?? fail(`${this.name} has no <Id>; expected the identification of the statement`),
      ...defined({
        sequence: this.#electronic ?? this.#legal,
        createdAt: this.#createdAt,
        from: this.#from,
        to: this.#to,
        page: this.#page,
      }),
      account: this.account ?? fail(`${this.name} has no <Acct>; expected the account of the statement`),
    };
  }

  count(entry: Pick<Entry, 'creditDebit' | 'amount' | 'currency'>): void {
    if (this.#claims.length === 0) return;
    this.#totals.add(entry.creditDebit, entry.amount);
    this.#currencies.add(entry.currency);
  }

  end(): StatementEnd {
    // A sum over several currencies is meaningless, so compare only the counts.
    const claims =
      this.#currencies.size > 1 ? this.#claims.map(({ amount: _, ...claim }) => claim) : this.#claims;
    const breaks = claims.flatMap((claim) => this.#totals.compare(claim));
    return {
      part: 'end',
      balances: this.#balances,
      ...defined({
        entryCount: this.#claims.find(({ creditDebit }) => creditDebit === undefined)?.count,
        breaks: breaks.length === 0 ? undefined : breaks,
      }),
    };
  }
}

export function readPage(node: XmlNode): StatementStart['page'] {
  return { number: textAt(node, 'PgNb') ?? '1', last: /^(?:true|1)$/.test(textAt(node, 'LastPgInd') ?? '') };
}

function optionalDate(node: XmlNode, name: string, fail: Fail): string | undefined {
  const text = textAt(node, name);
  return text === undefined ? undefined : checkedDate(text, name, fail);
}

const SUMMARIES = [
  ['TtlNtries', undefined],
  ['TtlCdtNtries', 'CRDT'],
  ['TtlDbtNtries', 'DBIT'],
] as const;

function readSummary(node: XmlNode, fail: Fail): ClaimedTotal[] {
  return SUMMARIES.flatMap(([name, creditDebit]) => {
    const total = childOf(node, name);
    if (!total) return [];
    const count = textAt(total, 'NbOfNtries');
    const amount = textAt(total, 'Sum');
    if (count !== undefined && !/^\d{1,15}$/.test(count))
      fail(`<NbOfNtries> is ${quoted(count)}; expected a number of entries`);
    if (amount !== undefined && !isDecimal(amount))
      fail(`<Sum> is ${quoted(amount)}; expected a sum without a sign`);
    return [
      defined({ where: name, creditDebit, count: count === undefined ? undefined : Number(count), amount }),
    ];
  });
}
