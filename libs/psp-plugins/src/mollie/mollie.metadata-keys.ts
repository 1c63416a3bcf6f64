/** What metadata is called. */
export const PREFIX = 'com.mollie.spec/';
export const OWNER = 'com.formance.spec/owner/';
/** Of a row that took the id of a payment or a transfer: which balance transaction it is. */
export const BALANCE_TRANSACTION = `${PREFIX}balance_transaction_id`;
