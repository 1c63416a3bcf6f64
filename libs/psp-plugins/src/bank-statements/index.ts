import { definePlugin } from '@tributary/connector-api';
import { BankStatementsSettings } from './bank-statements.config.js';
import { BankStatementsClient } from './bank-statements.psp.js';

export const bankStatements = definePlugin({
  name: 'bank-statements',
  title: 'Statements of any bank: camt.052/.053/.054, MT940/MT942, BAI2, from a directory',
  settings: BankStatementsSettings,
  psp: BankStatementsClient,
});
