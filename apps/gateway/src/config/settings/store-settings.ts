/** Defines the settings of the store, which are a URL or a mapping, and converts them to the location of a store. */
import { Setting } from '@tributary/connector-api';
import { redactLocation, type StoreLocation } from '@tributary/feed';
import { IsArray, IsInt, IsString, Matches, Max, Min } from 'class-validator';
import type { SettingsBinder } from './settings-binder.js';
import { IsDuration, parseDuration } from './duration.js';
import type { ConfigPath } from '../file/value-path.js';
import { isPlainObject } from './settings-metadata.js';

export const STORE_URL_PATTERN = /^(sqlite:(?!\/\/|:)|postgres(ql)?:\/\/)[^\u0000]+$/;
const POSTGRES_URL_PATTERN = /^postgres(ql)?:\/\/[^\u0000]+$/;
const POSTGRES_URL_FORMAT = 'postgres://USER:PASSWORD@HOST/DATABASE';
export const STORE_URL_MESSAGE = `$property must be sqlite:PATH, e.g. sqlite:./data/tributary.db, or ${POSTGRES_URL_FORMAT}`;
const PRIMARY_MESSAGE = { message: `$property must be ${POSTGRES_URL_FORMAT}` };
const REPLICAS_MESSAGE = { message: `$property must be a list of ${POSTGRES_URL_FORMAT}` };
const CONNECTIONS_MESSAGE = { message: '$property must be a whole number from 2 to 1000' };

/** The settings of a PostgreSQL store. The location of a SQLite store is always a URL. */
export class PostgresStoreSettings {
  @Setting('The PostgreSQL that is written to: postgres://USER:PASSWORD@HOST/DATABASE.')
  @Matches(POSTGRES_URL_PATTERN, PRIMARY_MESSAGE)
  @IsString(PRIMARY_MESSAGE)
  primary!: string;

  @Setting('Its streaming replicas: pages are read from them in turn, and from the primary when one is away.')
  @Matches(POSTGRES_URL_PATTERN, { each: true, ...REPLICAS_MESSAGE })
  @IsArray(REPLICAS_MESSAGE)
  replicas: string[] = [];

  @Setting(
    'Connections that a gateway opens at most, half of them for writing; half as many to each replica.',
  )
  @Min(2, CONNECTIONS_MESSAGE)
  @Max(1000, CONNECTIONS_MESSAGE)
  @IsInt(CONNECTIONS_MESSAGE)
  connections = 10;

  @Setting('How long a statement, or the wait for a connection, may take: from 100ms to 1m.')
  @IsDuration('100ms', '1m')
  statementTimeout = '10s';
}

/**
 * Converts the property `store` to the location of a store, and reports invalid values as problems.
 * @param store a URL that has already been validated, or a mapping that has not been validated yet
 */
export function parseStoreLocation(store: unknown, binder: SettingsBinder): string | StoreLocation {
  if (!isPlainObject(store)) {
    checkPostgresUrl(store, ['store'], binder);
    return String(store);
  }
  const { statementTimeout, ...settings } = binder.bind(PostgresStoreSettings, store, ['store']);
  checkPostgresUrl(settings.primary, ['store', 'primary'], binder);
  if (Array.isArray(settings.replicas))
    settings.replicas.forEach((url, index) => checkPostgresUrl(url, ['store', 'replicas', index], binder));
  return { ...settings, statementTimeoutMs: parseDuration(String(statementTimeout)) ?? 0 };
}

/** Reports a URL that cannot be parsed. The usual cause is a password with reserved characters that are not percent-encoded. */
function checkPostgresUrl(url: unknown, path: ConfigPath, binder: SettingsBinder): void {
  if (typeof url !== 'string' || !POSTGRES_URL_PATTERN.test(url)) return;
  try {
    redactLocation(url);
  } catch (error) {
    binder.reportProblem(path, (error as Error).message);
  }
}
