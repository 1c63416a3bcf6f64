import { getCurrencyDecimals } from '../currencies.js';
import { InvalidRecordError } from '../errors.js';
import { formatAsset } from '../money.js';
import { formatMinorUnits } from './money-from-minor-units.js';
import type { Order } from '../order.types.js';
import { createOrderRejection } from './create-order-rejection.js';

/**
 * Returns the ISO 4217 code in which an order is paid: `EUR` for the asset `EUR/2`.
 * @param psp the PSP's display name
 * @throws PspError `rejected` if the asset is not a currency, or has another number of decimal places than in ISO 4217, because the PSP
 * would then pay another amount
 */
export function requireOrderCurrency({ amount: { asset } }: Pick<Order, 'amount'>, psp: string): string {
  const [currency = ''] = asset.split('/', 1);
  const decimals = getCurrencyDecimals(currency);
  if (decimals !== undefined && formatAsset(currency, decimals) === asset) return currency;
  throw createOrderRejection(`${psp} cannot pay in ${asset}: expected a currency like EUR/2`);
}

/**
 * Returns the amount of an order in whole minor units with the number of decimal places that the PSP uses, see `formatMinorUnits`.
 * @throws PspError `rejected` if a digit would be lost, because the PSP would then pay another amount
 */
export function formatOrderUnits(
  { amount }: Pick<Order, 'amount'>,
  psp: string,
  pspDecimals?: number,
): string {
  try {
    return formatMinorUnits(amount, pspDecimals);
  } catch (error) {
    if (!(error instanceof InvalidRecordError)) throw error;
    throw createOrderRejection(`${psp} cannot pay exactly this amount: ${error.message}`);
  }
}
