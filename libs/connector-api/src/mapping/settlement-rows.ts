/**
 * Builds the rows of a settlement (payout) from its items, for a PSP whose items have no ids, e.g. fees and chargebacks that only items tell. The payments
 * and refunds in a settlement have lists of their own. A payment that an item takes back can be paid out once more by a later settlement.
 */
import { InvalidRecordError } from '../errors.js';
import type { Json } from '../http/json-accessors.js';
import { parseRow } from '../http/parse-row.js';
import type { Money } from '../money.js';
import { isRejectedRecord } from '../plugin.js';
import type { DataWarning, RejectedRecord } from '../plugin.js';
import type { Metadata, Transaction } from '../record.types.js';
import { toFee } from './fees.js';
import { toUnlinkedRow } from './journal-entry-row.js';
import type { Movement } from './movement-kinds.js';
import type { MovementFields } from './movements.js';
import { negateMoney } from './money-from-minor-units.js';
import { takeValidRecords } from './parse-rows.js';
import { toDisputeReversal } from './refunds-and-disputes.js';
import { roundParts } from './round-parts.js';
import { formatNumberedId } from './row-history.js';
import type { RowHistory, SettlementReference } from './row-history.js';

export interface Settlement extends SettlementReference {
  /** The PSP's id of the own account. */
  accountId: string;
  /** What the settlement pays out: the sum of its items. */
  amount: Money;
}

/** One item of a settlement, as the plugin reads it. */
export interface SettlementItem {
  /** The PSP's word for the type of the item. */
  type: string;
  /** As `parseFractionalUnits` returns it. Negative for money that the settlement was reduced by. */
  exact: bigint;
  /** The PSP's id of the payment, if the item names one. */
  paymentId?: string | undefined;
  /** The PSP's id of the refund, if the item names one. */
  refundId?: string | undefined;
  metadata?: Metadata;
}

/** How a PSP shows its settlements. */
export interface SettlementFormat {
  /** The meaning of each type. `payment`: a payment that is paid out. `dispute`, `adjustment`: a payment that is taken back. */
  movementByType: Readonly<Record<string, Movement>>;
  /** Reads an item of a settlement. @throws InvalidRecordError */
  parseItem: (item: Json, settlementId: string) => SettlementItem;
}

export interface SettlementRows {
  items: (Transaction | RejectedRecord)[];
  /** Present if the items do not add up to the settlement. */
  warning?: DataWarning;
  /** The ids, without numbers, of the rows that items of the settlement can have. */
  itemIds: string[];
}

/** The movements that take a payment back. */
const REVERSALS: readonly (string | undefined)[] = ['dispute', 'adjustment'];

/** Returns true for the movement of an item that takes a payment back. */
export function isReversal(movement: Movement | undefined): boolean {
  return REVERSALS.includes(movement);
}

/** The movements of items that have no rows, or rows that are named after their payments. */
const WITHOUT_ITEM_ID: readonly (string | undefined)[] = [
  ...REVERSALS,
  'payment',
  'refund',
  'refund_reversal',
];

/** The format, what was served, and the payments that the settlement both takes back and pays out once more. */
type SettlementOptions = SettlementFormat & { history: RowHistory; restoredHere: RestorationsHere };

/** The number of items of a settlement that restore a payment which the same settlement takes back, and the type that takes it back, by payment. */
type RestorationsHere = Map<string, { count: number; reversalType: string }>;

/**
 * Returns a row for each item that moves money of its own. Amounts are rounded so that all items add up to the settlement, see `roundParts`. The rows have the
 * time of the settlement, and the ids `<settlement>.<type>.<refund or payment>`, or `<payment>.<type>` for a payment that is taken back or paid out again.
 */
export async function toSettlementRows(
  settlement: Settlement,
  listed: readonly Json[],
  format: SettlementFormat,
  history: RowHistory,
): Promise<SettlementRows> {
  const { amount, id } = settlement;
  const { items, rejected } = parseItems(settlement, listed, format);
  const { amounts, difference } = roundParts(
    items.map(({ exact }) => exact),
    amount.amount,
  );
  await loadReversals(items, { ...format, history });
  const options = {
    ...{ ...format, history },
    restoredHere: await findRestorationsHere(settlement, items, format, history),
  };
  const ids = createItemIds(settlement, items);
  const rows = items.flatMap((item, index) => {
    const fields = createFields(settlement, item, { id: ids[index] ?? id, units: amounts[index] ?? 0n });
    return toItemRow(settlement, item, fields, options) ?? [];
  });
  const itemIds = listItemIds(settlement, items, options);
  if (difference === 0n && rejected.length === 0) return { items: rows, itemIds };
  const message = `the items of the payout ${id} add up to ${amount.amount + difference} minor units, and the payout is ${amount.amount}; ${rejected.length} items are not readable`;
  return { items: [...rows, ...rejected], warning: { id: getItemsWarningId(id), message }, itemIds };
}

/** Returns the id of the warning about items that do not add up, so that it can be resolved. */
export function getItemsWarningId(settlementId: string): string {
  return `items-of-${settlementId}`;
}

/**
 * Reads all items. The order decides the rounding, so it does not depend on the order of the PSP.
 */
function parseItems(
  { id }: Settlement,
  listed: readonly Json[],
  options: SettlementFormat,
): { items: SettlementItem[]; rejected: RejectedRecord[] } {
  // A settlement can have thousands of items, so each item is converted to a string only once.
  const sorted = listed
    .map((json) => ({ json, text: json.toJsonString() }))
    .sort((a, b) => (a.text < b.text ? -1 : 1));
  const parsed = sorted.map(({ json }) => parseRow(json, '', (item) => parseItem(item, id, options)));
  const isPaidOut = (item: SettlementItem | RejectedRecord) =>
    !isRejectedRecord(item) && options.movementByType[item.type] === 'payment';
  const ordered = parsed.toSorted((a, b) => Number(isPaidOut(b)) - Number(isPaidOut(a)));
  return {
    items: takeValidRecords(ordered),
    rejected: ordered.flatMap((item, index) =>
      isRejectedRecord(item) ? [{ ...item, id: formatRejectedItemId(id, index) }] : [],
    ),
  };
}

function parseItem(json: Json, settlementId: string, format: SettlementFormat): SettlementItem {
  const { movementByType } = format;
  const item = format.parseItem(json, settlementId);
  if (item.paymentId === undefined && ['payment', ...REVERSALS].includes(movementByType[item.type] ?? ''))
    throw new InvalidRecordError(`expected the payment of the item ${item.type}, found nothing`);
  return item;
}

/** Returns the ids of the rows, without numbers, that take back a payment which a settlement has paid out. */
export function listReversalIds(
  paymentId: string,
  movementByType: SettlementFormat['movementByType'],
): string[] {
  return listTypes({ movementByType }, REVERSALS).map((type) => `${paymentId}.${type}`);
}

function listTypes(
  { movementByType }: Pick<SettlementFormat, 'movementByType'>,
  movements: readonly (string | undefined)[],
): string[] {
  return Object.keys(movementByType).filter((type) => movements.includes(movementByType[type]));
}

/** Most payments are never taken back, so they cost few ids in one question to the feed. */
async function loadReversals(
  items: readonly SettlementItem[],
  options: SettlementFormat & { history: RowHistory },
): Promise<void> {
  const { movementByType, history } = options;
  const reversals = listTypes(options, REVERSALS);
  const listIds = (payment: string, types: readonly string[]) => types.map((type) => `${payment}.${type}`);
  const payments = items.flatMap(({ paymentId, type }) =>
    paymentId !== undefined && ['payment', ...REVERSALS].includes(movementByType[type]) ? [paymentId] : [],
  );
  await history.load(payments.flatMap((payment) => listIds(payment, reversals)));
  const reversed = payments.filter((payment) => listIds(payment, reversals).some((id) => history.has(id)));
  await history.load(reversed.flatMap((payment) => listIds(payment, listTypes(options, ['payment']))));
}

/**
 * Finds the payments that a settlement both takes back and pays out. If another settlement has paid such a payment out before, the items restore
 * it: a chargeback was cancelled before the payout was created. Otherwise the first item is the payout of the payment itself.
 */
async function findRestorationsHere(
  settlement: Settlement,
  items: readonly SettlementItem[],
  { movementByType }: SettlementFormat,
  history: RowHistory,
): Promise<RestorationsHere> {
  const withPayment = items.filter(({ paymentId }) => paymentId !== undefined);
  const reversals = Map.groupBy(
    withPayment.filter(({ type }) => isReversal(movementByType[type])),
    ({ paymentId = '' }) => paymentId,
  );
  const payouts = Map.groupBy(
    withPayment.filter(
      ({ type, paymentId = '' }) => movementByType[type] === 'payment' && reversals.has(paymentId),
    ),
    ({ paymentId = '' }) => paymentId,
  );
  await history.load([...payouts.keys()]);
  const restored: RestorationsHere = new Map();
  for (const [paymentId, paidOut] of payouts) {
    const takenBack = reversals.get(paymentId) ?? [];
    const former = history.getSettlement(paymentId);
    const isPaidBefore = former !== undefined && former !== settlement.id;
    const count = Math.min(takenBack.length, paidOut.length - (isPaidBefore ? 0 : 1));
    restored.set(paymentId, { count, reversalType: takenBack[0]?.type ?? '' });
  }
  return restored;
}

/** Returns the id of the rejection of an unreadable item. */
export function formatRejectedItemId(settlementId: string, index: number): string {
  return `${settlementId}.item.${index}`;
}

function formatItemId(
  settlementId: string,
  type: string,
  { refundId, paymentId = '' }: SettlementItem,
): string {
  return [settlementId, type, refundId ?? paymentId].join('.');
}

/** Combines each payment and refund with each type of item that has rows of its own. */
function listItemIds(
  { id }: Settlement,
  items: readonly SettlementItem[],
  { movementByType }: SettlementFormat,
): string[] {
  const types = Object.keys(movementByType).filter((type) => !WITHOUT_ITEM_ID.includes(movementByType[type]));
  return [...new Set(items.flatMap((item) => types.map((type) => formatItemId(id, type, item))))];
}

/** Gives items of one settlement that are equal different ids. */
function createItemIds({ id }: Settlement, items: readonly SettlementItem[]): string[] {
  const counts = new Map<string, number>();
  return items.map((item) => {
    const base = formatItemId(id, item.type, item);
    const number = (counts.get(base) ?? 0) + 1;
    counts.set(base, number);
    return formatNumberedId(base, number);
  });
}

function createFields(
  { id: settlement, createdAt, accountId, amount: { asset } }: Settlement,
  { paymentId, metadata }: SettlementItem,
  { id, units }: { id: string; units: bigint },
): MovementFields {
  const details = { settlement, relatedId: paymentId, bookedAt: createdAt };
  return { id, createdAt, accountId, amount: { amount: units, asset }, details, metadata };
}

/** @returns `undefined` for the movement of an object that has a list of its own, and for a fee that is rounded to nothing */
function toItemRow(
  settlement: Settlement,
  { type, paymentId }: SettlementItem,
  fields: MovementFields,
  options: SettlementOptions,
): Transaction | undefined {
  const movement = options.movementByType[type] ?? 'other';
  if (movement === 'refund' || movement === 'refund_reversal') return undefined;
  if (movement === 'payment') return toRestoration(settlement, type, paymentId ?? '', fields, options);
  if (movement === 'fee')
    return fields.amount.amount === 0n ? undefined : toFee({ ...fields, amount: negateMoney(fields.amount) });
  const { history } = options;
  const id = isReversal(movement) ? history.assignId(`${paymentId}.${type}`, settlement) : fields.id;
  const { row, linked = row } = toUnlinkedRow(movement, { ...fields, id }, paymentId);
  return history.add([linked])[0];
}

/** Returns the row of a payment that was taken back and is paid out once more: a chargeback was cancelled, or the payment was collected again. */
function toRestoration(
  settlement: Settlement,
  type: string,
  paymentId: string,
  fields: MovementFields,
  options: SettlementOptions,
): Transaction | undefined {
  const { movementByType, history } = options;
  const reversals = new Map(listTypes(options, REVERSALS).map((word) => [`${paymentId}.${word}`, word]));
  const base = `${paymentId}.${type}`;
  const reversal =
    history.findOpenReversal([...reversals.keys()], base, settlement) ??
    takeRestorationHere(paymentId, options);
  if (reversal === undefined) return undefined;
  const isDispute = movementByType[reversals.get(reversal) ?? ''] === 'dispute';
  const details = { ...fields.details, movement: isDispute ? 'dispute_reversal' : 'adjustment' } as const;
  const id = history.assignId(base, settlement);
  return history.add([toDisputeReversal({ id: paymentId, type: 'PAYIN' }, { ...fields, id, details })])[0];
}

/** @returns the id of the row that takes the payment back in the same settlement; `undefined` if the item is the payout of the payment itself */
function takeRestorationHere(paymentId: string, { restoredHere }: SettlementOptions): string | undefined {
  const restored = restoredHere.get(paymentId);
  if (restored === undefined || restored.count === 0) return undefined;
  restored.count -= 1;
  return `${paymentId}.${restored.reversalType}`;
}
