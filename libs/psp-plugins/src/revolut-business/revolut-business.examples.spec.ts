/**
 * Reads every example in Revolut's document, for the endpoints that the plugin uses, with the whole plugin. A person has reviewed the
 * snapshot.
 */
import { isRejectedRecord, serializeTransaction } from '@tributary/connector-api';
import type { Order, PspClient } from '@tributary/connector-api';
import { declareSkippedSnapshots } from '@tributary/connector-api/testing';
import type { Example } from '@tributary/connector-api/testing';
import { REVOLUT_DOCUMENT_VALIDATOR, RevolutBusinessFake } from './revolut-business.fake.js';
import { collectPages, FakeClock, mountPlugin } from './testing/mount-plugin.js';

const NOW = Date.UTC(2026, 5, 1);

const ORDER: Order = {
  kind: 'PAYOUT',
  idempotencyKey: '1f0f3850-9627-42de-8ad4-a2c497c37d0b',
  reference: 'invoice-1',
  amount: { amount: 1000n, asset: 'EUR/2' },
  sourceAccountId: 'af98333c-ea53-482b-93c2-1fa5e4eae671',
  destinationAccountId: '49c6a48b-6b58-40a0-b974-0b8c4888c8a7.9116f03a-c074-4585-b261-18a706b3768b',
  metadata: {},
  createdAt: '2026-05-31T12:00:00.000Z',
};

/** For each endpoint, the call of the plugin that reads its response. */
const PLUGIN_CALLS: readonly [
  method: string,
  path: string,
  read: (psp: PspClient, value: unknown) => Promise<unknown>,
][] = [
  ['GET', '/accounts', async (psp) => collectPages(psp.accounts())],
  ['GET', '/counterparties', async (psp) => collectPages(psp.beneficiaries!())],
  ['GET', '/transactions', (psp) => listServedTransactions(psp)],
  // The response is read as a row of the list of transactions, because both have the same format.
  ['GET', '/transaction/{id}', (psp) => listServedTransactions(psp)],
  ['POST', '/pay', (psp) => psp.createPayout!(ORDER)],
  [
    'POST',
    '/transfer',
    (psp) =>
      psp.createTransfer!({
        ...ORDER,
        kind: 'TRANSFER',
        destinationAccountId: 'ae2e1241-81dd-498d-868e-075484785678',
      }),
  ],
];

async function listServedTransactions(psp: PspClient): Promise<unknown> {
  const pages = await collectPages(psp.transactions());
  return pages.flatMap(({ items }) =>
    items.map((item) =>
      isRejectedRecord(item) ? item : (JSON.parse(`${serializeTransaction(item).content}}`) as unknown),
    ),
  );
}

if (REVOLUT_DOCUMENT_VALIDATOR === undefined) {
  declareSkippedSnapshots(import.meta.filename, '../shared/specs/revolut-business/business.json is absent');
} else {
  const document = REVOLUT_DOCUMENT_VALIDATOR;
  describe.each(PLUGIN_CALLS)('%s %s', (method, path, read) => {
    const examples = document.getExamples(method, path).filter(({ status }) => status !== undefined);
    it.each(examples.map((example) => [example.name, example] as const))('%s', async (_name, example) => {
      await expectSnapshot(path, example, read);
    });
  });
}

async function expectSnapshot(
  path: string,
  { status = 200, value }: Example,
  read: (typeof PLUGIN_CALLS)[number][2],
) {
  const clock = new FakeClock(NOW);
  const fake = await RevolutBusinessFake.start({ clock });
  // With this `since`, one time range is enough to include the first example.
  const connector = await mountPlugin({ ...fake.settings, since: '2026-05-20' }, clock);
  try {
    const isOne = path === '/transaction/{id}';
    const body = isOne ? [value] : value;
    const order = path === '/pay' || path === '/transfer';
    fake.server.injectFault({
      fault: { response: { status, body } },
      path: isOne ? '/transactions' : path,
      times: status < 500 && !order ? 1 : Infinity,
    });
    const found = await read(connector.psp, value).catch((error: unknown) => String(error));
    expect(found).toMatchSnapshot();
  } finally {
    await connector.close();
    await fake.server.close();
  }
}
