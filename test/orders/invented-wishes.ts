/** Orders that nobody needs: the same seed wishes the same. */
import { oneOf } from './random.js';
import type { Wish } from './wish.js';

/** Ids as served. */
export interface Parties {
  accounts: readonly string[];
  beneficiaries: readonly string[];
}

const ASSETS = ['EUR/2', 'EUR/2', 'USD/2', 'JPY', 'BHD/3'];

/** Most orders leave their fate to the PSP; a few are answered later than any client waits. */
export function inventWish(number: number, { accounts, beneficiaries }: Parties, random: () => number): Wish {
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
    ...(random() < 0.01 && { metadata: { 'sandbox/fault': 'answers-late', 'sandbox/after': '9500' } }),
  };
}
