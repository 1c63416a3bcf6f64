/** Converts table rows to orders, and orders to table rows. */
import type { OrderKind } from '@tributary/connector-api';
import type { Insertable, Selectable } from 'kysely';
import type { ImmutableOrderFields, MutableOrderFields, StoredOrder } from '../types/order.types.js';
import type { OrderTable } from '../database/schema.js';

export function toStoredOrder(row: Selectable<OrderTable>): StoredOrder {
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
    response: row.answer ?? undefined,
    respondedAt: row.answered_at ?? undefined,
    publishedStatus: row.published ?? undefined,
    publishedAt: row.published_at ?? undefined,
    attempts: row.attempts,
    sentAt: row.sent_at ?? undefined,
    outcomeUnknownSince: row.unsure_since ?? undefined,
    declinedAt: row.refused_at ?? undefined,
    alertedAt: row.shown_at ?? undefined,
    nextActionAt: row.next_at ?? undefined,
    holder: row.holder ?? undefined,
    leasedUntil: row.leased_until,
    fencingToken: row.fencing_token,
  };
}

/** Returns the row of a new order in its initial state. */
export function toNewOrderRow(connector: string, order: ImmutableOrderFields): Insertable<OrderTable> {
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
    ...toMutableColumns({
      state: 'received',
      pspId: undefined,
      details: '{}',
      changedAt: order.createdAt,
      response: undefined,
      respondedAt: undefined,
      publishedStatus: undefined,
      publishedAt: undefined,
      attempts: 0,
      sentAt: undefined,
      outcomeUnknownSince: undefined,
      declinedAt: undefined,
      alertedAt: undefined,
      nextActionAt: undefined,
      holder: undefined,
      leasedUntil: 0,
      fencingToken: 0,
    }),
  };
}

type MutableOrderColumns = Omit<
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

export function toMutableColumns(fields: MutableOrderFields): MutableOrderColumns {
  return {
    state: fields.state,
    psp_id: fields.pspId ?? null,
    details: fields.details,
    changed_at: fields.changedAt,
    answer: fields.response ?? null,
    answered_at: fields.respondedAt ?? null,
    published: fields.publishedStatus ?? null,
    published_at: fields.publishedAt ?? null,
    attempts: fields.attempts,
    sent_at: fields.sentAt ?? null,
    unsure_since: fields.outcomeUnknownSince ?? null,
    refused_at: fields.declinedAt ?? null,
    shown_at: fields.alertedAt ?? null,
    next_at: fields.nextActionAt ?? null,
    holder: fields.holder ?? null,
    leased_until: fields.leasedUntil,
    fencing_token: fields.fencingToken,
  };
}
