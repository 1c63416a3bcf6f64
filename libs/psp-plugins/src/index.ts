/** The list of built-in plugins. Their names are the values that `plugin:` in a deployment file accepts. */
import type { Plugin } from '@tributary/connector-api';
import { adyenBalancePlatform } from './adyen-balance-platform/index.js';
import { bankStatements } from './bank-statements/index.js';
import { gocardless } from './gocardless/index.js';
import { mollie } from './mollie/index.js';
import { paypal } from './paypal/index.js';
import { revolutBusiness } from './revolut-business/index.js';
import { sandbox } from './sandbox/index.js';
import { square } from './square/index.js';

export { BankStatementsSettings } from './bank-statements/bank-statements.config.js';
export { previewBankFile } from './bank-statements/file-preview.js';
export { StatementError } from './bank-statements/statements/statement.types.js';
export type { FilePreview } from './bank-statements/file-preview.js';

export const plugins: readonly Plugin[] = [
  adyenBalancePlatform,
  bankStatements,
  gocardless,
  mollie,
  paypal,
  revolutBusiness,
  sandbox,
  square,
];

/** Returns the plugin with this name, or `undefined` if no plugin has the name. */
export function findPlugin(name: string): Plugin | undefined {
  return plugins.find((plugin) => plugin.name === name);
}
