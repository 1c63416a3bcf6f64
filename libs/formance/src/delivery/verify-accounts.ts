/** Proves that Formance Payments has every account and every beneficiary of a connector, each with its kind. */
import type { StoredAccount } from '../payments/payments.types.js';
import type { DeliveryWorkFile } from './delivery-work-file.js';

/** An account or beneficiary that the gateway serves. */
export interface ServedAccount {
  /** As served. */
  id: string;
  kind: 'account' | 'beneficiary';
}

/**
 * Stores in the work file the accounts and beneficiaries that Formance does not have, or has as the other kind. Accounts that only Formance has are no
 * differences, because people can add them there.
 */
export async function verifyAccounts(
  served: AsyncIterable<ServedAccount>,
  stored: AsyncIterable<StoredAccount>,
  workFile: DeliveryWorkFile,
): Promise<void> {
  for await (const account of stored) workFile.addAccount(account);
  for await (const { id, kind } of served) {
    const type = workFile.findAccountType(id);
    const wanted = kind === 'account' ? 'INTERNAL' : 'EXTERNAL';
    if (type === undefined)
      workFile.addDifference({
        ...{ kind: 'missing', object: kind, id },
        message: `Formance does not have the ${kind} ${id}`,
      });
    else if (type !== wanted)
      workFile.addDifference({
        ...{ kind: 'different', object: kind, id },
        message: `the ${kind} ${id} is ${type} in Formance instead of ${wanted}`,
      });
  }
}
