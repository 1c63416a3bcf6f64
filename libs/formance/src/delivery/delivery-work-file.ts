/**
 * Stores the state of a proof of delivery in a SQLite file: the expected state of each payment, and the differences found. With a file, a
 * million rows need little memory, and an interrupted proof continues where it stopped.
 */
import Database from 'better-sqlite3';
import type { StoredAccount } from '../payments/payments.types.js';
import { readTimeKey } from './time-key.js';
import type {
  DeliveryCounts,
  DeliveryDifference,
  NumberedTransactionRow,
  TransactionRow,
} from './delivery.types.js';

const TABLES = `
  create table if not exists expected_payments (
    key text primary key, first_row_id text not null, first_status text not null, asset text not null, initial_amount text not null, amount text not null,
    newest_initial_amount text not null, newest_amount text not null, status text not null, status_time text not null,
    versions integer not null, is_required integer not null, is_moving integer not null, superseded_by text, found_id text
  ) without rowid;
  create table if not exists versions (
    key text not null, row_id text not null, time text not null, status text not null, amount text not null,
    primary key (key, row_id, time, status)
  ) without rowid;
  create index if not exists versions_by_row on versions (row_id);
  create table if not exists unknown_payments (id text primary key, reference text not null, type text not null) without rowid;
  create table if not exists differences (kind text, object text, id text, message text, unique (kind, object, id, message));
  create table if not exists stored_accounts (reference text primary key, type text not null, id text not null) without rowid;
  create table if not exists progress (name text primary key, value text not null) without rowid;
`;

/** The state that one payment should have in Formance according to the gateway's rows. */
export interface ExpectedPayment {
  key: string;
  /** The id of the row that created the payment. */
  first_row_id: string;
  /** The status of the version that created the payment. */
  first_status: string;
  asset: string;
  /**
   * The amounts by the rules of Formance. Formance keeps the amount of the row that created the payment, and ignores a later version with the
   * same time and status.
   */
  initial_amount: string;
  amount: string;
  /** The amounts by the newest versions of the rows. They differ from the amounts above if a row has got another amount. */
  newest_initial_amount: string;
  newest_amount: string;
  status: string;
  status_time: string;
  /** The number of different versions. Formance stores each version as an adjustment of the payment. */
  versions: number;
  /**
   * 1 if at least one row of the payment must have been delivered; otherwise 0. Such a row is at or before the cut, i.e. the position of
   * the last row that must have been delivered.
   */
  is_required: number;
  /** 1 if at least one row of the payment comes after the cut, so that the payment may still change in Formance. Otherwise 0. */
  is_moving: number;
  /**
   * The key of the payment of a newer version of the row, if the PSP has changed the type of the row. Formance then makes another payment, and
   * keeps this one. Otherwise `null`.
   */
  superseded_by: string | null;
  /** The id of the payment in Formance; `null` until the payment was found there. */
  found_id: string | null;
}

export interface ExpectedVersion {
  row_id: string;
  /** The time as a sortable string, see `readTimeKey`. */
  time: string;
  status: string;
  amount: string;
}

/** A payment in Formance that belongs to no row. */
export interface UnknownPayment {
  id: string;
  reference: string;
  type: string;
}

/** The maximum number of objects that one call returns. The caller requests the next ones with the last id or key. */
const LIST_LIMIT = 1000;
/** SQLite returns all rows if the limit is negative. */
const NO_LIMIT = -1;

export class DeliveryWorkFile {
  private readonly database: Database.Database;
  private readonly statements: ReturnType<typeof prepare>;

  /**
   * Opens the work file.
   * @param path the path of a file that is created or continued; `''` for a temporary file
   */
  constructor(path: string) {
    this.database = new Database(path);
    // The database does not wait until data is on the disk. If a power failure destroys the file, the proof begins again.
    this.database.pragma('synchronous = off');
    this.database.exec(TABLES);
    this.statements = prepare(this.database);
  }

  close(): void {
    this.database.close();
  }

  /** Executes a function in one database transaction. */
  transaction(work: () => void): void {
    this.database.transaction(work)();
  }

  readProgress(name: string): string | undefined {
    return (this.statements.readProgress.get(name) as { value: string } | undefined)?.value;
  }

  writeProgress(name: string, value: string): void {
    this.statements.writeProgress.run(name, value);
  }

  /**
   * Adds a row. The payment to which it belongs is changed by the same rules as in Formance. Source: v3.4.0
   * `pkg/domain/models/payments.go`, `internal/storage/payments.go`.
   * @param cut the position of the last row that must have been delivered
   */
  addRow({ seq, row }: NumberedTransactionRow, cut: number): void {
    const key = getPaymentKey(row);
    const time = readTimeKey(row.createdAt);
    const isDue = seq <= cut;
    const version = [key, row.id, time, row.status] as const;
    const known = this.statements.findVersion.get(...version) as { amount: string } | undefined;
    this.statements.putVersion.run(...version, row.amount);
    const before = this.findExpected(key);
    if (before === undefined) this.statements.putPayment.run(createExpected(key, time, row, isDue));
    else if (known === undefined) this.statements.putPayment.run(addVersion(before, time, row, isDue));
    else this.statements.putPayment.run(changeVersion(before, known.amount, row, isDue));
    if (isDue && row.relatedTransactionID === undefined) this.supersedeOtherTypes(key, row.id);
  }

  /** Marks the payments of earlier versions of a row that had another type, if there are any. */
  private supersedeOtherTypes(key: string, rowId: string): void {
    const others = this.findKeysOfRow(rowId).filter((other) => other !== key && isKeyOf(rowId, other));
    if (others.length === 0) return;
    this.statements.supersede.run(null, key);
    for (const other of others) this.statements.supersede.run(key, other);
  }

  /** Returns true if an earlier release began the proof. The file then lacks data that the proof needs. */
  get isOfEarlierRelease(): boolean {
    return Number(this.readProgress('rows') ?? 0) > 0 && this.statements.hasPayment.get() === undefined;
  }

  findExpected(key: string): ExpectedPayment | undefined {
    return this.statements.findPayment.get(key) as ExpectedPayment | undefined;
  }

  listVersions(key: string): ExpectedVersion[] {
    return this.statements.listVersions.all(key) as ExpectedVersion[];
  }

  /** Returns the keys of the payments to which versions of a row belong. */
  findKeysOfRow(rowId: string): string[] {
    return (this.statements.findKeysOfRow.all(rowId) as { key: string }[]).map(({ key }) => key);
  }

  markFound(key: string, id: string): void {
    this.statements.markFound.run(id, key);
  }

  addUnknownPayment(id: string, reference: string, type: string): void {
    this.statements.addUnknown.run(id, reference, type);
  }

  /**
   * Returns payments of Formance to which no row belongs. The payments are sorted by id.
   * @param afterId the last id of the previous call
   */
  listUnknownPayments(afterId: string): UnknownPayment[] {
    return this.statements.listUnknown.all(afterId, LIST_LIMIT) as UnknownPayment[];
  }

  /**
   * Returns the keys of payments that are missing in Formance, sorted.
   * @param afterKey the last key of the previous call
   */
  listMissingKeys(afterKey: string): string[] {
    const rows = this.statements.listMissing.all(afterKey, LIST_LIMIT) as { key: string }[];
    return rows.map(({ key }) => key);
  }

  addAccount({ reference, type, id }: StoredAccount): void {
    this.statements.addAccount.run(reference, type, id);
  }

  /**
   * Returns own accounts that Formance has, sorted by reference.
   * @param afterReference the last reference of the previous call
   */
  listOwnAccounts(afterReference: string): Pick<StoredAccount, 'reference' | 'id'>[] {
    return this.statements.listOwnAccounts.all(afterReference, LIST_LIMIT) as StoredAccount[];
  }

  findAccountType(reference: string): string | undefined {
    return (this.statements.findAccount.get(reference) as { type: string } | undefined)?.type;
  }

  addDifference({ kind, object, id, message }: DeliveryDifference): void {
    this.statements.addDifference.run(kind, object, id, message);
  }

  /** Yields the first differences, sorted. Without a limit, it yields all differences. */
  *listDifferences(limit = NO_LIMIT): Generator<DeliveryDifference> {
    yield* this.statements.listDifferences.iterate(limit) as IterableIterator<DeliveryDifference>;
  }

  countDifferences(): number {
    return (this.statements.countDifferences.get() as { count: number }).count;
  }

  countPayments(): Omit<DeliveryCounts, 'rows'> {
    return this.statements.count.get() as Omit<DeliveryCounts, 'rows'>;
  }
}

function prepare(database: Database.Database) {
  return {
    readProgress: database.prepare('select value from progress where name = ?'),
    writeProgress: database.prepare('insert or replace into progress values (?, ?)'),
    findVersion: database.prepare(
      'select amount from versions where key = ? and row_id = ? and time = ? and status = ?',
    ),
    putVersion: database.prepare('insert or replace into versions values (?, ?, ?, ?, ?)'),
    hasPayment: database.prepare('select 1 from expected_payments limit 1'),
    findPayment: database.prepare('select * from expected_payments where key = ?'),
    putPayment: database.prepare(
      `insert or replace into expected_payments values (@key, @first_row_id, @first_status, @asset, @initial_amount, @amount, @newest_initial_amount,
         @newest_amount, @status, @status_time, @versions, @is_required, @is_moving, @superseded_by, @found_id)`,
    ),
    supersede: database.prepare('update expected_payments set superseded_by = ? where key = ?'),
    listVersions: database.prepare('select row_id, time, status, amount from versions where key = ?'),
    findKeysOfRow: database.prepare('select distinct key from versions where row_id = ?'),
    markFound: database.prepare('update expected_payments set found_id = ? where key = ?'),
    addUnknown: database.prepare('insert or ignore into unknown_payments values (?, ?, ?)'),
    listUnknown: database.prepare(
      `select * from unknown_payments where not exists (select 1 from expected_payments where key = reference || ' ' || type)
          and id > ? order by id limit ?`,
    ),
    listMissing: database.prepare(
      'select key from expected_payments where found_id is null and is_required = 1 and is_moving = 0 and superseded_by is null and key > ? order by key limit ?',
    ),
    addAccount: database.prepare('insert or replace into stored_accounts values (?, ?, ?)'),
    listOwnAccounts: database.prepare(
      `select reference, id from stored_accounts where type = 'INTERNAL' and reference > ? order by reference limit ?`,
    ),
    findAccount: database.prepare('select type from stored_accounts where reference = ?'),
    addDifference: database.prepare('insert or ignore into differences values (?, ?, ?, ?)'),
    listDifferences: database.prepare('select * from differences order by object, id, kind, message limit ?'),
    countDifferences: database.prepare('select count(*) as count from differences'),
    count: database.prepare(
      `select coalesce(sum(is_required), 0) as payments, coalesce(sum(is_moving), 0) as inTransit,
              count(found_id) + (select count(*) from unknown_payments) as found from expected_payments`,
    ),
  };
}

/** Returns the key of a payment: the reference and the type. The key is unique within one connector in Formance. */
export function getPaymentKey({
  relatedTransactionID,
  id,
  type,
}: Pick<TransactionRow, 'relatedTransactionID' | 'id' | 'type'>): string {
  return `${relatedTransactionID ?? id} ${type}`;
}

/** Returns true if the payment has the id of the row as its reference. */
function isKeyOf(rowId: string, key: string): boolean {
  return key.slice(0, key.lastIndexOf(' ')) === rowId;
}

/**
 * Creates the expected payment from its first row. The first row that Formance reads creates the payment, even if the row refers to another
 * row.
 */
function createExpected(key: string, time: string, row: TransactionRow, isDue: boolean): ExpectedPayment {
  const { id, currency: asset, amount: initialAmount, status } = row;
  const amount = String(getBaseAmount(row) + getAmountChange(row));
  return {
    ...{ key, first_row_id: id, first_status: status, asset, status, status_time: time, versions: 1 },
    ...{ superseded_by: null, found_id: null },
    ...{ initial_amount: initialAmount, amount, newest_initial_amount: initialAmount, newest_amount: amount },
    ...{ is_required: Number(isDue), is_moving: Number(!isDue) },
  };
}

/** Adds a version that Formance stores as an adjustment. */
function addVersion(
  before: ExpectedPayment,
  time: string,
  row: TransactionRow,
  isDue: boolean,
): ExpectedPayment {
  // If several versions have the same time, Formance shows the version that it stored last.
  const isNewest = time >= before.status_time;
  const change = getAmountChange(row);
  return {
    ...before,
    ...changeNewestAmounts(before, row, change),
    amount: String(BigInt(before.amount) + change),
    versions: before.versions + 1,
    is_moving: isDue ? before.is_moving : 1,
    ...(isNewest ? { status: row.status, status_time: time } : {}),
  };
}

/** Adds a version that Formance has stored, perhaps with another amount. Formance ignores it. */
function changeVersion(
  before: ExpectedPayment,
  knownAmount: string,
  row: TransactionRow,
  isDue: boolean,
): ExpectedPayment {
  const change = getAmountChange(row) - getAmountChange({ ...row, amount: knownAmount });
  return {
    ...before,
    ...changeNewestAmounts(before, row, change),
    is_moving: isDue ? before.is_moving : 1,
  };
}

/**
 * Computes the amounts by the newest versions of the rows.
 * @param change the change of the amount that the status of the row causes, e.g. by a refund
 */
function changeNewestAmounts(
  before: ExpectedPayment,
  row: TransactionRow,
  change: bigint,
): Pick<ExpectedPayment, 'newest_initial_amount' | 'newest_amount'> {
  const { first_row_id: firstRowId, first_status: status, newest_initial_amount: initialAmount } = before;
  const amount = BigInt(before.newest_amount) + change;
  // A later status that changes the amount has the amount of the change, e.g. of a refund, instead of the amount of the payment.
  const isOfPayment = row.id === firstRowId && (row.status === status || !isAmountChange(row.status));
  if (!isOfPayment) return { newest_initial_amount: initialAmount, newest_amount: String(amount) };
  // The status of the version that created the payment determines whether the payment has the amount.
  const baseChange =
    getBaseAmount({ status, amount: row.amount }) - getBaseAmount({ status, amount: initialAmount });
  return { newest_initial_amount: row.amount, newest_amount: String(amount + baseChange) };
}

/** Returns the amount that a payment gets from the row that creates it, without the change that its status causes. */
function getBaseAmount({ status, amount }: Pick<TransactionRow, 'status' | 'amount'>): bigint {
  return status === 'AUTHORISATION' ? 0n : BigInt(amount);
}

function isAmountChange(status: string): boolean {
  return getAmountChange({ status, amount: '1' }) !== 0n;
}

function getAmountChange({ status, amount }: Pick<TransactionRow, 'status' | 'amount'>): bigint {
  switch (status) {
    case 'REFUNDED':
      return -BigInt(amount);
    case 'CAPTURE':
    case 'REFUND_REVERSED':
      return BigInt(amount);
    default:
      return 0n;
  }
}
