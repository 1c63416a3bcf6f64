/** Metadata keys of transactions that several files use. Their meaning is documented in docs/bank-statements.md. */
export const PREFIX = 'com.bank-statements.spec/';

export const KEY = {
  statement: `${PREFIX}statement`,
  statementBreak: `${PREFIX}statement_break`,
  announcedBy: `${PREFIX}announced_by`,
  interimUntil: `${PREFIX}interim_until`,
  createdAt: `${PREFIX}created_at`,
  amount: `${PREFIX}amount`,
  counterpartyAccount: `${PREFIX}counterparty_account`,
  batchCount: `${PREFIX}batch_count`,
  batchAmount: `${PREFIX}batch_amount`,
  batchReference: `${PREFIX}batch_reference`,
  imprint: `${PREFIX}imprint`,
} as const;
