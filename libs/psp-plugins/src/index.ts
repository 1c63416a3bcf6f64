/** THE list of plugins: what `plugin:` may say in a deployment file. */
import type { Plugin } from '@tributary/connector-api';
import { bankStatements } from './bank-statements/index.js';
import { mollie } from './mollie/index.js';
import { revolutBusiness } from './revolut-business/index.js';
import { sandbox } from './sandbox/index.js';

export const plugins: readonly Plugin[] = [bankStatements, mollie, revolutBusiness, sandbox];

export function findPlugin(name: string): Plugin | undefined {
  return plugins.find((plugin) => plugin.name === name);
}
