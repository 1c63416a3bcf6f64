/** Test doubles for this plugin: a bank that writes statements into a directory, and a feed that stores the plugin's pages. */
import { mkdtempSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  InvalidRecordError,
  serializeAccount,
  validateBalances,
  serializeBeneficiary,
  formatAmount,
  isRejectedRecord,
  serializeTransaction,
} from '@tributary/connector-api';
import type {
  Account,
  Balances,
  Beneficiary,
  Cursor,
  FeedReader,
  StoredRecord,
  Page,
  Stream,
  Transaction,
  SerializedRecord,
} from '@tributary/connector-api';
import { BankStatementsSettings } from './bank-statements.config.js';
import type { PartialCsvMapping } from './readers/csv/csv-mapping.types.js';
import { BankStatementsPsp } from './bank-statements.plugin.js';

export interface FakeEntry {
  /** The amount with its sign: `-12.50` is a debit. */
  amount: string;
  currency?: string;
  status?: string;
  day?: string;
  valueDay?: string;
  reference?: string;
  endToEnd?: string;
  text?: string;
  name?: string;
  iban?: string;
  reversal?: boolean;
  code?: string;
  details?: { amount: string; endToEnd?: string; name?: string; iban?: string }[];
  /** XML that is added to the only transaction detail, e.g. amounts in another currency. */
  extraXml?: string;
}

export interface FakeStatement {
  type?: '052' | '053' | '054';
  id?: string;
  number?: string;
  createdAt?: string;
  account?: string;
  currency?: string;
  day?: string;
  from?: string;
  to?: string;
  opening?: string;
  closing?: string;
  entries: FakeEntry[];
}

const ROOT = { '052': 'BkToCstmrAcctRpt', '053': 'BkToCstmrStmt', '054': 'BkToCstmrDbtCdtNtfctn' };
const BODY = { '052': 'Rpt', '053': 'Stmt', '054': 'Ntfctn' };

/** Returns a camt message that contains one or several statements of the same type. */
export function createCamtXml(...statements: FakeStatement[]): string {
  const type = statements[0]?.type ?? '053';
  return (
    `<?xml version="1.0" encoding="UTF-8"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.${type}.001.08">` +
    `<${ROOT[type]}><GrpHdr><MsgId>M</MsgId><CreDtTm>2026-03-04T20:00:00Z</CreDtTm></GrpHdr>` +
    `${statements.map((statement) => createCamtBody(statement, BODY[type])).join('')}</${ROOT[type]}></Document>`
  );
}

function createCamtBody(statement: FakeStatement, tag: string): string {
  const {
    id = 'S1',
    number,
    account = 'DE89370400440532013000',
    currency = 'EUR',
    day = '2026-03-04',
  } = statement;
  const period =
    statement.from && statement.to
      ? `<FrToDt><FrDtTm>${statement.from}</FrDtTm><ToDtTm>${statement.to}</ToDtTm></FrToDt>`
      : '';
  return (
    `<${tag}><Id>${id}</Id><CreDtTm>${statement.createdAt ?? '2026-03-05T06:00:00Z'}</CreDtTm>${number ? `<ElctrncSeqNb>${number}</ElctrncSeqNb>` : ''}${period}` +
    `<Acct><Id><IBAN>${account}</IBAN></Id><Ccy>${currency}</Ccy></Acct>` +
    balance('OPBD', statement.opening, currency, day) +
    balance('CLBD', statement.closing, currency, day) +
    statement.entries.map((entry) => createCamtEntry(entry, currency, day)).join('') +
    `</${tag}>`
  );
}

function balance(code: string, amount: string | undefined, currency: string, day: string): string {
  if (amount === undefined) return '';
  return (
    `<Bal><Tp><CdOrPrtry><Cd>${code}</Cd></CdOrPrtry></Tp>${money(amount, currency)}` +
    `<Dt><Dt>${day}</Dt></Dt></Bal>`
  );
}

function money(signed: string, currency: string): string {
  const amount = signed.replace('-', '');
  const direction = signed.startsWith('-') ? 'DBIT' : 'CRDT';
  return `<Amt Ccy="${currency}">${amount}</Amt><CdtDbtInd>${direction}</CdtDbtInd>`;
}

function createCamtEntry(entry: FakeEntry, currency: string, day: string): string {
  const booked = entry.day ?? (entry.status === 'PDNG' ? '' : day);
  const details = entry.details?.map(
    (detail) =>
      `<TxDtls>${refs(detail.endToEnd)}${money(detail.amount, currency)}${parties(entry.amount, detail)}</TxDtls>`,
  ) ?? [
    `<TxDtls>${refs(entry.endToEnd)}${entry.extraXml ?? ''}${parties(entry.amount, entry)}` +
      `${entry.text ? `<RmtInf><Ustrd>${entry.text}</Ustrd></RmtInf>` : ''}</TxDtls>`,
  ];
  const code = entry.code
    ? `<BkTxCd><Domn><Cd>${entry.code.split('/')[0]}</Cd><Fmly><Cd>${entry.code.split('/')[1]}</Cd>` +
      `<SubFmlyCd>${entry.code.split('/')[2]}</SubFmlyCd></Fmly></Domn></BkTxCd>`
    : '<BkTxCd></BkTxCd>';
  return (
    `<Ntry>${money(entry.amount, entry.currency ?? currency)}` +
    `${entry.reversal ? '<RvslInd>true</RvslInd>' : ''}<Sts><Cd>${entry.status ?? 'BOOK'}</Cd></Sts>` +
    `${booked ? `<BookgDt><Dt>${booked}</Dt></BookgDt>` : ''}` +
    `${entry.valueDay ? `<ValDt><Dt>${entry.valueDay}</Dt></ValDt>` : ''}` +
    `${entry.reference ? `<AcctSvcrRef>${entry.reference}</AcctSvcrRef>` : ''}${code}` +
    `<NtryDtls>${details.join('')}</NtryDtls></Ntry>`
  );
}

function refs(endToEnd?: string): string {
  return endToEnd ? `<Refs><EndToEndId>${endToEnd}</EndToEndId></Refs>` : '';
}

function parties(signed: string, { name, iban }: { name?: string; iban?: string }): string {
  const side = signed.startsWith('-') ? 'Cdtr' : 'Dbtr';
  return (
    `<RltdPties>${name ? `<${side}><Pty><Nm>${name}</Nm></Pty></${side}>` : ''}` +
    `${iban ? `<${side}Acct><Id><IBAN>${iban}</IBAN></Id></${side}Acct>` : ''}</RltdPties>`
  );
}

/** A statement directory, the plugin that reads it, and the feed that stores the plugin's pages. */
export class FakeBank {
  readonly directory = mkdtempSync(join(tmpdir(), 'statements-'));
  readonly feed = new FakeFeed();
  private clock = Date.UTC(2026, 2, 5) / 1000;

  constructor(
    private readonly timeZone = 'UTC',
    /** The CSV mappings, as in the deployment file. A test may replace them between two pulls. */
    public csv: readonly PartialCsvMapping[] = [],
  ) {}

  /** Writes a file. Each file is newer than the file before, unless a modification time (in seconds) is given. */
  writeFile(name: string, content: string | Buffer, time = ++this.clock): void {
    const path = join(this.directory, name);
    writeFileSync(path, content);
    utimesSync(path, time, time);
  }

  createPlugin(feed = this.feed): BankStatementsPsp {
    const settings = Object.assign(new BankStatementsSettings(), {
      directory: this.directory,
      timeZone: this.timeZone,
      csv: this.csv,
    });
    return new BankStatementsPsp(settings, feed);
  }

  /** Pulls all streams, or only the given ones, to their end. */
  async sync(...streams: Stream[]): Promise<FakeFeed> {
    for (const stream of streams.length > 0
      ? streams
      : (['accounts', 'beneficiaries', 'transactions'] as const)) {
      await this.feed.pullStream(this.createPlugin(), stream);
    }
    return this.feed;
  }
}

type Item = Account | Beneficiary | Transaction;

/**
 * Stores what a real feed stores: each new version of a record as a row, the cursor, warnings and rejected records. The fake also rejects
 * every record that the gateway cannot serve.
 */
export class FakeFeed implements FeedReader {
  readonly rows: { stream: Stream; item: Item; serialized: SerializedRecord }[] = [];
  readonly rejected = new Map<string, string>();
  readonly warnings = new Map<string, string>();
  readonly balances = new Map<string, Balances>();
  readonly cursors = new Map<Stream, Cursor>();
  readonly pages: Page<Item>[] = [];

  private readonly latestVersions = new Map<string, { item: Item; content: string }>();

  async findLatest(stream: Stream, ids: readonly string[]): Promise<Map<string, StoredRecord>> {
    const found = new Map<string, StoredRecord>();
    for (const id of ids) {
      const item = this.latestVersions.get(`${stream} ${id}`)?.item;
      if (!item) continue;
      const metadata = Object.fromEntries(
        Object.entries(item.metadata ?? {}).filter(
          (entry): entry is [string, string] => entry[1] !== undefined,
        ),
      );
      found.set(id, { metadata, ...('status' in item && { status: item.status }) });
    }
    return found;
  }

  /** Pulls a stream to its end, or at most `pages` pages. Each page is committed before the next page is requested. */
  async pullStream(plugin: BankStatementsPsp, stream: Stream, pages = Infinity): Promise<void> {
    if (pages === 0) return;
    for await (const page of plugin[stream](this.cursors.get(stream))) {
      this.commit(stream, page);
      if (--pages === 0) return;
    }
  }

  /** Returns the newest version of each transaction, oldest record first. */
  get transactions(): Transaction[] {
    return [...this.latestVersions].flatMap(([key, { item }]) =>
      key.startsWith('transactions ') ? [item as Transaction] : [],
    );
  }

  /** Returns the newest version of each transaction in the form `+12.50 EUR SUCCEEDED`, sorted. */
  get summary(): string[] {
    return this.transactions
      .map(({ type, destinationAccountId, sourceAccountId, amount, status }) => {
        const incoming =
          type === 'PAYIN' || (type === 'OTHER' && (sourceAccountId ?? '') < (destinationAccountId ?? ''));
        return `${incoming ? '+' : '-'}${formatAmount(amount)} ${amount.asset.split('/')[0]} ${status}`;
      })
      .sort();
  }

  private commit(stream: Stream, page: Page<Item>): void {
    this.pages.push(page);
    for (const id of page.resolvedIds ?? []) {
      this.rejected.delete(id);
      this.warnings.delete(id);
    }
    for (const item of page.items) {
      if (isRejectedRecord(item)) this.rejected.set(item.id, item.reason);
      else this.append(stream, item);
    }
    for (const { id, message } of page.warnings ?? []) this.warnings.set(id, message);
    for (const observed of page.balances ?? []) {
      const before = this.balances.get(observed.accountId);
      if (before && validateBalances(before).at > validateBalances(observed).at) continue;
      this.balances.set(observed.accountId, observed);
    }
    this.cursors.set(stream, page.cursor);
  }

  private append(stream: Stream, item: Item): void {
    let serialized: SerializedRecord;
    try {
      serialized = serializeItem(stream, item);
    } catch (error) {
      if (!(error instanceof InvalidRecordError)) throw error;
      this.rejected.set(item.id, error.message);
      return;
    }
    const key = `${stream} ${item.id}`;
    if (this.latestVersions.get(key)?.content === serialized.content) return;
    this.latestVersions.set(key, { item, content: serialized.content });
    this.rows.push({ stream, item, serialized });
  }
}

function serializeItem(stream: Stream, item: Item): SerializedRecord {
  switch (stream) {
    case 'accounts':
      return serializeAccount(item as Account);
    case 'beneficiaries':
      return serializeBeneficiary(item as Beneficiary);
    case 'transactions':
      return serializeTransaction(item as Transaction);
    default:
      return stream satisfies never;
  }
}
