/** Converts between table rows and orders. */
import type { OrderKind } from '@tributary/connector-api';
import type { Insertable, Selectable } from 'kysely';
import type { NewOrder, OrderProgress, StoredOrder } from './order.types.js';
import type { OrderTable } from './schema.js';

export function toOrder(row: Selectable<OrderTable>): StoredOrder {
  return {
    id: row.id,
    connector: row.connector,
    idempotencyKey: row.idempotency_key,
    pspKey: row.psp_key,
    kind: row.kind as OrderKind,
    request: row.request,
    amount: BigInt(row.amount),
    asset: row.asset,
    createdAt: row.created_at,
    state: row.state,
    pspId: row.psp_id ?? undefined,
    details: row.details,
    changedAt: row.changed_at,
    answer: row.answer ?? undefined,
    answeredAt: row.answered_at ?? undefined,
    published: row.published ?? undefined,
    publishedAt: row.published_at ?? undefined,
    attempts: row.attempts,
    sentAt: row.sent_at ?? undefined,
    unsureSince: row.unsure_since ?? undefined,
    refusedAt: row.refused_at ?? undefined,
    shownAt: row.shown_at ?? undefined,
    nextAt: row.next_at ?? undefined,
    holder: row.holder ?? undefined,
    leasedUntil: row.leased_until,
    fence: row.fence,
  };
}

/** Returns the row of a new order in its initial state. */
export function newOrderRow(connector: string, order: NewOrder): Insertable<OrderTable> {
  return {
    id: order.id,
    connector,
    idempotency_key: order.idempotencyKey,
    psp_key: order.pspKey,
    kind: order.kind,
    request: order.request,
    amount: order.amount.toString(),
    asset: order.asset,
    created_at: order.createdAt,
    entries: 0,
    ...progressColumns({
      state: 'received',
      pspId: undefined,
      details: '{}',
      changedAt: order.createdAt,
      answer: undefined,
      answeredAt: undefined,
      published: undefined,
      publishedAt: undefined,
      attempts: 0,
      sentAt: undefined,
      unsureSince: undefined,
      refusedAt: undefined,
      shownAt: undefined,
      nextAt: undefined,
      holder: undefined,
      leasedUntil: 0,
      fence: 0,
    }),
  };
}

type ProgressColumns = Omit<
  OrderTable,
  | 'id'
  | 'connector'
  | 'idempotency_key'
  | 'psp_key'
  | 'kind'
  | 'request'
  | 'amount'
  | 'asset'
  | 'created_at'
  | 'entries'
>;

export function progressColumns(progress: OrderProgress): ProgressColumns {
  return {
    state: progress.state,
    psp_id: progress.pspId ?? null,
    details: progress.details,
    changed_at: progress.changedAt,
    answer: progress.answer ?? null,
    answered_at: progress.answeredAt ?? null,
    published: progress.published ?? null,
    published_at: progress.publishedAt ?? null,
    attempts: progress.attempts,
    sent_at: progress.sentAt ?? null,
    unsure_since: progress.unsureSince ?? null,
    refused_at: progress.refusedAt ?? null,
    shown_at: progress.shownAt ?? null,
    next_at: progress.nextAt ?? null,
    holder: progress.holder ?? null,
    leased_until: progress.leasedUntil,
    fence: progress.fence,
  };
}
