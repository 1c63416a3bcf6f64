/** Generates orders. The same seed generates the same orders. */
import { oneOf } from './one-of.js';
import type { Wish } from './wish.js';

/** Ids as they are served. */
export interface Parties {
  accounts: readonly string[];
  beneficiaries: readonly string[];
}

const ASSETS = ['EUR/2', 'EUR/2', 'USD/2', 'JPY', 'BHD/3'];

/**
 * Faults that the attempts of one order meet, all of which end soon. A rejection after a lost attempt is in doubt for a minute. So only the first
 * orders are rejected, before the first kill.
 */
const REFUSED = 'rejected';
const FIRST = 8;
const SHORT_TROUBLES = [
  ...['none', 'none', 'answers-late', 'answers-late', 'answer-lost', 'answer-lost', 'unavailable-after'],
  ...['executes-later', 'executes-later', 'lost,none', 'lost,none', 'unavailable,none', 'rate-limited,none'],
  ...['unauthorized,none', 'lost,unavailable,answer-lost', 'unavailable,answers-late', 'lost,executes-later'],
];
/** A few orders get their response later than any client waits. */
const VERY_LATE = { 'sandbox/fault': 'answers-late', 'sandbox/after': '9500' };

/**
 * Generates an order.
 * @param troubles `any`: the settings of the PSP decide; `short`: every fault that takes less than a minute
 */
export function inventWish(
  number: number,
  { accounts, beneficiaries }: Parties,
  random: () => number,
  troubles: 'any' | 'short' = 'any',
): Wish {
  const kind = random() < 0.7 ? 'PAYOUT' : 'TRANSFER';
  const sourceAccountId = oneOf(accounts, random);
  const others = accounts.filter((id) => id !== sourceAccountId);
  return {
    // References as users write them.
    reference: `${oneOf(['invoice', 'Gehälter', 'a/b?c=d&e', '🧾 #'], random)} ${number}`,
    kind,
    amount: String(1 + Math.floor(random() * 1e9)),
    asset: oneOf(ASSETS, random),
    sourceAccountId,
    destinationAccountId: oneOf(kind === 'PAYOUT' ? beneficiaries : others, random),
    description: `order ${number}`,
    metadata:
      random() < 0.01
        ? VERY_LATE
        : troubles === 'short'
          ? { 'sandbox/fault': number < FIRST ? REFUSED : oneOf(SHORT_TROUBLES, random) }
          : undefined,
  };
}
