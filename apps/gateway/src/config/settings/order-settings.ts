/** Defines the settings for the limits of a connector's payouts and transfers, and converts them to `OrderLimits`. */
import { ASSET_PATTERN, normalizeAsset, Setting } from '@tributary/connector-api';
import type { OrderLimits } from '@tributary/orders';
import { IsArray, IsObject, IsOptional, IsString } from 'class-validator';
import type { SettingsBinder } from './settings-binder.js';
import { IsDuration, parseDuration } from './duration.js';
import type { ConfigPath } from '../file/value-path.js';
import { isPlainObject } from './settings-metadata.js';
import { describeString } from '../file/describe-value.js';

const AMOUNTS_MESSAGE = {
  message: '$property must be a mapping from assets to minor units like { EUR/2: "1000000" }',
};
const BENEFICIARIES_MESSAGE = { message: '$property must be a list of ids of beneficiaries' };
/** Matches an amount in minor units. Zero forbids orders in the asset. */
export const AMOUNT_PATTERN = /^(?:0|[1-9]\d{0,77})$/;

export class OrderSettings {
  @Setting(
    'Largest order by asset, minor units in quotes: { EUR/2: "1000000" }. Other assets are then refused.',
  )
  @IsOptional()
  @IsObject(AMOUNTS_MESSAGE)
  largest?: object;

  @Setting(
    'Most that may leave in a UTC day by asset, minor units in quotes; orders that failed do not count. Other assets are then refused.',
  )
  @IsOptional()
  @IsObject(AMOUNTS_MESSAGE)
  perDay?: object;

  @Setting('The only beneficiaries that may be paid, by the ids that the list of beneficiaries serves.')
  @IsOptional()
  @IsString({ each: true, ...BENEFICIARIES_MESSAGE })
  @IsArray(BENEFICIARIES_MESSAGE)
  beneficiaries?: string[];

  @Setting('When people are told of an order whose outcome is still unknown: from 1s to 24h.')
  @IsDuration('1s', '24h')
  unknownAfter = '15m';
}

/**
 * Converts the settings to limits, and reports invalid assets and amounts as problems.
 * @param path path of the settings in the deployment file
 */
export function parseOrderLimits(
  settings: OrderSettings,
  binder: SettingsBinder,
  path: ConfigPath,
): OrderLimits {
  const { largest, perDay, beneficiaries, unknownAfter } = settings;
  return {
    largest: parseAmounts(largest, binder, [...path, 'largest']),
    perDay: parseAmounts(perDay, binder, [...path, 'perDay']),
    ...(Array.isArray(beneficiaries) && { beneficiaries: new Set(beneficiaries) }),
    alertAfterMs: parseDuration(unknownAfter) ?? 0,
  };
}

/** Converts a mapping from assets to minor units, and reports invalid assets and amounts as problems. */
export function parseAmounts(value: unknown, binder: SettingsBinder, path: ConfigPath): Map<string, bigint> {
  const limits = new Map<string, bigint>();
  if (!isPlainObject(value)) return limits;
  if (Object.keys(value).length === 0) {
    binder.reportProblem(
      path,
      `${binder.describeFound(value, path)} without assets; name one, or leave the key out`,
    );
  }
  for (const [asset, amount] of Object.entries(value)) {
    const amountPath = [...path, asset];
    const problem = findAssetProblem(asset);
    if (problem !== undefined) {
      binder.reportNameProblem(amountPath, problem);
    } else if (typeof amount === 'string' && AMOUNT_PATTERN.test(amount)) limits.set(asset, BigInt(amount));
    else if (amount !== undefined) {
      binder.reportProblem(
        amountPath,
        `${binder.describeFound(amount, amountPath)}; expected minor units in quotes, e.g. "1000000"`,
      );
    }
  }
  return limits;
}

/** Returns a problem if no order can have this asset, because then the limit would have no effect. */
function findAssetProblem(asset: string): string | undefined {
  const expected = ASSET_PATTERN.test(asset) ? normalizeAsset(asset) : 'one like EUR/2 or JPY';
  return asset === expected ? undefined : `${describeString(asset)} is no asset; expected ${expected}`;
}
