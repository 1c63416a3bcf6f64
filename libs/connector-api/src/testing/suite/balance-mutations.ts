/**
 * Mutations of the reference plugin, i.e. single mistakes. With each of these mistakes, the rows no longer add up to the balances of the
 * PSP.
 */
import type { Mutation } from './mutation.js';

const MAPPER = 'reference.mapper.ts';
const PAYMENT =
  'return [toPayment({ ...fields, amount: isOutgoing ? negateMoney(fields.amount) : fields.amount })];';
const REFUND = "return [toRefund({ id: row.string('original'), type: 'PAYIN' }, fields)];";
const FEE = "return [toFee(fields, row.string('original'))];";

function mutate(description: string, original: string, replacement: string): Mutation {
  return {
    description,
    file: MAPPER,
    original,
    replacement,
    detectedBy: 'balances: the rows of each account add up to what the PSP booked',
  };
}

export const BALANCE_MUTATIONS: readonly Mutation[] = [
  mutate(
    'loses the row of one amount',
    PAYMENT,
    'return [toPayment({ ...fields, amount: isOutgoing ? negateMoney(fields.amount) : fields.amount })].filter(({ amount }) => amount.amount !== 1535n);',
  ),
  mutate(
    'loses a cent of every refund',
    REFUND,
    "return [toRefund({ id: row.string('original'), type: 'PAYIN' }, { ...fields, amount: { ...fields.amount, amount: fields.amount.amount - 1n } })];",
  ),
  mutate(
    'a fee is FAILED, as if it had moved no money',
    FEE,
    "return [toFee({ ...fields, status: 'FAILED' }, row.string('original'))];",
  ),
  mutate(
    'money that left comes in',
    PAYMENT,
    'return [toPayment({ ...fields, amount: isOutgoing ? fields.amount : fields.amount })];',
  ),
  {
    description: 'keeps the row of a fee that its payment no longer has',
    file: 'reference.plugin.ts',
    original: 'return withdrawMissingParts(records, { objectIds, listPartIds }, this.feedReader);',
    replacement: 'return records;',
    detectedBy: 'balances: a fee that the PSP takes back no longer counts',
  },
];
