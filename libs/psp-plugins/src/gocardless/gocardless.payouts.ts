/**
 * Maps payouts with their items: the fees, chargebacks and late failures that only items tell. Items have no ids, and amounts with fractions of a minor
 * unit. GoCardless adds them up and rounds the sum, so the amounts of the rows are rounded in such a way that they add up to the payout.
 */
import {
  createPspMetadata,
  currencyToAsset,
  InvalidRecordError,
  isRejectedRecord,
  parseAmount,
  pickMetadata,
  readText,
  reverseRow,
  toFee,
  toUnlinkedRow,
  translateWord,
} from '@tributary/connector-api';
import type {
  DataWarning,
  FeedReader,
  Movement,
  Page,
  RejectedRecord,
  StoredRecord,
  Transaction,
} from '@tributary/connector-api';
import { parseRow } from '@tributary/connector-api/http';
import type { Json } from '@tributary/connector-api/http';
import { toPayoutRows } from './gocardless.mapper.js';
import {
  BOOKED_AT_KEY,
  ITEM_MOVEMENTS,
  PLUGIN_NAME,
  SETTLEMENT_KEY,
  type ListedObject,
} from './gocardless.types.js';

/** Digits of a minor unit that are read. GoCardless says that items have one. */
const FRACTION_DIGITS = 6;
const UNIT = 10n ** BigInt(FRACTION_DIGITS);
/** How often a payment can be taken back, and a payout can bounce, so that each has a row of its own. */
const MAX_REPEATS = 5;
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
    page.items.push(...(await addReturns(payout, rows, history)));
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
    ...{ id: json.string('id'), asset: currencyToAsset(currency), status: json.string('status') },
    ...{ createdAt: json.time('created_at'), accountId: json.string('links', 'creditor') },
    amount: parseAmount(json.decimal('amount'), 'X/0'),
    fees: parseAmount(json.optionalDecimal('deducted_fees') ?? '0', 'X/0'),
  };
}

/** Adds the row of a payout that came back, or that was sent again after that. Its own row stays SUCCEEDED. */
async function addReturns(
  { id, status }: Payout,
  rows: readonly Transaction[],
  history: RowHistory,
): Promise<Transaction[]> {
  const payout = rows.find((row) => row.id === id);
  if (payout === undefined) return [...rows];
  const ids = Array.from({ length: MAX_REPEATS }, (_, index) => getRepeatedIds(id, index + 1));
  await history.load(ids.flat());
  const [returnId = '', resentId = ''] =
    ids.find(([, resent = '']) => !history.has(resent)) ?? ids.at(-1) ?? [];
  const returned = reverseRow({ ...payout, status: 'SUCCEEDED' }, returnId);
  const hasReturned = history.has(returnId) || returnId !== ids[0]?.[0];
  const own = rows.map((row) =>
    row === payout && hasReturned ? { ...row, status: 'SUCCEEDED' as const } : row,
  );
  if (status === 'bounced') return history.add([...own, returned]);
  if (status === 'paid' && history.has(returnId))
    return history.add([...own, reverseRow(returned, resentId)]);
  return own;
}

function getRepeatedIds(id: string, number: number): [returned: string, resent: string] {
  return [formatNumberedId(`${id}.returned`, number), formatNumberedId(`${id}.resent`, number)];
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
  const { amounts, difference } = roundItems(items, payout.amount);
  await history.loadPayments(items);
  for (const [index, item] of numberEqualIds(items).entries()) {
    const row = createItemRow(payout, item, amounts[index] ?? 0n, history);
    if (row !== undefined) records.push(row);
  }
  records.push(...rejected);
  if (difference === 0n && rejected.length === 0) return undefined;
  const message = `the items of the payout ${payout.id} add up to ${payout.amount + difference} minor units, and the payout is ${payout.amount}; ${rejected.length} items are not readable`;
  return { id: getWarningId(payout.id), message };
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
  const exact = parseAmount(json.decimal('amount'), `X/${FRACTION_DIGITS}`);
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

function formatNumberedId(id: string, number: number): string {
  return number === 1 ? id : `${id}.${number}`;
}

/**
 * Rounds the amounts of items, so that each differs by less than one unit from its exact amount, and all add up to the payout.
 * @returns `difference`: what the items have more than the payout, although rounding does not explain it
 */
function roundItems(items: readonly Item[], total: bigint): { amounts: bigint[]; difference: bigint } {
  const sum = items.reduce((all, { exact }) => all + exact, 0n);
  const isRounding = absolute(sum - total * UNIT) < UNIT;
  const last = items.findLastIndex(({ exact }) => exact % UNIT !== 0n);
  let [cumulated, rounded] = [0n, 0n];
  const amounts = items.map(({ exact }, index) => {
    if (exact % UNIT === 0n) return exact / UNIT;
    cumulated += exact;
    const until = isRounding && index === last ? total - sumWhole(items) : roundUnits(cumulated);
    const amount = until - rounded;
    rounded = until;
    return amount;
  });
  const isExplained = isRounding && (last !== -1 || sum === total * UNIT);
  return { amounts, difference: isExplained ? 0n : roundUnits(sum) - total };
}

function sumWhole(items: readonly Item[]): bigint {
  return items.reduce((all, { exact }) => (exact % UNIT === 0n ? all + exact / UNIT : all), 0n);
}

function roundUnits(exact: bigint): bigint {
  const units = (absolute(exact) + UNIT / 2n) / UNIT;
  return exact < 0n ? -units : units;
}

function absolute(value: bigint): bigint {
  return value < 0n ? -value : value;
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
  fields: Parameters<typeof toUnlinkedRow>[1],
  payment: string,
  history: RowHistory,
): Transaction | undefined {
  const lastDebit = history.findOpenDebit(payment, payout);
  if (lastDebit === undefined) return undefined;
  const id = history.assignId(`${payment}.${CREDIT}`, payout);
  const movement = lastDebit === 'payment_charged_back' ? 'dispute_reversal' : 'adjustment';
  const details = { ...fields.details, movement } as const;
  const { row, linked = row } = toUnlinkedRow('dispute_reversal', { ...fields, id, details }, payment);
  return history.add([linked])[0];
}

/** What is known of a row: the payout that contains it, and when it was booked. */
interface BookedRow {
  settlement: string | undefined;
  bookedAt: number;
}

/** The rows that were served, and those of the payouts before on the same page. */
class RowHistory {
  private readonly rows = new Map<string, BookedRow>();

  constructor(private readonly feedReader: FeedReader) {}

  async load(ids: readonly string[]): Promise<void> {
    const unknown = [...new Set(ids)].filter((id) => !this.rows.has(id));
    if (unknown.length === 0) return;
    for (const [id, row] of await this.feedReader.findLatest('transactions', unknown))
      this.rows.set(id, toBookedRow(row.metadata));
  }

  /** Loads the rows of payments that were taken back. Most payments never are, so they cost two ids in one question. */
  async loadPayments(items: readonly Item[]): Promise<void> {
    const payments = items.flatMap(({ payment, type }) =>
      payment !== undefined && (type === CREDIT || DEBITS.includes(type)) ? [payment] : [],
    );
    await this.load(payments.flatMap((payment) => DEBITS.map((type) => `${payment}.${type}`)));
    const debited = payments.filter((payment) => DEBITS.some((type) => this.has(`${payment}.${type}`)));
    await this.load(
      debited.flatMap((payment) => [...DEBITS, CREDIT].flatMap((type) => listIds(payment, type))),
    );
  }

  has(id: string): boolean {
    return this.rows.has(id);
  }

  add(rows: Transaction[]): Transaction[] {
    for (const { id, metadata = {} } of rows) this.rows.set(id, toBookedRow(metadata));
    return rows;
  }

  /** Returns the id under which this payout's row was served before, or the next one that is free. */
  assignId(base: string, { id: payoutId }: Payout): string {
    const ids = Array.from({ length: MAX_REPEATS }, (_, index) => formatNumberedId(base, index + 1));
    const isFree = (id: string) => !this.has(id) || this.rows.get(id)?.settlement === payoutId;
    return ids.find(isFree) ?? `${base}.${payoutId}`;
  }

  /** Returns the type of the last item that took the payment back before this payout, unless it was paid out again since. */
  findOpenDebit(payment: string, { id, createdAt }: Payout): string | undefined {
    const before = Date.parse(createdAt);
    const find = (type: string) =>
      listIds(payment, type)
        .map((rowId) => this.rows.get(rowId))
        .filter(
          (row): row is BookedRow => row !== undefined && row.settlement !== id && row.bookedAt <= before,
        );
    const debits = DEBITS.flatMap((type) => find(type).map(({ bookedAt }) => ({ type, bookedAt })));
    if (debits.length <= find(CREDIT).length) return undefined;
    return debits.toSorted((a, b) => b.bookedAt - a.bookedAt)[0]?.type;
  }
}

function listIds(payment: string, type: string): string[] {
  return Array.from({ length: MAX_REPEATS }, (_, index) => formatNumberedId(`${payment}.${type}`, index + 1));
}

function toBookedRow(metadata: StoredRecord['metadata'] | NonNullable<Transaction['metadata']>): BookedRow {
  const bookedAt = Date.parse(metadata[BOOKED_AT_KEY] ?? '');
  return { settlement: metadata[SETTLEMENT_KEY], bookedAt: Number.isNaN(bookedAt) ? 0 : bookedAt };
}
