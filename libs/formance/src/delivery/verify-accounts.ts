/** Verifies that Formance Payments has every account and every beneficiary of a connector, and each as the right kind. */
import type { StoredAccount } from '../payments/payments.types.js';
import type { DeliveryWorkFile } from './delivery-work-file.js';

/** An account or beneficiary that the gateway serves. */
export interface ServedAccount {
  /** The id as served by the gateway. */
  id: string;
  kind: 'account' | 'beneficiary';
}

/**
 * Compares accounts and beneficiaries, and stores the differences in the work file. A difference is an account or beneficiary that is
 * missing in Formance or has the wrong kind. An account that exists only in Formance is not a difference, because people can add accounts
 * there.
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
