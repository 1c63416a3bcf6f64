/** Limits of a connector's payouts and transfers: the settings class, and the conversion to `OrderLimits`. */
import { ASSET, canonicalAsset, Setting } from '@tributary/connector-api';
import type { OrderLimits } from '@tributary/orders';
import { IsArray, IsObject, IsOptional, IsString } from 'class-validator';
import type { Binder } from './binding.js';
import { IsDuration, parseDuration } from './duration.js';
import type { Path } from './path.js';
import { isMapping } from './settings-class.js';
import { showText } from './shown-value.js';

const AMOUNTS = {
  message: '$property must be a mapping from assets to minor units like { EUR/2: "1000000" }',
};
const BENEFICIARIES = { message: '$property must be a list of ids of beneficiaries' };
/** Amount in minor units. Zero forbids orders in the asset. */
export const LIMIT = /^(?:0|[1-9]\d{0,77})$/;

export class OrderSettings {
  @Setting(
    'Largest order by asset, minor units in quotes: { EUR/2: "1000000" }. Other assets are then refused.',
  )
  @IsOptional()
  @IsObject(AMOUNTS)
  largest?: object;

  @Setting(
    'Most that may leave in a UTC day by asset, minor units in quotes; orders that failed do not count. Other assets are then refused.',
  )
  @IsOptional()
  @IsObject(AMOUNTS)
  perDay?: object;

  @Setting('The only beneficiaries that may be paid, by the ids that the list of beneficiaries serves.')
  @IsOptional()
  @IsString({ each: true, ...BENEFICIARIES })
  @IsArray(BENEFICIARIES)
  beneficiaries?: string[];

  @Setting('When people are told of an order whose outcome is still unknown: from 1s to 24h.')
  @IsDuration('1s', '24h')
  unknownAfter = '15m';
}

/**
 * Converts the settings to limits and reports invalid assets and amounts as problems.
 * @param path path of the settings in the deployment file
 */
export function orderLimits(settings: OrderSettings, binder: Binder, path: Path): OrderLimits {
  const { largest, perDay, beneficiaries, unknownAfter } = settings;
  return {
    largest: amounts(largest, binder, [...path, 'largest']),
    perDay: amounts(perDay, binder, [...path, 'perDay']),
    ...(Array.isArray(beneficiaries) && { beneficiaries: new Set(beneficiaries) }),
    unknownAfter: parseDuration(unknownAfter) ?? 0,
  };
}

function amounts(value: unknown, binder: Binder, path: Path): Map<string, bigint> {
  const limits = new Map<string, bigint>();
  if (!isMapping(value)) return limits;
  if (Object.keys(value).length === 0) {
    binder.complain(path, `${binder.found(value, path)} without assets; name one, or leave the key out`);
  }
  for (const [asset, amount] of Object.entries(value)) {
    const here = [...path, asset];
    const problem = problemOfAsset(asset);
    if (problem !== undefined) {
      binder.complainAboutKey(here, problem);
    } else if (typeof amount === 'string' && LIMIT.test(amount)) limits.set(asset, BigInt(amount));
    else if (amount !== undefined) {
      binder.complain(here, `${binder.found(amount, here)}; expected minor units in quotes, e.g. "1000000"`);
    }
  }
  return limits;
}

/** Returns a problem if no order can have this asset, because then the limit would have no effect. */
function problemOfAsset(asset: string): string | undefined {
  const expected = ASSET.test(asset) ? canonicalAsset(asset) : 'one like EUR/2 or JPY';
  return asset === expected ? undefined : `${showText(asset)} is no asset; expected ${expected}`;
}
