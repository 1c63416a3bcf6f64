/** Adds the metadata that reconciliation reads. Their keys are the same for every plugin. */
import { addCommonMetadata } from '@tributary/connector-api';
import type { Movement } from '@tributary/connector-api';
import type { CreditDebit, Entry, EntryFacts } from '../statements/statement.types.js';
import type { MutableMetadata } from './entry-metadata.js';
import { isBankCharge } from './is-bank-charge.js';

/** The sub-family of ISO 20022 bank transaction codes for interest. Other charges are taxes or fees. */
const INTEREST_SUBFAMILY = 'INTR';
const TAX_SUBFAMILY = 'TAXE';
const DATE_LENGTH = '2026-03-04'.length;

export function addReconciliationMetadata(
  metadata: MutableMetadata,
  entry: Entry,
  facts: EntryFacts,
  direction: CreditDebit,
): void {
  const { counterparty, references } = facts;
  addCommonMetadata(metadata, {
    movement: classifyMovement(entry, facts, direction),
    reference: facts.remittance,
    endToEndId: references.endToEndId,
    counterpartyName: counterparty?.name,
    counterpartyAccount: counterparty?.iban ?? counterparty?.accountNumber,
    bookedAt: entry.bookedAt,
    valueDate: entry.valueAt?.slice(0, DATE_LENGTH),
  });
}

function classifyMovement(entry: Entry, facts: EntryFacts, direction: CreditDebit): Movement {
  if (isBankCharge(facts)) {
    const subFamily = facts.bankTransactionCode?.split('/')[2];
    if (subFamily === INTEREST_SUBFAMILY) return 'interest';
    return subFamily === TAX_SUBFAMILY ? 'tax' : 'fee';
  }
  if (entry.reversal) return 'adjustment';
  if (direction === 'DBIT') return 'payout';
  return facts.returnReason === undefined ? 'payment' : 'payout_return';
}
