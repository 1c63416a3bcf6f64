/**
 * Reads payouts with their items: the fees, chargebacks and late failures that only items tell. Items have no ids, and amounts with fractions of a minor
 * unit. GoCardless adds them up and rounds the sum.
 */
import {
  createPspMetadata,
  parseFractionalUnits,
  parseMinorUnits,
  pickMetadata,
  readText,
  translateWord,
} from '@tributary/connector-api';
import type { SettlementListFormat } from '@tributary/connector-api';
import type { Json } from '@tributary/connector-api/http';
import { toPayoutRows, toRefundRows } from './gocardless.mapper.js';
import { ITEM_MOVEMENTS, PAYOUT_STATES, PLUGIN_NAME } from './gocardless.vocabulary.js';

/** A payout is read again, with its items, when one of these changes. */
export function getPayoutState(payout: Json): string {
  return [['id'], ['status'], ['fx', 'fx_amount']].map((path) => readText(payout, ...path)).join(' ');
}

export const PAYOUT_FORMAT: SettlementListFormat = {
  movementByType: ITEM_MOVEMENTS,
  parseSettlement,
  parseItem,
  toRefundRows: (refund, { id, accountId }) => toRefundRows(refund, accountId, id),
};

function parseSettlement(json: Json) {
  const id = json.string('id');
  const readAmount = (name: string) =>
    parseMinorUnits(json.optionalDecimal(name) ?? '0', json.string('currency'));
  const metadata = createPspMetadata(PLUGIN_NAME, { type: 'deducted_fees', payout: id });
  return {
    ...{ id, createdAt: json.time('created_at'), accountId: json.string('links', 'creditor') },
    ...{ amount: readAmount('amount'), fees: { amount: readAmount('deducted_fees'), metadata } },
    ...{ state: translateWord(PAYOUT_STATES, json, 'status'), rows: toPayoutRows(json) },
  };
}

const ITEM_METADATA = {
  ...{ type: ['type'], amount: ['amount'], payment: ['links', 'payment'], refund: ['links', 'refund'] },
  ...{ tax_amount: ['taxes', 0, 'amount'], tax_rate_id: ['taxes', 0, 'tax_rate_id'] },
};

function parseItem(json: Json, payout: string) {
  translateWord(ITEM_MOVEMENTS, json, 'type');
  const ids = { paymentId: readText(json, 'links', 'payment'), refundId: readText(json, 'links', 'refund') };
  const metadata = {
    ...pickMetadata(PLUGIN_NAME, json, ITEM_METADATA),
    ...createPspMetadata(PLUGIN_NAME, { payout }),
  };
  return { type: json.string('type'), exact: parseFractionalUnits(json.decimal('amount')), ...ids, metadata };
}
