/** Reads the command line of the demo. */
import { parseArgs } from 'node:util';

const DEFAULT_PORT = 3000;

export interface DemoOptions {
  /** The names of plugins. */
  names: readonly string[];
  port: number;
}

/**
 * Reads the options.
 * @throws Error if a name is not the name of a plugin, or if the port is not a number
 */
export function readOptions(args: readonly string[], available: readonly string[]): DemoOptions {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { port: { type: 'string', default: String(DEFAULT_PORT) } },
  });
  const unknown = positionals.find((name) => !available.includes(name));
  if (unknown !== undefined)
    throw new Error(`there is no plugin ${JSON.stringify(unknown)}; expected ${available.join(', ')}`);
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new Error(`--port is ${values.port}; expected a number from 0 to 65535`);
  return { names: positionals.length > 0 ? [...new Set(positionals)] : available, port };
}
