/**
 * Maps one transfer of Adyen to rows, without side effects. A transfer belongs to one balance account, and its events say in `mutations` what was
 * booked on the balance. The first booking is the row of the transfer, and each later one (a return, a second capture) is a row of its own. So the
 * sum of an account's rows is its balance. All functions throw InvalidRecordError, which names the invalid property.
 */
import {
  applyDirection,
  createBookingsByStatus,
  createCommonMetadata,
  createPspMetadata,
  extractOrderKey,
  mergeBookings,
  negateMoney,
  normalizeIban,
  parseMinorUnits,
  pickMetadata,
  pickProperties,
  readScalar,
  readScalars,
  readText,
  toFee,
  toBookingRows,
  toOtherMovement,
  toPayment,
  toTransfer,
  toUnlinkedRow,
  translateOrDefault,
} from '@tributary/connector-api';
import type { Booking, Metadata, Money, MovementFields, UnlinkedRow } from '@tributary/connector-api';
import type { Json } from '@tributary/connector-api/http';
import {
  ACQUIRING_MOVEMENTS,
  CATEGORY_KINDS,
  CURRENCY_DECIMALS,
  DIRECT_DEBIT_TYPES,
  FAILED_STATUSES,
  ORDER_CATEGORIES,
  PLUGIN_NAME,
  SPLIT_KINDS,
  TRANSFER_KINDS,
  TRANSFER_STATUSES,
} from './adyen-balance-platform.vocabulary.js';

type Transfer = ReturnType<typeof parseTransfer>;

export function parseAdyenAmount(amount: Json, property: string): Money {
  const currency = amount.string('currency');
  return parseMinorUnits(amount.decimal(property), currency, CURRENCY_DECIMALS[currency]);
}

/** Returns the id under which the payment of a shopper is served, so that its refunds and disputes find it; `undefined` if there is none. */
export function readPaymentId(json: Json, categoryData: Json): string | undefined {
  const reference = readScalar(categoryData, 'pspPaymentReference');
  return reference && `${reference}.${json.string('balanceAccount', 'id')}`;
}

/** Returns the IBAN of a bank account; without one, its type and its numbers: `usLocal.123456789.011000138`. */
export function readBankAccountId(identification: Json): string | undefined {
  const { type, iban, ...numbers } = readScalars(identification);
  if (iban !== undefined) return normalizeIban(iban);
  const values = Object.entries(numbers).sort(([a], [b]) => (a < b ? -1 : 1));
  return values.length === 0 ? undefined : [type, ...values.map(([, value]) => value)].join('.');
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
  const isDirectDebit = DIRECT_DEBIT_TYPES.includes(type ?? '');
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
  const status = translateOrDefault(TRANSFER_STATUSES, json.string('status'), 'OTHER');
  const fields: MovementFields = {
    id: rowId,
    createdAt: readCreatedAt(json),
    accountId: json.string('balanceAccount', 'id'),
    amount: isSigned ? value : applyDirection(value, isIncoming, 'direction'),
    isZeroOutgoing: !isIncoming,
    status,
    counterpartyId: readCounterpartyId(json.at('counterparty')),
    scheme: readText(categoryData, 'priority'),
    orderKey:
      isRequested && ORDER_CATEGORIES.includes(category)
        ? extractOrderKey(readText(json, 'reference'))
        : undefined,
    details: readDetails(json),
    metadata: { ...createPspMetadata(PLUGIN_NAME, { transfer_id: rowId }), ...readMetadata(json) },
  };
  const kind =
    type === undefined
      ? translateOrDefault(CATEGORY_KINDS, category, 'other')
      : translateOrDefault(TRANSFER_KINDS, type, 'other');
  return {
    ...{ fields, isRequested, isAcquiring: categoryData.has('pspPaymentReference') },
    kind: translateOrDefault(SPLIT_KINDS, readText(categoryData, 'platformPaymentType') ?? '', kind),
    paymentId: readPaymentId(json, categoryData),
    bookings: booked.length > 0 ? startWithDirection(booked, isIncoming) : createBookingsByStatus(fields),
  };
}

function readCreatedAt(json: Json): string {
  return json.optionalTime('createdAt') ?? json.time('creationDate');
}

/** Returns what the events booked on the balance, oldest first. */
export function parseBookings(json: Json): Booking[] {
  return mergeBookings(json.optionalArray('events').map((event) => parseEventBookings(json, event)));
}

/**
 * Puts the first booking in the direction of the transfer before all others. `bookingDate` is optional and can be the same for several events, and a
 * return must not become the row of its payout.
 */
function startWithDirection(bookings: Booking[], isIncoming: boolean): Booking[] {
  const first = bookings.find(({ amount }) => amount.amount > 0n === isIncoming);
  return first === undefined ? bookings : [first, ...bookings.filter((booking) => booking !== first)];
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
  const isFailedRefund = FAILED_STATUSES.includes(row.status) && row.sourceAccountId !== undefined;
  return isFailedRefund ? [{ row, linked: { ...linked, status: 'REFUNDED_FAILURE' } }] : [];
}

function toMainRow({ kind, isAcquiring, paymentId }: Transfer, fields: MovementFields): UnlinkedRow {
  const { accountId, counterpartyId, amount } = fields;
  const isIncoming = amount.amount > 0n || (amount.amount === 0n && fields.isZeroOutgoing !== true);
  const related = { ...fields, details: { ...fields.details, relatedId: paymentId } };
  switch (kind) {
    case 'payment':
    case 'refund':
    case 'dispute':
    case 'reversal': {
      if (!isAcquiring && kind === 'payment') return { row: toPayment(fields) };
      const direction = isIncoming ? 'incoming' : 'outgoing';
      // Outside of acquiring, what comes back was paid out by the account itself.
      const own = isIncoming ? 'payout_return' : 'other';
      return toUnlinkedRow(isAcquiring ? ACQUIRING_MOVEMENTS[kind][direction] : own, fields, paymentId);
    }
    case 'transfer': {
      if (counterpartyId === undefined)
        return { row: { ...toOtherMovement(fields, 'transfer'), type: 'TRANSFER' } };
      const [from, to] = isIncoming ? [counterpartyId, accountId] : [accountId, counterpartyId];
      return { row: toTransfer({ ...fields, accountId: from, toAccountId: to }) };
    }
    case 'fee':
      return { row: toFee({ ...related, amount: negateMoney(amount) }) };
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

function readDetails(json: Json): MovementFields['details'] {
  const [bankAccount, merchant] = [
    json.at('counterparty', 'bankAccount'),
    json.at('counterparty', 'merchant'),
  ];
  return {
    reference: readText(json, 'referenceForBeneficiary') ?? readText(json, 'description'),
    merchantReference:
      readText(json, 'categoryData', 'paymentMerchantReference') ?? readText(json, 'reference'),
    counterpartyName:
      readText(bankAccount, 'accountHolder', 'fullName') ?? readText(merchant, 'nameLocation', 'name'),
    counterpartyAccount:
      readText(bankAccount, 'accountIdentification', 'iban') ??
      readText(bankAccount, 'accountIdentification', 'accountNumber'),
  };
}

const TRANSFER_PROPERTIES =
  'category type status direction reason reference referenceForBeneficiary description'.split(' ');
const CATEGORY_PROPERTIES = (
  'platformPaymentType pspPaymentReference modificationPspReference paymentMerchantReference ' +
  'modificationMerchantReference authorisationType processingType schemeTraceId'
).split(' ');

/** Metadata only changes when the transfer changes. So it contains no sequence number and no tracking, and no personal data of cards. */
function readMetadata(json: Json): Metadata {
  return {
    ...pickProperties(PLUGIN_NAME, json, TRANSFER_PROPERTIES),
    ...pickProperties(PLUGIN_NAME, json.at('categoryData'), CATEGORY_PROPERTIES),
    ...pickMetadata(PLUGIN_NAME, json, {
      balance_account_id: ['balanceAccount', 'id'],
      account_holder_id: ['accountHolder', 'id'],
      payment_instrument_id: ['paymentInstrument', 'id'],
      external_reason: ['externalReason', 'code'],
      merchant_id: ['counterparty', 'merchant', 'merchantId'],
      mandate_id: ['directDebitInformation', 'mandateId'],
    }),
  };
}
