/** Settings class for the store, which is written as a URL or as a mapping, and the conversion to a store location. */
import { Setting } from '@tributary/connector-api';
import { shownLocation, type StoreLocation } from '@tributary/feed';
import { IsArray, IsInt, IsString, Matches, Max, Min } from 'class-validator';
import type { Binder } from './binding.js';
import { IsDuration, parseDuration } from './duration.js';
import type { Path } from './path.js';
import { isMapping } from './settings-class.js';

export const STORE_URL = /^(sqlite:(?!\/\/|:)|postgres(ql)?:\/\/)[^\u0000]+$/;
const POSTGRES_URL = /^postgres(ql)?:\/\/[^\u0000]+$/;
const POSTGRES = 'postgres://USER:PASSWORD@HOST/DATABASE';
export const STORE = `$property must be sqlite:PATH, e.g. sqlite:./data/tributary.db, or ${POSTGRES}`;
const PRIMARY = { message: `$property must be ${POSTGRES}` };
const REPLICAS = { message: `$property must be a list of ${POSTGRES}` };
const CONNECTIONS = { message: '$property must be a whole number from 2 to 1000' };

/** Settings of a PostgreSQL store. A SQLite store is written as a URL only. */
export class StoreSettings {
  @Setting('The PostgreSQL that is written to: postgres://USER:PASSWORD@HOST/DATABASE.')
  @Matches(POSTGRES_URL, PRIMARY)
  @IsString(PRIMARY)
  primary!: string;

  @Setting('Its streaming replicas: pages are read from them in turn, and from the primary when one is away.')
  @Matches(POSTGRES_URL, { each: true, ...REPLICAS })
  @IsArray(REPLICAS)
  replicas: string[] = [];

  @Setting(
    'Connections that a gateway opens at most, half of them for writing; half as many to each replica.',
  )
  @Min(2, CONNECTIONS)
  @Max(1000, CONNECTIONS)
  @IsInt(CONNECTIONS)
  connections = 10;

  @Setting('How long a statement, or the wait for a connection, may take: from 100ms to 1m.')
  @IsDuration('100ms', '1m')
  statementTimeout = '10s';
}

/**
 * Converts the property `store` to a store location and reports invalid values as problems.
 * @param store a URL that has already been validated, or a mapping that has not been validated yet
 */
export function storeLocation(store: unknown, binder: Binder): string | StoreLocation {
  if (!isMapping(store)) {
    checkReadable(store, ['store'], binder);
    return String(store);
  }
  const { statementTimeout, ...settings } = binder.bind(StoreSettings, store, ['store']);
  checkReadable(settings.primary, ['store', 'primary'], binder);
  if (Array.isArray(settings.replicas))
    settings.replicas.forEach((url, index) => checkReadable(url, ['store', 'replicas', index], binder));
  return { ...settings, statementTimeout: parseDuration(String(statementTimeout)) ?? 0 };
}

/** Reports a URL that cannot be parsed. The usual cause is a password with reserved characters that are not percent-encoded. */
function checkReadable(url: unknown, path: Path, binder: Binder): void {
  if (typeof url !== 'string' || !POSTGRES_URL.test(url)) return;
  try {
    shownLocation(url);
  } catch (error) {
    binder.complain(path, (error as Error).message);
  }
}
