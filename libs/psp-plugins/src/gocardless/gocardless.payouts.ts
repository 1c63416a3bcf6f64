/**
 * Maps payouts with their items: the fees, chargebacks and late failures that only items tell. Items have no ids, and amounts with fractions of a minor
 * unit. GoCardless adds them up and rounds the sum, so the amounts of the rows are rounded in such a way that they add up to the payout.
 */
import {
  createPspMetadata,
  currencyToAsset,
  formatNumberedId,
  InvalidRecordError,
  isRejectedRecord,
  parseAmount,
  parseFractionalUnits,
  pickMetadata,
  readText,
  roundParts,
  RowHistory,
  toDisputeReversal,
  toFee,
  toReturnedPayout,
  toUnlinkedRow,
  translateWord,
} from '@tributary/connector-api';
import type {
  DataWarning,
  FeedReader,
  Movement,
  MovementFields,
  Page,
  RejectedRecord,
  Transaction,
} from '@tributary/connector-api';
import { parseRow } from '@tributary/connector-api/http';
import type { Json } from '@tributary/connector-api/http';
import { toPayoutRows } from './gocardless.mapper.js';
import { ITEM_MOVEMENTS, PAYOUT_STATES, PLUGIN_NAME, type ListedObject } from './gocardless.vocabulary.js';

/** The types of items that take a payment back. */
const DEBITS: readonly string[] = ['payment_failed', 'payment_charged_back'];
const CREDIT = 'payment_paid_out';

type PayoutPage = Required<Pick<Page<Transaction>, 'items' | 'warnings' | 'resolvedIds'>>;

/** Maps payouts, oldest first. Warns of a payout whose items do not add up to it, and of one without items. */
export async function mapPayouts(
  payouts: readonly ListedObject[],
  feedReader: FeedReader,
): Promise<PayoutPage> {
  const page: PayoutPage = { items: [], warnings: [], resolvedIds: [] };
  const history = new RowHistory(feedReader);
  for (const { json, items } of payouts) {
    const parsed = parseRow(json, 'id', (row) => ({ rows: toPayoutRows(row), payout: parsePayout(row) }));
    if (isRejectedRecord(parsed)) {
      page.items.push(parsed);
      continue;
    }
    const { payout, rows } = parsed;
    for (const row of rows)
      if (row.id === payout.id) page.items.push(...(await toReturnedPayout(row, payout.state, history)));
      else page.items.push(row);
    const warning =
      items === undefined ? WITHOUT_ITEMS : await addItemRows(payout, items, history, page.items);
    if (warning !== undefined) page.warnings.push(warning);
    else page.resolvedIds.push(getWarningId(payout.id));
    if (items === undefined && payout.fees !== 0n) page.items.push(toWholeFee(payout));
  }
  return page;
}

const WITHOUT_ITEMS: DataWarning = {
  id: 'payouts-without-items',
  message:
    'GoCardless no longer lists the items of payouts that are older than six months: their fees are one row each, and their chargebacks and late failures are missing',
};

type Payout = ReturnType<typeof parsePayout>;

function parsePayout(json: Json) {
  const currency = json.string('currency');
  return {
    state: translateWord(PAYOUT_STATES, json, 'status'),
    ...{ id: json.string('id'), asset: currencyToAsset(currency) },
    ...{ createdAt: json.time('created_at'), accountId: json.string('links', 'creditor') },
    amount: parseAmount(json.decimal('amount'), 'X/0'),
    fees: parseAmount(json.optionalDecimal('deducted_fees') ?? '0', 'X/0'),
  };
}

/** A payout whose items are not listed any more still tells the sum of its fees. */
function toWholeFee({ id, asset, createdAt, accountId, fees }: Payout): Transaction {
  const metadata = createPspMetadata(PLUGIN_NAME, { type: 'deducted_fees', payout: id });
  const details = { settlement: id, bookedAt: createdAt };
  return toFee({
    id: `${id}.fees`,
    createdAt,
    accountId,
    amount: { amount: fees, asset },
    details,
    metadata,
  });
}

interface Item {
  json: Json;
  type: string;
  movement: Movement;
  /** The id of the payment, if the item names one. */
  payment: string | undefined;
  /** In fractions of a minor unit. */
  exact: bigint;
  /** The id of its row, unless the same payment can have it in several payouts. */
  id: string;
}

/** @returns a warning if the items do not add up to the payout */
async function addItemRows(
  payout: Payout,
  listed: readonly Json[],
  history: RowHistory,
  records: PayoutPage['items'],
): Promise<DataWarning | undefined> {
  const items: Item[] = [];
  const rejected: RejectedRecord[] = [];
  for (const [index, json] of sortItems(listed).entries()) {
    const item = parseRow(json, '', (row) => parseItem(row, payout));
    if (isRejectedRecord(item)) rejected.push({ ...item, id: `${payout.id}.item.${index}` });
    else items.push(item);
  }
  const { amounts, difference } = roundParts(
    items.map(({ exact }) => exact),
    payout.amount,
  );
  await loadReversals(items, history);
  for (const [index, item] of numberEqualIds(items).entries()) {
    const row = createItemRow(payout, item, amounts[index] ?? 0n, history);
    if (row !== undefined) records.push(row);
  }
  records.push(...rejected);
  if (difference === 0n && rejected.length === 0) return undefined;
  const message = `the items of the payout ${payout.id} add up to ${payout.amount + difference} minor units, and the payout is ${payout.amount}; ${rejected.length} items are not readable`;
  return { id: getWarningId(payout.id), message };
}

/** @returns false if the items that were read do not add up to the payout; true for a payout whose items are not listed any more */
export function hasAllItems({ json, items }: ListedObject): boolean {
  if (items === undefined) return true;
  const parsed = parseRow(json, 'id', (row) => {
    const payout = parsePayout(row);
    return { amount: payout.amount, exact: items.map((item) => parseItem(item, payout).exact) };
  });
  return !isRejectedRecord(parsed) && roundParts(parsed.exact, parsed.amount).difference === 0n;
}

/** Most payments are never taken back, so they cost two ids in one question to the feed. */
async function loadReversals(items: readonly Item[], history: RowHistory): Promise<void> {
  const payments = items.flatMap(({ payment, type }) =>
    payment !== undefined && [CREDIT, ...DEBITS].includes(type) ? [payment] : [],
  );
  await history.load(payments.flatMap(listReversalIds));
  const reversed = payments.filter((payment) => listReversalIds(payment).some((id) => history.has(id)));
  await history.load(reversed.map((payment) => `${payment}.${CREDIT}`));
}

function listReversalIds(payment: string): string[] {
  return DEBITS.map((type) => `${payment}.${type}`);
}

function getWarningId(payoutId: string): string {
  return `items-of-${payoutId}`;
}

/** Credits come first: a payment that is paid out and taken back in one payout was paid out before. The order decides the rounding, so it is always the same. */
function sortItems(items: readonly Json[]): Json[] {
  const keys = new Map(
    items.map((json) => [json, `${readText(json, 'type') === CREDIT ? 0 : 1}${json.toJsonString()}`]),
  );
  return items.toSorted((a, b) => ((keys.get(a) ?? '') < (keys.get(b) ?? '') ? -1 : 1));
}

function parseItem(json: Json, payout: Payout): Item {
  const movement = translateWord(ITEM_MOVEMENTS, json, 'type');
  const type = json.string('type');
  const [payment, refund] = [readText(json, 'links', 'payment'), readText(json, 'links', 'refund')];
  if (payment === undefined && (type === CREDIT || DEBITS.includes(type)))
    throw new InvalidRecordError(`links.payment: expected the payment of the item ${type}, found nothing`);
  const exact = parseFractionalUnits(json.decimal('amount'));
  return { json, type, movement, payment, exact, id: [payout.id, type, refund ?? payment ?? ''].join('.') };
}

/** Gives items of one payout that are equal different ids. */
function numberEqualIds(items: readonly Item[]): Item[] {
  const counts = new Map<string, number>();
  return items.map((item) => {
    const number = (counts.get(item.id) ?? 0) + 1;
    counts.set(item.id, number);
    return { ...item, id: formatNumberedId(item.id, number) };
  });
}

const ITEM_METADATA = {
  type: ['type'],
  amount: ['amount'],
  payment: ['links', 'payment'],
  refund: ['links', 'refund'],
};
const TAX_METADATA = {
  tax_amount: ['taxes', 0, 'amount'],
  tax_rate_id: ['taxes', 0, 'tax_rate_id'],
} as const;

/** @returns `undefined` for the movement of an object that has a list of its own, and for an amount that is rounded to nothing */
function createItemRow(
  payout: Payout,
  { json, type, movement, payment, id }: Item,
  amount: bigint,
  history: RowHistory,
): Transaction | undefined {
  const { createdAt, accountId, asset } = payout;
  const fields = {
    ...{ id, createdAt, accountId, amount: { amount, asset } },
    details: { settlement: payout.id, relatedId: payment, bookedAt: createdAt },
    metadata: {
      ...pickMetadata(PLUGIN_NAME, json, { ...ITEM_METADATA, ...TAX_METADATA }),
      ...createPspMetadata(PLUGIN_NAME, { payout: payout.id }),
    },
  };
  if (movement === 'refund' || movement === 'refund_reversal') return undefined;
  if (movement === 'payment') return createRepaidRow(payout, fields, payment ?? '', history);
  if (movement === 'fee')
    return amount === 0n ? undefined : toFee({ ...fields, amount: { amount: -amount, asset } });
  const isDebit = DEBITS.includes(type) && payment !== undefined;
  const numbered = isDebit ? { ...fields, id: history.assignId(`${payment}.${type}`, payout) } : fields;
  const { row, linked = row } = toUnlinkedRow(movement, numbered, payment);
  return history.add([linked])[0];
}

/** A payment that was taken back and is paid out once more: a chargeback was cancelled, or a payment was collected again after a late failure. */
function createRepaidRow(
  payout: Payout,
  fields: MovementFields,
  payment: string,
  history: RowHistory,
): Transaction | undefined {
  const base = `${payment}.${CREDIT}`;
  const reversal = history.findOpenReversal(listReversalIds(payment), base, payout);
  if (reversal === undefined) return undefined;
  const id = history.assignId(base, payout);
  const movement = reversal.endsWith('charged_back') ? 'dispute_reversal' : 'adjustment';
  const details = { ...fields.details, movement } as const;
  return history.add([toDisputeReversal({ id: payment, type: 'PAYIN' }, { ...fields, id, details })])[0];
}
