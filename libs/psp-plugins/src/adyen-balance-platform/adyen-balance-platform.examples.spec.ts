/** Sends every example in Adyen's documents for the used operations through client and mapper. A person reviewed the snapshot row by row. */
import {
  isRejectedRecord,
  PspError,
  serializeAccount,
  serializeBeneficiary,
  serializeTransaction,
} from '@tributary/connector-api';
import type { Order, Page, PspClient, SerializedRecord } from '@tributary/connector-api';
import { InMemoryFeed, openConnector, declareSkippedSnapshots } from '@tributary/connector-api/testing';
import { ADYEN_DOCUMENT, AdyenBalancePlatformFake } from './adyen-balance-platform.fake.js';
import { adyenBalancePlatform } from './index.js';
import { FakeLedger } from './testing/fake-ledger.js';
import { SleepSkippingClock } from './testing/test-connector.js';

const ORDER: Order = {
  kind: 'PAYOUT',
  idempotencyKey: '00000000-0000-4000-8000-000000000001',
  reference: 'our-1',
  amount: { amount: 1000n, asset: 'EUR/2' },
  sourceAccountId: 'BA00000000000000000000001',
  destinationAccountId: 'SE1234567890ABC1234567890',
  metadata: {},
  createdAt: '2024-03-20T09:13:37Z',
};

/** The properties by which a transfer is recognised as that of the order. */
const OWN_TRANSFER = {
  reference: ORDER.idempotencyKey,
  amount: { currency: 'EUR', value: 1000 },
  direction: 'outgoing',
};
const NOW = Date.UTC(2025, 5, 1);

/** The call of the plugin that reads the response of each operation on one object. */
const PLUGIN_CALLS: Readonly<Record<string, (psp: PspClient) => Promise<unknown>>> = {
  'GET /bcl/v2/balanceAccounts/{id}': (psp) => psp.balances!(ORDER.sourceAccountId),
  'GET /btl/v4/transfers/{id}': (psp) => psp.findOrder!({ ...ORDER, pspId: 'TR1' }),
  'POST /btl/v4/transfers': (psp) => psp.createPayout!(ORDER),
};
/** The lists, in the order in which the plugin requests them. */
const LISTS = [
  '/bcl/v2/balancePlatforms/{id}/accountHolders',
  '/bcl/v2/accountHolders/{id}/balanceAccounts',
  '/btl/v4/transfers',
  '/btl/v4/transactions',
];

let fake: AdyenBalancePlatformFake;
let psp: PspClient;
let close: () => Promise<void>;

async function openExamples(): Promise<void> {
  const clock = new SleepSkippingClock(NOW);
  fake = await AdyenBalancePlatformFake.start(new FakeLedger(clock));
  const connector = await openConnector(adyenBalancePlatform, fake.settings, {
    feed: new InMemoryFeed(),
    clock,
  });
  psp = connector.psp;
  close = async () => {
    await connector.close();
    await fake.close();
  };
}

function injectExample(method: string, path: string, status: number, body: unknown, times: number): void {
  fake.server.injectFault({ method, path, fault: { response: { status, body } }, times });
}

/** Returns one line for each record, as it is served, and the warnings. */
async function serializePages<T extends object>(
  pages: AsyncIterable<Page<T>>,
  serialize: (item: T) => SerializedRecord,
): Promise<unknown[]> {
  const lines: unknown[] = [];
  for await (const { items, warnings = [] } of pages)
    lines.push(
      ...items.map((item) => (isRejectedRecord(item) ? item : `${serialize(item).content}}`)),
      ...warnings,
    );
  return lines;
}

/** The example has links to pages that the document does not contain. */
function removeNextPage(value: unknown): unknown {
  const page = value as { hasNext?: boolean };
  return { ...page, _links: undefined, ...('hasNext' in page && { hasNext: false }) };
}

function toPlainError(error: unknown): unknown {
  if (!(error instanceof PspError)) throw error;
  return { kind: error.kind, message: error.message };
}

const cases = Object.entries(PLUGIN_CALLS).flatMap(([operation, call]) => {
  const [method = '', path = ''] = operation.split(' ');
  const examples = ADYEN_DOCUMENT?.getExamples(method, path) ?? [];
  return examples.flatMap(({ name, status, value }) =>
    status === undefined ? [] : [{ name, status, value, method, path, call }],
  );
});

if (ADYEN_DOCUMENT === undefined)
  declareSkippedSnapshots(import.meta.filename, '../shared/specs/adyen is absent');
else {
  beforeEach(openExamples);
  afterEach(() => close());

  it('has examples of every operation', () => {
    const found = new Set(cases.map(({ method, path }) => `${method} ${path}`));
    expect([...found]).toEqual(Object.keys(PLUGIN_CALLS));
    expect(LISTS.filter((path) => ADYEN_DOCUMENT!.getExamples('GET', path).length === 0)).toEqual([]);
  });

  it.each(cases)('$name', async ({ method, path, call, status, value }) => {
    // The example of a transfer contains neither the key nor the amount of the order.
    const isLookup = method === 'GET' && path.endsWith('/transfers/{id}');
    injectExample(
      method,
      path,
      status,
      isLookup ? { ...(value as object), ...OWN_TRANSFER } : value,
      Infinity,
    );
    expect(await call(psp).catch(toPlainError)).toMatchSnapshot();
  });

  it('the examples of the lists become these records', async () => {
    const injectLists = () => {
      for (const path of LISTS) {
        const [example] = ADYEN_DOCUMENT!.getExamples('GET', path);
        injectExample('GET', path, 200, removeNextPage(example?.value), 1);
      }
    };
    injectLists();
    const accounts = await serializePages(psp.accounts(), serializeAccount);
    const transactions = await serializePages(psp.transactions(), serializeTransaction);
    injectLists();
    const beneficiaries = await serializePages(psp.beneficiaries!(), serializeBeneficiary);
    expect({ accounts, transactions, beneficiaries }).toMatchSnapshot();
  });
}
