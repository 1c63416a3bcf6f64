/**
 * Creates the data of the scripted PSP: plain payments on more than one page of Formance's lists, a transaction in each status, payments
 * whose amount other rows change, and payments that change later.
 */
import { toBalanceEffects, type BalanceEffect } from '@tributary/connector-api';
import type { TransactionStatus, TransactionType } from '@tributary/connector-api';

export interface ScriptedAmount {
  /** The amount in minor units, as decimal digits. */
  amount: string;
  asset: string;
}

export interface ScriptedRow {
  id: string;
  relatedTransactionId?: string;
  createdAt: string;
  updatedAt: string;
  type: TransactionType;
  status: TransactionStatus;
  amount: ScriptedAmount;
  sourceAccountId?: string;
  destinationAccountId?: string;
}

/** The content of the file that the scripted PSP reads. */
export interface ScriptedData {
  accounts: readonly { id: string; name: string }[];
  beneficiaries: readonly { id: string; ownerName: string }[];
  transactions: readonly ScriptedRow[];
  balances: Readonly<Record<string, readonly ScriptedAmount[]>>;
}

/** The new amounts, statuses and types of rows, by their ids. */
export type RowChanges = Readonly<
  Record<string, { amount?: string; status?: TransactionStatus; type?: TransactionType }>
>;

export const SCRIPTED_ACCOUNTS = ['main', 'reserve'] as const;
const [MAIN, RESERVE] = SCRIPTED_ACCOUNTS;
export const PAYEE = 'payee';

/** The number of plain payments. Formance's lists have at most 100 objects on a page. */
const PLAIN_PAYMENTS = 110;
/** Assets with two, no and three decimal places. */
const ASSETS = ['EUR/2', 'JPY', 'BHD/3'] as const;
/** The smallest whole number that a JavaScript number cannot represent. */
const UNREPRESENTABLE_AMOUNT = '9007199254740993';
/** The statuses that change no amount in Formance. */
const PLAIN_STATUSES = [
  ...['PENDING', 'FAILED', 'CANCELLED', 'EXPIRED', 'REFUNDED_FAILURE', 'DISPUTE', 'DISPUTE_WON'],
  ...['DISPUTE_LOST', 'AUTHORISATION', 'CAPTURE_FAILED', 'OTHER'],
] as const satisfies readonly TransactionStatus[];

/** The changes of statuses, step by step. Formance stores a version for each status. */
export const STATUS_CHANGES: readonly RowChanges[] = [
  { decided: { status: 'SUCCEEDED' }, disputed: { status: 'DISPUTE' }, failed: { status: 'FAILED' } },
  { disputed: { status: 'DISPUTE_WON' } },
];

/** Corrections of amounts by the PSP. Formance keeps the amounts that it read first. */
export const CORRECTIONS = {
  'a cent more, with the same status': { id: 'plain-21', amount: '1022' },
  'a cent less, with the same status': { id: 'plain-24', amount: '1023' },
  'a cent more, with another status': { id: 'estimated', amount: '2501', status: 'SUCCEEDED' },
} as const;

/** A row that becomes a payout. Formance makes another payment, and keeps the first one. */
export const RETYPED = { id: 'plain-30', type: 'PAYOUT' } as const;

/**
 * Creates the rows of the PSP.
 * @param start the time of the first row, in milliseconds since 1970
 */
export function createScriptedRows(start: number): ScriptedRow[] {
  const shapes: RowShape[] = [
    ...Array.from({ length: PLAIN_PAYMENTS }, (_, index) => createPlainShape(index)),
    ...PLAIN_STATUSES.map((status, index) => ({
      ...{ id: `status-${status}`, type: 'PAYIN' as const, status, amount: String(5000 + index) },
    })),
    { id: 'large', type: 'PAYIN', status: 'PENDING', amount: UNREPRESENTABLE_AMOUNT },
    { id: 'refunded', type: 'PAYIN', status: 'SUCCEEDED', amount: '9000' },
    { id: 'refund', relatedTransactionId: 'refunded', type: 'PAYIN', status: 'REFUNDED', amount: '4001' },
    {
      id: 'reversal',
      relatedTransactionId: 'refunded',
      type: 'PAYIN',
      status: 'REFUND_REVERSED',
      amount: '1001',
    },
    { id: 'authorised', type: 'PAYIN', status: 'AUTHORISATION', amount: '8000' },
    { id: 'capture-1', relatedTransactionId: 'authorised', type: 'PAYIN', status: 'CAPTURE', amount: '3000' },
    { id: 'capture-2', relatedTransactionId: 'authorised', type: 'PAYIN', status: 'CAPTURE', amount: '2999' },
    { id: 'decided', type: 'PAYIN', status: 'PENDING', amount: '7000' },
    { id: 'disputed', type: 'PAYIN', status: 'SUCCEEDED', amount: '7001' },
    { id: 'failed', type: 'PAYOUT', status: 'PENDING', amount: '7002' },
    { id: 'estimated', type: 'PAYIN', status: 'PENDING', amount: '2500' },
    { id: 'to-reserve', type: 'TRANSFER', status: 'SUCCEEDED', amount: '600' },
  ];
  return shapes.map((shape, index) => toRow(shape, new Date(start + index * 1000).toISOString()));
}

/** Returns the rows after changes of the PSP. */
export function changeRows(rows: readonly ScriptedRow[], changes: RowChanges, at: number): ScriptedRow[] {
  return rows.map((row) => {
    const change = changes[row.id];
    if (change === undefined) return row;
    const { amount = row.amount.amount, status = row.status, type = row.type } = change;
    const { id, relatedTransactionId, createdAt } = row;
    return {
      ...{ id, createdAt, ...(relatedTransactionId !== undefined && { relatedTransactionId }) },
      ...{ type, status, amount: { ...row.amount, amount } },
      ...{ updatedAt: new Date(at).toISOString(), ...toDirection(type, status) },
    };
  });
}

/** Returns the data of the PSP with these rows, and with the balances that result from them. */
export function toScriptedData(rows: readonly ScriptedRow[]): ScriptedData {
  const sums = new Map<string, Map<string, bigint>>(SCRIPTED_ACCOUNTS.map((account) => [account, new Map()]));
  for (const { accountId, asset, amount } of rows.flatMap(findEffects)) {
    const account = sums.get(accountId);
    account?.set(asset, (account.get(asset) ?? 0n) + amount);
  }
  return {
    accounts: SCRIPTED_ACCOUNTS.map((id) => ({ id, name: `The account ${id}` })),
    beneficiaries: [{ id: PAYEE, ownerName: 'Payee' }],
    transactions: rows,
    balances: Object.fromEntries(
      [...sums].map(([account, amounts]) => [
        account,
        [...amounts].map(([asset, amount]) => ({ asset, amount: String(amount) })),
      ]),
    ),
  };
}

/** Returns the changes of balances that a row causes. */
export function findEffects(row: ScriptedRow): BalanceEffect[] {
  const { type, status, sourceAccountId, destinationAccountId, amount } = row;
  return toBalanceEffects({
    ...{ type, status, sourceAccountId, destinationAccountId },
    ...{ amount: BigInt(amount.amount), asset: amount.asset },
  });
}

type RowShape = Pick<ScriptedRow, 'id' | 'relatedTransactionId' | 'type' | 'status'> & {
  amount: string;
  asset?: string;
};

/** Every fourth payment leaves the account. */
function createPlainShape(index: number): RowShape {
  const type = index % 4 === 3 ? 'PAYOUT' : 'PAYIN';
  return {
    ...{ id: `plain-${index}`, type, status: 'SUCCEEDED', amount: String(1000 + index) },
    ...(index < 60 && { asset: ASSETS[index % ASSETS.length]! }),
  };
}

function toRow({ amount, asset = ASSETS[0], ...shape }: RowShape, createdAt: string): ScriptedRow {
  return {
    ...{ ...shape, createdAt, updatedAt: createdAt, amount: { amount, asset } },
    ...toDirection(shape.type, shape.status),
  };
}

/** A row that takes money back has the direction of this movement. */
function toDirection(
  type: TransactionType,
  status: TransactionStatus,
): Pick<ScriptedRow, 'sourceAccountId' | 'destinationAccountId'> {
  if (type === 'TRANSFER') return { sourceAccountId: MAIN, destinationAccountId: RESERVE };
  if (type === 'PAYOUT') return { sourceAccountId: MAIN, destinationAccountId: PAYEE };
  return status === 'REFUNDED' ? { sourceAccountId: MAIN } : { destinationAccountId: MAIN };
}
