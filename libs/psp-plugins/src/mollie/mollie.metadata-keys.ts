/** Names of metadata properties. */
export const MOLLIE_PREFIX = 'com.mollie.spec/';
export const OWNER_METADATA_PREFIX = 'com.formance.spec/owner/';
/** Id of the balance transaction of a row that is served under the id of a payment or a transfer. */
export const BALANCE_TRANSACTION_KEY = `${MOLLIE_PREFIX}balance_transaction_id`;
