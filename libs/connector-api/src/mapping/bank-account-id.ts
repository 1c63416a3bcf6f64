/** Creates an id for a bank account from its IBAN or its account numbers. It is for PSPs that give bank accounts no id. */
import type { Json } from '../http/json-accessors.js';
import { normalizeIban } from './iban.js';
import { readScalars } from './pick-metadata.js';

/**
 * Returns the IBAN of a bank account. Without an IBAN, it returns the type and the numbers, in the order of their names: `{ type: 'usLocal',
 * routingNumber: '011000138', accountNumber: '123456789' }` → `usLocal.123456789.011000138`. It never throws.
 * @param account the object that contains `iban`, or a `type` and the numbers of the bank account
 * @returns `undefined` if there is neither an IBAN nor a number
 */
export function readBankAccountId(account: Json): string | undefined {
  const { type, iban, ...numbers } = readScalars(account);
  if (iban !== undefined) return normalizeIban(iban);
  const values = Object.entries(numbers).sort(([a], [b]) => (a < b ? -1 : 1));
  return values.length === 0 ? undefined : [type, ...values.map(([, value]) => value)].join('.');
}
