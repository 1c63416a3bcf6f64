import { getCurrencyDecimals } from '../currencies.js';
import { formatAsset } from '../money.js';
import type { Order } from '../order.types.js';
import { rejectOrder } from './reject-order.js';

/**
 * Returns the ISO 4217 code in which an order is paid: `EUR` for the asset `EUR/2`.
 * @param psp the PSP's name for people
 * @throws PspError `rejected` if the asset is not a currency, or has other decimal places than ISO 4217 defines: the PSP would pay another
 * amount
 */
export function requireOrderCurrency({ amount: { asset } }: Pick<Order, 'amount'>, psp: string): string {
  const [currency = ''] = asset.split('/', 1);
  const decimals = getCurrencyDecimals(currency);
  if (decimals !== undefined && formatAsset(currency, decimals) === asset) return currency;
  throw rejectOrder(`${psp} cannot pay in ${asset}: expected a currency like EUR/2`);
}
