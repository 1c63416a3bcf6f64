/** Recognises fees and interest, i.e. movements between the account owner and the bank itself. */
import { BoundedCache } from '../statements/bounded-cache.js';
import type { EntryFacts } from '../statements/statement.types.js';

/** The sub-families of ISO 20022 external bank transaction codes for charges, commissions, fees, interest and taxes. */
const ISO_CHARGE_SUBFAMILIES = new Set(['CHRG', 'COMM', 'COME', 'COMI', 'COMT', 'FEES', 'INTR', 'TAXE']);
/** Matches the transaction types of `:61:` for charges, commission and interest. Source: SWIFT MT940, field 61, subfield 6. */
const SWIFT_CHARGE_TYPES = /^[NSF](?:CHG|COM|INT)\b/;
/** The BAI2 detail type codes for charges: 354 is interest, 661 an analysis fee, 698 miscellaneous fees. */
const BAI2_CHARGE_TYPES = new Set(['354', '661', '698']);
/**
 * The German business transaction codes for charges: 805 account closing, 808 charges, 809 commission, 811 credit commission, 814 interest.
 */
const GERMAN_CHARGE_CODES = new Set(['805', '808', '809', '811', '814']);

/** The transaction types of OFX for fees, service charges and interest. Source: OFX 2.3, 11.4.4.3. */
const OFX_CHARGE_TYPES = new Set(['FEE', 'SRVCHG', 'INT']);

/** The results by code, because a bank uses few codes, and a large file has millions of entries. */
const results = new BoundedCache<boolean>();

export function isBankCharge({ bankTransactionCode, proprietaryCode }: EntryFacts): boolean {
  if (bankTransactionCode === undefined && proprietaryCode === undefined) return false;
  return results.getOrCompute(`${bankTransactionCode ?? ''}\n${proprietaryCode ?? ''}`, () =>
    isChargeCode(bankTransactionCode, proprietaryCode),
  );
}

function isChargeCode(bankTransactionCode: string | undefined, proprietaryCode: string | undefined): boolean {
  const subFamily = bankTransactionCode?.split('/')[2];
  if (subFamily !== undefined && ISO_CHARGE_SUBFAMILIES.has(subFamily)) return true;
  if (proprietaryCode === undefined) return false;
  const codes = proprietaryCode.split(/[+/ ]/);
  return (
    OFX_CHARGE_TYPES.has(proprietaryCode) ||
    SWIFT_CHARGE_TYPES.test(proprietaryCode) ||
    codes.some((code) => BAI2_CHARGE_TYPES.has(code) || GERMAN_CHARGE_CODES.has(code))
  );
}
