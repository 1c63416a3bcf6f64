import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const UNKNOWN = '0.0.0-unknown';

/** The version in the package's own `package.json`, which is further up from the built program than from the source. */
export function packageVersion(directory = import.meta.dirname): string {
  const file = join(directory, 'package.json');
  const above = dirname(directory);
  // A copy of the built program alone has none above it, and works nevertheless.
  if (!existsSync(file)) return above === directory ? UNKNOWN : packageVersion(above);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
