/** Fees and interest: movements between us and the bank itself. */
import type { EntryFacts } from './statement.js';

/** Sub-families of ISO 20022 external bank transaction codes: charges, commissions, fees, interest, taxes. */
const ISO_SUBFAMILIES = new Set(['CHRG', 'COMM', 'COME', 'COMI', 'COMT', 'FEES', 'INTR', 'TAXE']);
/** Types of `:61:`: charges, commission, interest. Source: SWIFT MT940, field 61, subfield 6. */
const SWIFT_TYPES = /^[NSF](?:CHG|COM|INT)\b/;
/** Interest and fees of BAI2. Source: BAI2 detail type codes 354 (interest), 661 (analysis fee), 698 (miscellaneous fees). */
const BAI_TYPES = new Set(['354', '661', '698']);
/** German transaction codes: 805 closing of the account, 808 charges, 809 commission, 811 credit commission, 814 interest. */
const GERMAN_TYPES = new Set(['805', '808', '809', '811', '814']);

export function isBankCharge({ bankTransactionCode, proprietaryCode }: EntryFacts): boolean {
  const subFamily = bankTransactionCode?.split('/')[2];
  if (subFamily !== undefined && ISO_SUBFAMILIES.has(subFamily)) return true;
  if (proprietaryCode === undefined) return false;
  const codes = proprietaryCode.split(/[+/ ]/);
  return (
    SWIFT_TYPES.test(proprietaryCode) || codes.some((code) => BAI_TYPES.has(code) || GERMAN_TYPES.has(code))
  );
}
