/** Names of metadata properties. */
export const PREFIX = 'com.mollie.spec/';
export const OWNER = 'com.formance.spec/owner/';
/** Id of the balance transaction of a row that is served under the id of a payment or a transfer. */
export const BALANCE_TRANSACTION = `${PREFIX}balance_transaction_id`;
