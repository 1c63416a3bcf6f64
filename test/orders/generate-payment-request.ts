/** Generates orders. The same seed generates the same orders. */
import { pickRandom } from './pick-random.js';
import type { PaymentRequest } from './payment-request.js';

/** The ids of accounts and beneficiaries, as served to clients. */
export interface OrderParties {
  accounts: readonly string[];
  beneficiaries: readonly string[];
}

const ASSETS = ['EUR/2', 'EUR/2', 'USD/2', 'JPY', 'BHD/3'];

/**
 * The fault with which the PSP rejects an order. After a lost attempt, it is unknown for a minute whether a rejection is final, while all
 * other faults end soon. So only the first orders are rejected, before the first kill.
 */
const REJECTED_FAULT = 'rejected';
const FIRST_ACCEPTED_NUMBER = 8;
const SHORT_FAULTS = [
  ...['none', 'none', 'answers-late', 'answers-late', 'answer-lost', 'answer-lost', 'unavailable-after'],
  ...['executes-later', 'executes-later', 'lost,none', 'lost,none', 'unavailable,none', 'rate-limited,none'],
  ...['unauthorized,none', 'lost,unavailable,answer-lost', 'unavailable,answers-late', 'lost,executes-later'],
];
/** The metadata for a few orders whose response comes so late that no client still waits for it. */
const VERY_LATE_METADATA = { 'sandbox/fault': 'answers-late', 'sandbox/after': '9500' };

/**
 * Generates an order.
 * @param faultChoice `any`: the settings of the PSP select the fault; `short`: every fault that takes less than a minute
 */
export function generatePaymentRequest(
  number: number,
  { accounts, beneficiaries }: OrderParties,
  random: () => number,
  faultChoice: 'any' | 'short' = 'any',
): PaymentRequest {
  const kind = random() < 0.7 ? 'PAYOUT' : 'TRANSFER';
  const sourceAccountId = pickRandom(accounts, random);
  const others = accounts.filter((id) => id !== sourceAccountId);
  return {
    // References as users write them.
    reference: `${pickRandom(['invoice', 'Gehälter', 'a/b?c=d&e', '🧾 #'], random)} ${number}`,
    kind,
    amount: String(1 + Math.floor(random() * 1e9)),
    asset: pickRandom(ASSETS, random),
    sourceAccountId,
    destinationAccountId: pickRandom(kind === 'PAYOUT' ? beneficiaries : others, random),
    description: `order ${number}`,
    metadata:
      random() < 0.01
        ? VERY_LATE_METADATA
        : faultChoice === 'short'
          ? {
              'sandbox/fault':
                number < FIRST_ACCEPTED_NUMBER ? REJECTED_FAULT : pickRandom(SHORT_FAULTS, random),
            }
          : undefined,
  };
}
