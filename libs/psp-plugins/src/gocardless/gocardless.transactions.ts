/**
 * Lists transactions from several lists with one cursor: payments, refunds, payouts, outbound payments and the journals of payment accounts by the times
 * at which they were created, and events, which name the objects that changed since. No list has a filter for changes.
 */
import {
  convertValidRecords,
  InvalidRecordError,
  isRejectedRecord,
  parseRows,
  readText,
} from '@tributary/connector-api';
import type { Cursor, FeedReader, Page, RejectedRecord, Transaction } from '@tributary/connector-api';
import { isAccessDenied, parseRow } from '@tributary/connector-api/http';
import type { Json } from '@tributary/connector-api/http';
import {
  changes,
  createChangesCheck,
  createCursorFormat,
  createJsonRowReader,
  createMergeCheck,
  isRereadTimeWindowsPosition,
  isTimeWindowsPosition,
  mergeListings,
  rereadTimeWindows,
  timeWindows,
} from '@tributary/connector-api/listing';
import type {
  ChangesPosition,
  ChangesStep,
  ListingStep,
  MergeSource,
  RereadTimeWindowsPosition,
  TimeWindowsPosition,
} from '@tributary/connector-api/listing';
import { listPaymentAccounts } from './gocardless.accounts.js';
import type { GocardlessClient, GocardlessContext } from './gocardless.client.js';
import {
  getReturnId,
  toAccountTransactionRow,
  toOutboundPaymentRow,
  toPaymentRow,
  toRefundRows,
} from './gocardless.mapper.js';
import { hasAllItems, mapPayouts } from './gocardless.payouts.js';
import {
  CREDITOR_KEY,
  EVENT_LINKS,
  PLUGIN_NAME,
  SETTLEMENT_KEY,
  type ListedObject,
  type TransactionResource,
} from './gocardless.vocabulary.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** The maximum time by which an object is listed late. GoCardless names none. */
const OVERLAP_MS = HOUR_MS;
/** The journal of a payment account has days only, and a bank can name an earlier day. */
const JOURNAL_OVERLAP_MS = 5 * DAY_MS;
/** The number of objects that one event page names and that are requested one by one, between two looks at the clock. */
const OBJECTS_PER_REQUEST = 10;

/** How lists are read that can be filtered by the time at which their rows were created. */
export const CREATED_LIST = {
  ...createJsonRowReader('id', 'created_at'),
  ...({ order: 'newest-first', paging: 'token', resolutionMs: 1, overlapMs: OVERLAP_MS } as const),
};

export function getStart({ settings, clock }: GocardlessContext): number {
  return Math.min(Date.parse(settings.since), clock.now());
}

type Position =
  | RereadTimeWindowsPosition
  | TimeWindowsPosition
  | ChangesPosition<RereadTimeWindowsPosition>
  | ChangesPosition<TimeWindowsPosition>;
const isEventsPosition = createChangesCheck(isTimeWindowsPosition);
const isPayoutsPosition = createChangesCheck(isRereadTimeWindowsPosition);

const CURSOR_FORMAT = createCursorFormat({
  plugin: PLUGIN_NAME,
  version: 1,
  isPosition: createMergeCheck(
    (value): value is Position =>
      isRereadTimeWindowsPosition(value) ||
      isTimeWindowsPosition(value) ||
      isEventsPosition(value) ||
      isPayoutsPosition(value),
  ),
});

/** One list, and how its objects become rows. */
interface Source extends MergeSource<ListedObject, Position> {
  /** Where the first listing of events begins. */
  start?: Position;
  map: (
    objects: readonly ListedObject[],
  ) => Promise<Partial<Page<Transaction>> & Pick<Page<Transaction>, 'items'>>;
}

export async function* listTransactionPages(
  context: GocardlessContext,
  since: Cursor | undefined,
): AsyncGenerator<Page<Transaction>> {
  const position = CURSOR_FORMAT.parse(since);
  const paymentAccounts = await listPaymentAccounts(context);
  const sources = createSources(context, paymentAccounts);
  // The first cursor contains these, so a change during a first listing that is interrupted is found, although it is older at the next one.
  const starts = Object.fromEntries(sources.flatMap(({ id, start }) => (start ? [[id, start]] : [])));
  for await (const step of mergeListings<ListedObject, Position, Source>(sources, {
    ...starts,
    ...position,
  })) {
    const page = await step.source.map(step.rows);
    yield {
      ...page,
      cursor: CURSOR_FORMAT.serialize(step.position),
      warnings: [...(step.warnings ?? []), ...(page.warnings ?? [])],
      ...(step.progress !== undefined && { progress: step.progress }),
    };
  }
}

function createSources(context: GocardlessContext, paymentAccounts: readonly Json[]): Source[] {
  const { feedReader, settings } = context;
  const accounts = new Map(
    paymentAccounts.map((row) => [readText(row, 'links', 'creditor'), readText(row, 'id')]),
  );
  const mappers: Record<TransactionResource, Source['map']> = {
    payments: async (objects) => ({
      items: await keepPaidOut(parseRows(toJson(objects), 'id', toPaymentRow), feedReader),
    }),
    refunds: async (objects) => ({ items: await mapRefunds(context, toJson(objects)) }),
    payouts: (objects) => mapPayouts(objects, feedReader),
    outbound_payments: async (objects) => ({
      items: await keepReturned(
        parseRows(toJson(objects), 'id', (row) => {
          const creditor = row.string('links', 'creditor');
          return toOutboundPaymentRow(row, accounts.get(creditor) ?? creditor);
        }),
        feedReader,
      ),
    }),
  };
  const hasOutbound = settings.paymentAccounts !== 'off';
  const resources = Object.keys(mappers) as TransactionResource[];
  return [
    {
      id: 'payments',
      list: (at: Position | undefined) => listCreated(context, 'payments', at),
      map: mappers.payments,
    },
    ...['payment', 'mandate'].map((type) => ({
      id: `${type}_refunds`,
      list: (at: Position | undefined) => listCreated(context, 'refunds', at, { refund_type: type }),
      map: mappers.refunds,
    })),
    { id: 'payouts', list: (at: Position | undefined) => listPayouts(context, at), map: mappers.payouts },
    ...(hasOutbound
      ? [
          {
            id: 'outbound_payments',
            list: (at: Position | undefined) => listCreated(context, 'outbound_payments', at),
            map: mappers.outbound_payments,
          },
        ]
      : []),
    ...paymentAccounts.flatMap((account) => createJournalSource(context, account)),
    ...resources
      .filter((resource) => hasOutbound || resource !== 'outbound_payments')
      .map((resource) => ({
        id: `events.${resource}`,
        start: createEventsStart(context),
        list: (at: Position | undefined) => listChanged(context, resource, at),
        map: mappers[resource],
      })),
  ].map((source) => ({
    ...source,
    list: (at: Position | undefined) =>
      listWhereAllowed(source, at, paymentAccounts.length === 0 && settings.paymentAccounts !== 'required'),
  }));
}

/**
 * Lists a source. Where the token may not read outbound payments, they are left out, as the settings say, unless it may read the journal of a payment
 * account: the debits of a journal have no rows, because their outbound payments have them. GoCardless allows refunds of mandates on request only.
 */
async function* listWhereAllowed(source: Source, at: Position | undefined, isOutboundOptional: boolean) {
  try {
    yield* source.list(at);
  } catch (error) {
    const isOptional =
      source.id === 'mandate_refunds' || (isOutboundOptional && source.id.endsWith('outbound_payments'));
    if (!isOptional || !isAccessDenied(error)) throw error;
  }
}

/** Lists objects by the time at which they were created. The newest of them are read again, besides what events report. */
async function* listCreated(
  context: GocardlessContext,
  resource: string,
  at: Position | undefined,
  query: Readonly<Record<string, string>> = {},
): AsyncGenerator<ListingStep<ListedObject, RereadTimeWindowsPosition>> {
  const steps = rereadCreated(context, resource, at, query);
  for await (const step of steps) yield { ...step, rows: toObjects(step.rows) };
}

function rereadCreated(
  context: GocardlessContext,
  resource: string,
  at: Position | undefined,
  query: Readonly<Record<string, string>> = {},
) {
  const { client, settings } = context;
  const options = {
    ...CREATED_LIST,
    start: getStart(context),
    changesWithinMs: settings.changesWithinDays * DAY_MS,
    everyMs: settings.rereadEveryHours * HOUR_MS,
    fetchPage: (window: Parameters<GocardlessClient['listCreated']>[1], signal: AbortSignal) =>
      client.listCreated(resource, window, { query, signal }),
  };
  return rereadTimeWindows<Json>(options, isRereadTimeWindowsPosition(at) ? at : undefined, context);
}

/**
 * Lists payouts with their items. A payout is not read again unless its state changes, or the items that were read do not add up to it: GoCardless
 * can list items late.
 */
async function* listPayouts(
  context: GocardlessContext,
  at: Position | undefined,
): AsyncGenerator<ChangesStep<ListedObject, RereadTimeWindowsPosition>> {
  const known = new Map<string, Json>();
  const incomplete = new Set<string>();
  const steps = changes<Json, RereadTimeWindowsPosition, ListedObject>(
    {
      listEvents: (since) => rereadCreated(context, 'payouts', since),
      getEventId: getPayoutState,
      getObjectId: (payout) => remember(known, payout),
      getId: getObjectId,
      fetchObjects: (ids, signal) => fetchObjects(context, 'payouts', { ids, known, signal }),
    },
    isPayoutsPosition(at) ? at : undefined,
    context,
  );
  for await (const step of steps) {
    for (const payout of step.rows) if (!hasAllItems(payout)) incomplete.add(getPayoutState(payout.json));
    const seen = step.position.seen.filter((state) => !incomplete.has(state));
    yield { ...step, position: { ...step.position, seen } };
  }
}

/** The lists are read from their beginning, so events matter from the beginning of the first listing on. */
function createEventsStart({ clock }: GocardlessContext): Position {
  return { events: { at: clock.now() - OVERLAP_MS, span: DAY_MS }, pending: [], seen: [] };
}

/** Lists the objects that events name, in their present state. GoCardless sends them together with the events. */
function listChanged(
  context: GocardlessContext,
  resource: TransactionResource,
  at: Position | undefined,
): AsyncGenerator<ChangesStep<ListedObject, TimeWindowsPosition>> {
  const known = new Map<string, Json>();
  const options = {
    ...CREATED_LIST,
    start: getStart(context),
    fetchPage: async (window: Parameters<GocardlessClient['listEvents']>[1], signal: AbortSignal) => {
      const { linked, ...page } = await context.client.listEvents(resource, window, signal);
      for (const json of linked) remember(known, json);
      return page;
    },
  };
  return changes<Json, TimeWindowsPosition, ListedObject>(
    {
      listEvents: (since) => timeWindows<Json>(options, since, context),
      getEventId: CREATED_LIST.getId,
      getObjectId: (event) => readText(event, 'links', EVENT_LINKS[resource]),
      getId: getObjectId,
      fetchObjects: (ids, signal) => fetchObjects(context, resource, { ids, known, signal }),
      maxIdsPerRequest: resource === 'payouts' ? 1 : OBJECTS_PER_REQUEST,
    },
    isEventsPosition(at) ? at : undefined,
    context,
  );
}

/** A payout is read again, with its items, when one of these changes. */
function getPayoutState(payout: Json): string {
  return [['id'], ['status'], ['fx', 'fx_amount']].map((path) => readText(payout, ...path)).join(' ');
}

function remember(known: Map<string, Json>, json: Json): string | undefined {
  const id = readText(json, 'id');
  if (id !== undefined) known.set(id, json);
  return id;
}

/** Returns objects by their ids: those that are known already, and the others from GoCardless. A payout comes with its items. */
async function fetchObjects(
  { client }: GocardlessContext,
  resource: TransactionResource,
  { ids, known, signal }: { ids: readonly string[]; known: Map<string, Json>; signal: AbortSignal },
): Promise<ListedObject[]> {
  const objects: ListedObject[] = [];
  for (const id of ids) {
    const json = known.get(id) ?? (await client.find(resource, id, signal));
    known.delete(id);
    if (json === undefined) continue;
    const items = resource === 'payouts' ? await client.listPayoutItems(id, signal) : undefined;
    objects.push({ json, items });
  }
  return objects;
}

function getObjectId({ json }: ListedObject): string {
  return CREATED_LIST.getId(json);
}

function toObjects(rows: readonly Json[]): ListedObject[] {
  return rows.map((json) => ({ json }));
}

function toJson(objects: readonly ListedObject[]): Json[] {
  return objects.map(({ json }) => json);
}

/** Returns the journal of a payment account. A malformed account has none: the list of accounts reports it. */
function createJournalSource(context: GocardlessContext, account: Json): Source[] {
  const { client, settings } = context;
  const id = readText(account, 'id');
  if (id === undefined) return [];
  const options = {
    ...createJsonRowReader('id', 'value_date'),
    getTime: (row: Json) => toDayStart(readText(row, 'value_date')),
    ...({ order: 'newest-first', paging: 'token', resolutionMs: DAY_MS } as const),
    overlapMs: JOURNAL_OVERLAP_MS,
    start: getStart({ ...context, settings }),
    fetchPage: (window: Parameters<GocardlessClient['listAccountTransactions']>[1], signal: AbortSignal) =>
      client.listAccountTransactions(id, window, signal),
  };
  const list = async function* (at: Position | undefined) {
    const steps = timeWindows<Json>(options, isTimeWindowsPosition(at) ? at : undefined, context);
    for await (const step of steps) yield { ...step, rows: toObjects(step.rows) };
  };
  return [{ id, list, map: async (objects) => ({ items: await mapJournal(context, id, toJson(objects)) }) }];
}

function toDayStart(day: string | undefined): number | undefined {
  const time = Date.parse(`${day}T00:00:00Z`);
  return Number.isNaN(time) ? undefined : time;
}

/** A credit that names an outbound payment is its return, unless the payment itself says that it was not executed. */
async function mapJournal(
  { client, signal }: GocardlessContext,
  accountId: string,
  rows: readonly Json[],
): Promise<Page<Transaction>['items']> {
  const items: Page<Transaction>['items'] = [];
  for (const json of rows) {
    const row = parseRow(json, 'id', (one) => ({ row: toAccountTransactionRow(one, accountId) }));
    if (isRejectedRecord(row)) items.push(row);
    else if (row.row?.relatedTransactionId === undefined) items.push(...(row.row ? [row.row] : []));
    else {
      const original = await client.find('outbound_payments', row.row.relatedTransactionId, signal);
      if (original === undefined || readText(original, 'status') === 'executed') items.push(row.row);
    }
  }
  return items;
}

/** Maps refunds. A refund names its payment, which names the creditor whose balance pays it. */
async function mapRefunds(
  { client, feedReader, signal }: GocardlessContext,
  refunds: readonly Json[],
): Promise<Page<Transaction>['items']> {
  const payments = refunds.map((row) => readText(row, 'links', 'payment')).filter((id) => id !== undefined);
  const served =
    payments.length === 0 ? [] : await feedReader.findLatest('transactions', [...new Set(payments)]);
  const creditors = new Map([...served].map(([id, { metadata }]) => [id, metadata[CREDITOR_KEY]]));
  for (const row of refunds) {
    const [resource, id] = row.has('links', 'payment')
      ? (['payments', readText(row, 'links', 'payment')] as const)
      : (['mandates', readText(row, 'links', 'mandate')] as const);
    if (id === undefined || creditors.get(id) !== undefined) continue;
    const original = await client.find(resource, id, signal);
    creditors.set(id, original && readText(original, 'links', 'creditor'));
  }
  return parseRows(refunds, 'id', (row) => {
    const id = readText(row, 'links', 'payment') ?? readText(row, 'links', 'mandate') ?? '';
    return toRefundRows(row, creditors.get(id) ?? rejectRefund(id));
  });
}

function rejectRefund(id: string): never {
  throw new InvalidRecordError(
    `links: GoCardless does not show the creditor of ${id}, whose balance paid the refund`,
  );
}

/**
 * Keeps payments that were served as paid out: GoCardless says `failed` or `submitted` of one that failed late or is collected again, while items of
 * payouts move its money. They also keep the payout that contained them first.
 */
function keepPaidOut(rows: (Transaction | RejectedRecord)[], feedReader: FeedReader) {
  return convertValidRecords<Transaction, Transaction>(rows, async (valid) => {
    const served = await feedReader.findLatest(
      'transactions',
      valid.map(({ id }) => id),
    );
    return valid.map((row) => {
      const { status, metadata = {} } = served.get(row.id) ?? {};
      const settlement = metadata[SETTLEMENT_KEY];
      if (status !== 'SUCCEEDED' || settlement === undefined) return row;
      return { ...row, status, metadata: { ...row.metadata, [SETTLEMENT_KEY]: settlement } };
    });
  });
}

/** Keeps outbound payments whose return was served: the return has a row of its own. */
function keepReturned(rows: (Transaction | RejectedRecord)[], feedReader: FeedReader) {
  return convertValidRecords<Transaction, Transaction>(rows, async (valid) => {
    const failed = valid.filter(({ status }) => status === 'FAILED').map(({ id }) => getReturnId(id));
    const served = failed.length === 0 ? new Map() : await feedReader.findLatest('transactions', failed);
    return valid.map((row) => (served.has(getReturnId(row.id)) ? { ...row, status: 'SUCCEEDED' } : row));
  });
}
