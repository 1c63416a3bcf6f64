import { CHECKS, describePsp } from '@tributary/connector-api/testing';
import { bankStatements } from './index.js';
import { createStatementsFixture } from './testing/suite-fixture.js';

const NO_HTTP = 'Statements come from a directory, not over HTTP.';
const NO_SECRETS = 'A directory of statements has no secrets.';

const NO_TIES =
  'An entry of a statement does not name the entry that it refunds, returns, converts or charges.';
const EVERY_ACCOUNT = 'movements: the rows of every account';

describePsp(bankStatements, {
  directory: import.meta.dirname,
  settings: {},
  invalidSettings: { directory: [''], timeZone: ['Mars/Olympus'] },
  createFixture: createStatementsFixture,
  skip: Object.fromEntries(
    CHECKS.flatMap(({ name }) => {
      if (name.startsWith('faults: ')) return [[name, NO_HTTP]];
      if (name.startsWith('secrets: not in ')) return [[name, NO_SECRETS]];
      if (name.startsWith('movements: ') && name !== EVERY_ACCOUNT) return [[name, NO_TIES]];
      return [];
    }),
  ),
});
