/** Sends the examples of GoCardless' official library through client and mapper, and compares the fake with them. A person reviewed the snapshot. */
import {
  isRejectedRecord,
  serializeAccount,
  serializeBeneficiary,
  serializeTransaction,
} from '@tributary/connector-api';
import type { Page, SerializedRecord } from '@tributary/connector-api';
import { InMemoryFeed, ManualClock, openConnector } from '@tributary/connector-api/testing';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { GocardlessFake } from './gocardless.fake.js';
import { gocardless } from './index.js';
import { SimulatedHistory } from './testing/simulate-history.js';

type Example = Record<string, Record<string, unknown>[]>;
const EXAMPLES = JSON.parse(
  readFileSync(join(import.meta.dirname, 'fixtures/examples.json'), 'utf8'),
) as Record<string, Example>;
const JOURNAL = 'payment_account_transactions';

async function openExamples() {
  const clock = new ManualClock();
  const fake = await GocardlessFake.start(clock);
  for (const [list, example] of Object.entries(EXAMPLES)) {
    const path = list === JOURNAL ? '/payment_accounts/{id}/transactions' : `/${list}`;
    // The examples have a cursor, but no next page.
    const body = { ...example, meta: { cursors: { before: null, after: null }, limit: 50 } };
    fake.server.injectFault({ path, fault: { response: { body } }, times: Infinity });
    const found = { [list]: example[list]?.[0] };
    fake.server.injectFault({ path: `/${list}/{id}`, fault: { response: { body: found } }, times: Infinity });
  }
  const settings = { ...fake.settings, since: '2013-12-01' };
  const connector = await openConnector(gocardless, settings, { feed: new InMemoryFeed(), clock });
  return { connector, fake };
}

it('the examples become these records', async () => {
  const { connector, fake } = await openExamples();
  const { psp } = connector;
  expect({
    accounts: await serializePages(psp.accounts(), serializeAccount),
    beneficiaries: await serializePages(psp.beneficiaries!(), serializeBeneficiary),
    transactions: await serializePages(psp.transactions(), serializeTransaction),
    creditor: (await psp.balances!('CR123')).amounts,
    paymentAccount: (await psp.balances!('BA123')).amounts,
  }).toMatchSnapshot();
  await connector.close();
  await fake.server.close();
});

it('the fake serves no member that the examples do not have, and none of another type', async () => {
  const clock = new ManualClock();
  const fake = await GocardlessFake.start(clock);
  new SimulatedHistory(fake, { payments: 60, days: 40, end: clock.now() });
  const problems = Object.entries(EXAMPLES).flatMap(([list, example]) => {
    const [expected] = example[list] ?? [];
    if (expected === undefined || !(list in fake.tables)) return [];
    return fake.tables[list as keyof typeof fake.tables]
      .all()
      .flatMap((row) => compareMembers(JSON.parse(JSON.stringify(row)) as object, expected, list));
  });
  expect([...new Set(problems)]).toEqual([]);
  await fake.server.close();
});

/** Returns the members of a row that the example does not have, or has with another type. */
function compareMembers(row: object, expected: object, path: string): string[] {
  return Object.entries(row).flatMap(([name, value]: [string, unknown]): string[] => {
    const example = (expected as Record<string, unknown>)[name];
    const where = `${path}.${name}`;
    // Items are listed by their payout, so the fake keeps it as a link.
    if (where === 'payout_items.links.payout' || name === 'metadata' || value === null) return [];
    if (example === undefined) return [`${where} is not in the example`];
    if (typeof value !== typeof example)
      return [`${where} is a ${typeof value}; the example has a ${typeof example}`];
    if (typeof value !== 'object' || Array.isArray(value)) return [];
    return compareMembers(value, example as object, where);
  });
}

/** Returns each record as it is served. */
async function serializePages<T extends object>(
  pages: AsyncIterable<Page<T>>,
  serialize: (item: T) => SerializedRecord,
): Promise<unknown[]> {
  const records = new Set<string>();
  for await (const { items, warnings = [] } of pages) {
    for (const item of items)
      records.add(
        isRejectedRecord(item) ? `refused ${item.id}: ${item.reason}` : `${serialize(item).content}}`,
      );
    for (const { message } of warnings) records.add(`warning: ${message}`);
  }
  return [...records];
}
