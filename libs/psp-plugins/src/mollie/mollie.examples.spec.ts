/**
 * Reads every example in Mollie's document, for the endpoints that the plugin uses, with the whole plugin. A person has reviewed the
 * snapshot row by row.
 */
import {
  serializeAccount,
  serializeBeneficiary,
  isRejectedRecord,
  PspError,
  serializeTransaction,
} from '@tributary/connector-api';
import type { Page, SerializedRecord } from '@tributary/connector-api';
import { PspDocumentValidator, declareSkippedSnapshots } from '@tributary/connector-api/testing';
import { FakeMollie, MOLLIE_DOCUMENT_PATH } from './mollie.fake.js';
import { MollieTestConnector } from './testing/mollie-test-connector.js';

const document = await PspDocumentValidator.loadOfficial(MOLLIE_DOCUMENT_PATH);
const ACCOUNT = { balance: 'bal_gVMhHKqSSRYJyPsuoPNFH', business: 'ba_nopqrstuvwxyz23456789A' };
const ORDER = {
  kind: 'PAYOUT' as const,
  idempotencyKey: '00000000-0000-4000-8000-000000000001',
  reference: 'our-1',
  amount: { amount: 1000n, asset: 'EUR/2' },
  sourceAccountId: ACCOUNT.balance,
  destinationAccountId: `bank-account-of-${ACCOUNT.balance}`,
  metadata: {},
  createdAt: '2024-03-20T09:13:37Z',
};
const DRAFT = 'badrt_87GByBuj4UCcUTEbs6aGJ';
const TRANSFER = {
  ...ORDER,
  sourceAccountId: ACCOUNT.business,
  destinationAccountId: 'NL02ABNA0123456789',
};

/** For each operation, the call of the plugin that reads its response. */
const PLUGIN_CALLS: Record<string, (trial: MollieTestConnector) => Promise<unknown>> = {
  'GET /v2/balances': async ({ psp }) => [
    await serializePages(psp.accounts(), serializeAccount),
    await serializePages(psp.beneficiaries!(), serializeBeneficiary),
  ],
  'GET /v2/balances/{balanceId}': ({ psp }) => psp.balances!(ACCOUNT.balance),
  'GET /v2/balances/{balanceId}/transactions': ({ psp }) =>
    serializePages(psp.transactions(), serializeTransaction),
  'GET /v2/business-accounts/accounts': ({ psp }) => serializePages(psp.accounts(), serializeAccount),
  'GET /v2/business-accounts/accounts/{businessAccountId}': ({ psp }) => psp.balances!(ACCOUNT.business),
  // One row has a counterparty whose IBAN is invalid (it has one digit too many), so this counterparty is not a beneficiary.
  'GET /v2/business-accounts/accounts/{businessAccountId}/transactions': async ({ psp }) => [
    await serializePages(psp.transactions(), serializeTransaction),
    await serializePages(psp.beneficiaries!(), serializeBeneficiary),
  ],
  'GET /v2/payouts': ({ psp }) => psp.findOrder!(ORDER),
  'POST /v2/payouts': ({ psp }) => psp.createPayout!(ORDER),
  'GET /v2/payouts/{payoutId}': ({ psp }) =>
    psp.findOrder!({ ...ORDER, pspId: 'payout_j8NvRAM2WNZtsykpLEX8J' }),
  // The fake has no draft with this id. Therefore the plugin reads the list of drafts, which is tested here.
  'GET /v2/business-accounts/draft-transfers': ({ psp }) => psp.findOrder!({ ...TRANSFER, pspId: DRAFT }),
  'POST /v2/business-accounts/draft-transfers': ({ psp }) => psp.createPayout!(TRANSFER),
  'GET /v2/business-accounts/draft-transfers/{draftTransferId}': ({ psp }) =>
    psp.findOrder!({ ...TRANSFER, pspId: DRAFT }),
};

const cases = Object.entries(PLUGIN_CALLS).flatMap(([operation, use]) => {
  const [method = '', path = ''] = operation.split(' ');
  const examples = document?.getExamples(method, path) ?? [];
  return examples
    .filter(({ status }) => status !== undefined)
    .map((example) => ({ ...example, method, path, use }));
});

if (document === undefined)
  declareSkippedSnapshots(import.meta.filename, `../shared/specs/${MOLLIE_DOCUMENT_PATH} is absent`);
else {
  it.each(cases)('$name', async ({ method, path, use, status, value }) => {
    // The fake gets no document, so responses are not checked, because some of the examples contradict their own schema.
    const fake = await FakeMollie.start(undefined);
    if (path.startsWith('/v2/balances/')) fake.addBalance('EUR', { id: ACCOUNT.balance });
    if (path.includes('business-accounts/') && !path.endsWith('/accounts'))
      fake.addBusinessAccount(ACCOUNT.business);
    const trial = await MollieTestConnector.open(fake, {
      payouts: 'switch-to-manual-settlement',
      transfers: 'draft',
      beneficiaries: method === 'POST' ? [{ name: 'Jan Jansen', iban: TRANSFER.destinationAccountId }] : [],
      businessAccounts: 'required',
    });
    // The link leads to a page for which the document has no example, so the link is removed.
    const body = withOrderKey(withoutNextLink(value), path);
    fake.server.injectFault({
      method,
      path,
      fault: { response: { status: status!, body } },
      times: Infinity,
    });
    expect(await use(trial).catch(toPlainError)).toMatchSnapshot();
    await trial.close();
    await fake.close();
  });
}

function withoutNextLink(value: unknown): unknown {
  const links = (value as { _links?: object })._links;
  return links === undefined ? value : { ...(value as object), _links: { ...links, next: null } };
}

/** The examples of payouts and drafts contain no key of an order. The ones that are looked up by their id get the key and the amount of the order. */
function withOrderKey(value: unknown, path: string): unknown {
  if (!/\/(payouts\/|draft-transfers)/.test(path) || typeof value !== 'object' || value === null)
    return value;
  if (Array.isArray(value)) return value.map((each) => withOrderKey(each, path));
  const isLookedUp = ['payout_j8NvRAM2WNZtsykpLEX8J', DRAFT].includes((value as { id?: string }).id ?? '');
  const own = { description: ORDER.idempotencyKey, amount: { currency: 'EUR', value: '10.00' } };
  const entries = Object.entries(value).map(([name, each]) => [name, withOrderKey(each, path)]);
  return { ...Object.fromEntries(entries), ...(isLookedUp && own) };
}

/** Returns one line for each record, in the form in which it is served. */
async function serializePages<T extends object>(
  pages: AsyncIterable<Page<T>>,
  toWire: (item: T) => SerializedRecord,
): Promise<unknown[]> {
  const lines: unknown[] = [];
  for await (const { items, balances = [] } of pages) {
    lines.push(
      ...items.map((item) => (isRejectedRecord(item) ? item : `${toWire(item).content}}`)),
      ...balances,
    );
  }
  return lines;
}

function toPlainError(error: unknown): unknown {
  if (!(error instanceof PspError)) throw error;
  return { kind: error.kind, message: error.message };
}
