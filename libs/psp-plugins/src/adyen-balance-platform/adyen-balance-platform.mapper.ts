/**
 * Maps one transfer of Adyen to rows, without side effects. A transfer belongs to one balance account, and its events say in `mutations` what was
 * booked on the balance. The first booking is the row of the transfer, and each later one (a return, a second capture) is a row of its own. So the
 * sum of an account's rows is its balance. All functions throw InvalidRecordError, which names the invalid property.
 */
import {
  applyDirection,
  arrangeBookings,
  createCommonMetadata,
  createPspMetadata,
  extractOrderKey,
  isOutgoingMovement,
  mergeBookings,
  parseMinorUnits,
  pickMetadata,
  pickProperties,
  readBankAccountId,
  readScalar,
  readText,
  readTexts,
  toBookingRows,
  toOtherMovement,
  toPayment,
  toUnlinkedRow,
  translateOrDefault,
} from '@tributary/connector-api';
import type { Booking, Money, MovementFields, UnlinkedRow } from '@tributary/connector-api';
import type { Json } from '@tributary/connector-api/http';
import * as words from './adyen-balance-platform.vocabulary.js';

const { PLUGIN_NAME } = words;
type Transfer = ReturnType<typeof parseTransfer>;

export function parseAdyenAmount(amount: Json, property: string): Money {
  const currency = amount.string('currency');
  return parseMinorUnits(amount.decimal(property), currency, words.CURRENCY_DECIMALS[currency]);
}

/** Returns the id under which the payment of a shopper is served, so that its refunds and disputes find it; `undefined` if there is none. */
export function readPaymentId(json: Json, categoryData: Json): string | undefined {
  const reference = readScalar(categoryData, 'pspPaymentReference');
  return reference && `${reference}.${json.string('balanceAccount', 'id')}`;
}

/**
 * Maps a transfer to its rows.
 * @returns no rows for the receiving side of an internal transfer, because the row of the other side names both accounts, and no rows for a refund
 * or a dispute that is undecided, because its row would mark the payment as pending
 */
export function toUnlinkedRows(json: Json): UnlinkedRow[] {
  const transfer = parseTransfer(json);
  if (transfer.kind === 'transfer' && !transfer.isRequested) return [];
  if (transfer.bookings.length === 0) return toUnbookedRows(transfer);
  return toBookingRows(transfer.bookings, transfer.fields, (fields) => toMainRow(transfer, fields));
}

/** Reads what all rows of a transfer share. */
function parseTransfer(json: Json) {
  const [id, category, type] = [json.string('id'), json.string('category'), readText(json, 'type')];
  const categoryData = json.at('categoryData');
  const isDirectDebit = words.DIRECT_DEBIT_TYPES.includes(type ?? '');
  const booked = parseBookings(json);
  const [first] = booked;
  // `outgoing` means that the account requested the transfer. The one who requests a direct debit receives its money.
  const isRequested =
    json.has('direction') || first === undefined
      ? json.oneOf(['incoming', 'outgoing'], 'direction') === 'outgoing'
      : isDirectDebit === first.amount.amount > 0n;
  const isIncoming = isRequested === isDirectDebit;
  // Both sides of an internal transfer can have one id.
  const rowId = category === 'internal' && !isRequested ? `${id}.incoming` : id;
  const value = parseAdyenAmount(json.at('amount'), 'value');
  const isSigned = value.amount < 0n && !isIncoming;
  const isOrder = isRequested && words.ORDER_CATEGORIES.includes(category);
  const fields: MovementFields = {
    id: rowId,
    createdAt: readCreatedAt(json),
    accountId: json.string('balanceAccount', 'id'),
    amount: isSigned ? value : applyDirection(value, isIncoming, 'direction'),
    isZeroOutgoing: !isIncoming,
    status: translateOrDefault(words.TRANSFER_STATUSES, json.string('status'), 'OTHER'),
    counterpartyId: readCounterpartyId(json.at('counterparty')),
    scheme: readText(categoryData, 'priority'),
    orderKey: isOrder ? extractOrderKey(readText(json, 'reference')) : undefined,
    details: readTexts(json, words.DETAIL_PATHS),
    // Metadata only changes when the transfer changes. So it contains no sequence number and no tracking, and no personal data of cards.
    metadata: {
      ...createPspMetadata(PLUGIN_NAME, { transfer_id: rowId }),
      ...pickProperties(PLUGIN_NAME, json, words.TRANSFER_PROPERTIES),
      ...pickProperties(PLUGIN_NAME, categoryData, words.CATEGORY_PROPERTIES),
      ...pickMetadata(PLUGIN_NAME, json, words.TRANSFER_METADATA),
    },
  };
  const kind =
    type === undefined
      ? translateOrDefault(words.CATEGORY_KINDS, category, 'other')
      : translateOrDefault(words.TRANSFER_KINDS, type, 'other');
  return {
    ...{ fields, isRequested, isAcquiring: categoryData.has('pspPaymentReference') },
    kind: translateOrDefault(words.SPLIT_KINDS, readText(categoryData, 'platformPaymentType') ?? '', kind),
    paymentId: readPaymentId(json, categoryData),
    bookings: arrangeBookings(booked, fields),
  };
}

function readCreatedAt(json: Json): string {
  return json.optionalTime('createdAt') ?? json.time('creationDate');
}

/** Returns what the events booked on the balance, oldest first. */
export function parseBookings(json: Json): Booking[] {
  return mergeBookings(json.optionalArray('events').map((event) => parseEventBookings(json, event)));
}

function parseEventBookings(json: Json, event: Json): Booking[] {
  const mutations = event
    .optionalArray('mutations')
    .filter((one) => /[1-9]/.test(readText(one, 'balance') ?? ''));
  return mutations.map((mutation, index) => {
    const eventId = readText(event, 'id') ?? event.string('transactionId');
    const bookedAt = event.optionalTime('bookingDate') ?? readCreatedAt(json);
    const numbers = index === 0 ? [] : [index];
    return {
      id: [json.string('id'), readText(event, 'transactionId') ?? eventId, ...numbers].join('.'),
      ...{ eventId, bookedAt, amount: parseAdyenAmount(mutation, 'balance') },
      isDispute: /chargeback/i.test(readText(event, 'status') ?? ''),
      metadata: {
        ...pickMetadata(PLUGIN_NAME, event, { transaction_id: ['transactionId'], event_status: ['status'] }),
        ...createCommonMetadata({ bookedAt, valueDate: readText(event, 'valueDate')?.slice(0, 10) }),
      },
    };
  });
}

function toUnbookedRows(transfer: Transfer): UnlinkedRow[] {
  const { row, preferredId, linked } = toMainRow(transfer, transfer.fields);
  // A second capture counts when it is booked, so until then it is not linked to its payment.
  if (transfer.kind === 'payment' || linked === undefined) return [{ row, preferredId }];
  const isFailedRefund = words.FAILED_STATUSES.includes(row.status) && row.sourceAccountId !== undefined;
  return isFailedRefund ? [{ row, linked: { ...linked, status: 'REFUNDED_FAILURE' } }] : [];
}

function toMainRow({ kind, isAcquiring, paymentId }: Transfer, fields: MovementFields): UnlinkedRow {
  const direction = isOutgoingMovement(fields) ? 'outgoing' : 'incoming';
  const related = { ...fields, details: { ...fields.details, relatedId: paymentId } };
  switch (kind) {
    case 'payment':
    case 'refund':
    case 'dispute':
    case 'reversal': {
      if (isAcquiring) return toUnlinkedRow(words.ACQUIRING_MOVEMENTS[kind][direction], fields, paymentId);
      if (kind === 'payment') return { row: toPayment(fields) };
      // Outside of acquiring, what comes back was paid out by the account itself.
      return toUnlinkedRow(direction === 'incoming' ? 'payout_return' : 'other', fields, undefined);
    }
    case 'transfer':
      return { row: { ...toOtherMovement(fields, kind), type: 'TRANSFER' } };
    case 'fee':
    case 'tax':
    case 'interest':
    case 'adjustment':
    case 'other':
      return { row: toOtherMovement(related, kind) };
  }
}

function readCounterpartyId(counterparty: Json): string | undefined {
  return (
    readScalar(counterparty, 'balanceAccountId') ??
    readScalar(counterparty, 'transferInstrumentId') ??
    readBankAccountId(counterparty.at('bankAccount', 'accountIdentification'))
  );
}
