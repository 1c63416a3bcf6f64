/** Recognises the statement's own account in the details of an entry, because the own account is never the counterparty. */
import type { Party, StatementAccount } from '../../statements/statement.types.js';

/**
 * Removes the account number from a party if it is the statement's own account. The name is kept, because it may be the counterparty's
 * name.
 */
export function removeOwnAccount(
  party: Party | undefined,
  own: Pick<StatementAccount, 'id'> | undefined,
): Party | undefined {
  if (!party || !own) return party;
  const number = party.iban ?? party.accountNumber;
  if (number === undefined || !isOwnAccountNumber(number, own.id)) return party;
  const rest: Party = { ...party };
  delete rest.iban;
  delete rest.accountNumber;
  // The bank code belongs to the own account, so it is removed, too.
  delete rest.bic;
  return Object.keys(rest).length === 0 ? undefined : rest;
}

/**
 * Returns true if an account number is the own account's number. It may have any form that banks use: an IBAN, `<bank>/<account>`, or the
 * account alone, with or without leading zeros.
 */
export function isOwnAccountNumber(number: string, ownId: string): boolean {
  const [found, own] = [normalizeNumber(number), normalizeOwnNumber(ownId)];
  if (found === own.number) return true;
  const account = accountPart(found);
  return account !== '' && account === own.account && (!number.includes('/') || !ownId.includes('/'));
}

/** The last own account. It is kept, because all entries of a statement are compared with the same account. */
let lastOwn = { id: '', number: '', account: '' };

function normalizeOwnNumber(id: string): typeof lastOwn {
  if (lastOwn.id !== id) {
    const number = normalizeNumber(id);
    lastOwn = { id, number, account: accountPart(number) };
  }
  return lastOwn;
}

function normalizeNumber(number: string): string {
  return number.toUpperCase().replace(/[^A-Z0-9/]/g, '');
}

/**
 * Returns the account number without the bank code and without leading zeros.
 * @param normalized the result of `normalizeNumber`
 */
function accountPart(normalized: string): string {
  return normalized.slice(normalized.lastIndexOf('/') + 1).replace(/^0+/, '');
}
