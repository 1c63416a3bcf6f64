/** Reads the examples of Square's document with the whole plugin. A person has reviewed the snapshot. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isRejectedRecord, serializeTransaction } from '@tributary/connector-api';
import { SQUARE_DOCUMENT_VALIDATOR, SquareFake } from './square.fake.js';
import { collectPages, FakeClock, mountPlugin, TestFeed } from './testing/mount-plugin.js';

const EXAMPLES = JSON.parse(
  readFileSync(join(import.meta.dirname, 'fixtures/examples.json'), 'utf8'),
) as Record<string, object>;
const ENTRIES_PATH = '/v2/payouts/{id}/payout-entries';
const LOCATIONS_PATH = '/v2/locations';
/** How often an example is returned. The accounts request the locations once. */
const TIMES: Readonly<Record<string, number>> = {
  ...{ [ENTRIES_PATH]: 2, '/v2/payments': 2, '/v2/payouts': 2 },
  [LOCATIONS_PATH]: 1,
};
/**
 * The transactions request these locations. The examples of payments and payouts name the first, and the examples of disputes the others. The
 * example of locations does not contain all of them.
 */
const NAMED_LOCATIONS = {
  locations: [{ id: 'L88917AVBK2S5' }, { id: 'L1HN3ZMQK64X9' }, { id: '18YC4JDH91E1H' }],
};

/** Lists the examples. The fake returns them instead of its own data. */
async function listExamples(examples: Readonly<Record<string, object>>) {
  const clock = new FakeClock(Date.UTC(2022, 6, 10));
  const fake = await SquareFake.start({ clock });
  const feed = new TestFeed();
  const connector = await mountPlugin(fake.settings, clock, feed);
  try {
    for (const [path, body] of Object.entries(examples)) {
      // Each example is returned once. The first payout gets the entries, and the first location gets the payments and payouts.
      const times = TIMES[path] ?? Infinity;
      fake.server.injectFault({ fault: { response: { status: 200, body } }, path, times });
    }
    fake.server.injectFault({
      fault: { response: { status: 200, body: { payout_entries: [] } } },
      path: ENTRIES_PATH,
    });
    fake.server.injectFault({
      fault: { response: { status: 200, body: NAMED_LOCATIONS } },
      path: LOCATIONS_PATH,
      nth: 2,
      times: Infinity,
    });
    const [accounts, beneficiaries] = [
      await collectPages(connector.psp.accounts()),
      await collectPages(connector.psp.beneficiaries!()),
    ];
    const transactions = await collectPages(connector.psp.transactions());
    return {
      accounts: accounts.flatMap(({ items }) => items),
      beneficiaries: beneficiaries.flatMap(({ items }) => items),
      transactions: transactions.flatMap(({ items }) =>
        items.map((item) =>
          isRejectedRecord(item) ? item : (JSON.parse(`${serializeTransaction(item).content}}`) as unknown),
        ),
      ),
      warnings: transactions.flatMap(({ warnings = [] }) => warnings),
    };
  } finally {
    await connector.close();
    await fake.server.close();
  }
}

it('the examples of the document become these records', async () => {
  expect(await listExamples(EXAMPLES)).toMatchSnapshot();
});

const describeWithDocument = SQUARE_DOCUMENT_VALIDATOR === undefined ? it.skip : it;
describeWithDocument('the fixtures are the examples of the document', () => {
  for (const [path, body] of Object.entries(EXAMPLES)) {
    const [example] = SQUARE_DOCUMENT_VALIDATOR!.getExamples('GET', path.replace('{id}', '{payout_id}'));
    expect(example?.value).toMatchObject(body);
  }
});
