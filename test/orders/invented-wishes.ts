/** Orders that nobody needs: the same seed wishes the same. */
import { oneOf } from './one-of.js';
import type { Wish } from './wish.js';

/** Ids as served. */
export interface Parties {
  accounts: readonly string[];
  beneficiaries: readonly string[];
}

const ASSETS = ['EUR/2', 'EUR/2', 'USD/2', 'JPY', 'BHD/3'];

/**
 * What the attempts of one order meet, where all comes to an end soon. A refusal after an attempt that was lost is doubted for a minute:
 * only the first orders are refused, before anybody is killed.
 */
const REFUSED = 'rejected';
const FIRST = 8;
const SHORT_TROUBLES = [
  ...['none', 'none', 'answers-late', 'answers-late', 'answer-lost', 'answer-lost', 'unavailable-after'],
  ...['executes-later', 'executes-later', 'lost,none', 'lost,none', 'unavailable,none', 'rate-limited,none'],
  ...['unauthorized,none', 'lost,unavailable,answer-lost', 'unavailable,answers-late', 'lost,executes-later'],
];
/** A few are answered later than any client waits. */
const VERY_LATE = { 'sandbox/fault': 'answers-late', 'sandbox/after': '9500' };

/** @param troubles `any`: what the settings of the PSP say; `short`: every fault, but nothing that takes a minute */
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
    // Whatever people call their orders.
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
