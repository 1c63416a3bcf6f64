import { definePlugin } from '@tributary/connector-api';
import { BankStatementsSettings } from './bank-statements.config.js';
import { BankStatementsPsp } from './bank-statements.plugin.js';

export const bankStatements = definePlugin({
  name: 'bank-statements',
  title:
    'Statements of any bank: camt.052/.053/.054, MT940/MT942, BAI2, OFX, CSV, from a directory, SFTP or S3',
  settings: BankStatementsSettings,
  // Another directory is assumed to contain the statements of other accounts, although the directory may only have been moved.
  identifyAccount: ({ directory, sftp, s3 }) => {
    if (sftp) return `sftp ${sftp.user}@${sftp.host}:${sftp.port} ${sftp.directory}`;
    return s3 ? `s3 ${s3.endpoint} ${s3.bucket} ${s3.prefix ?? ''}` : `directory ${directory}`;
  },
  // A statement contains its own opening and closing balance. The plugin itself compares them with the entries.
  completeness: () => ({
    isComparable: false,
    reason: 'each statement proves its own opening and closing balance when it is read',
  }),
  psp: BankStatementsPsp,
});
