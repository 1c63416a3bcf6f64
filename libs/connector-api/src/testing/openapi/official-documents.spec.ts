/** Tests the validator with official documents of PSPs: their own examples must be valid, except for known errors in the documents. */
import { PspDocumentValidator } from './psp-document-validator.js';

const REVOLUT = 'revolut-business/business.json';
const MOLLIE = 'mollie/specs.yaml';
const AUTHORIZED = {
  authorization: 'Bearer x',
  'idempotency-key': 'k',
  'x-client-signature': 's',
  'x-client-signed-at': '2026-01-01T00:00:00Z',
};

/** For each operation: the number of its examples, and patterns for the names of the examples that violate the document's own schemas. */
const REVOLUT_OPERATIONS: [string, number, RegExp[]][] = [
  // The example contains the id "b7ec67d3-5af1-42c8-bece-3d28nlmo894d", which is not a UUID.
  ['GET /accounts', 1, [/^GET \/accounts 200/]],
  // Revolut's examples contain mistakes: the id "b209281b-aakk-9911-8d83-ac72469cef8f" is not a UUID, 2026-01-32 is not a date, card digits
  // are numbers, and the example of status 401 has no code.
  ['GET /counterparties', 7, [/all_counterparties/, /401/]],
  ['GET /transactions', 1, []],
  ['GET /transaction/{id}', 10, []],
  ['POST /pay', 9, []],
  ['POST /transfer', 2, []],
];

const MOLLIE_OPERATIONS: [string, number, RegExp[]][] = [
  ['GET /v2/balances', 5, []],
  // The property `context` of a transaction is nested in the schema, but flat in the examples.
  ['GET /v2/balances/{balanceId}/transactions', 5, [/200-1/, /200-2/]],
  ['GET /v2/settlements', 4, []],
  // The schema lacks settlementAmount, details.cardToken and other properties of the examples.
  ['GET /v2/payments', 5, [/200-2/, /200-3/]],
  // The schema lacks _links.documentation, which the example contains.
  ['GET /v2/refunds', 3, [/200-1/]],
  ['GET /v2/chargebacks', 6, [/200-1/, /200-2/, /200-3/]],
  ['GET /v2/business-accounts/accounts', 3, []],
  ['GET /v2/business-accounts/accounts/{businessAccountId}/transactions', 3, []],
  ['POST /v2/business-accounts/transfers', 4, []],
  ['GET /v2/business-accounts/transfers/{businessAccountsTransferId}', 4, []],
  ['GET /v2/payouts', 3, []],
  ['POST /v2/payouts', 3, []],
  // The schema of the list lacks _links.documentation, which the example contains.
  ['GET /v2/business-accounts/draft-transfers', 3, [/200/]],
  ['POST /v2/business-accounts/draft-transfers', 3, []],
  ['GET /v2/business-accounts/draft-transfers/{draftTransferId}', 5, []],
];

checkExamples(REVOLUT, '/api/1.0', REVOLUT_OPERATIONS, await PspDocumentValidator.loadOfficial(REVOLUT));
checkExamples(MOLLIE, '', MOLLIE_OPERATIONS, await PspDocumentValidator.loadOfficial(MOLLIE));

function checkExamples(
  file: string,
  base: string,
  operations: [string, number, RegExp[]][],
  document: PspDocumentValidator | undefined,
): void {
  if (document === undefined) {
    it.skip(`${file} is absent`, () => undefined);
    return;
  }
  describe(file, () => {
    it.each(operations)('%s', (operation, expected, contradicting) => {
      const [method = '', template = ''] = operation.split(' ');
      const path = base + template.replaceAll(/\{[^}]+\}/g, '00000000-0000-4000-8000-000000000000');
      const examples = document.getExamples(method, template);
      expect(examples).toHaveLength(expected);
      for (const { name, status, mediaType, value } of examples) {
        const headers = { ...AUTHORIZED, 'content-type': mediaType };
        const problems =
          status === undefined
            ? document.checkRequest({ method, path, query: new URLSearchParams(), headers, body: value })
            : document.checkResponse({ method, path }, { status, headers, body: value });
        const isKnown = contradicting.some((known) => known.test(name));
        expect({ name, agrees: problems.length === 0, problems }).toMatchObject({ name, agrees: !isKnown });
      }
    });

    it('finds a property that the document does not contain, in every example of an object', () => {
      const [operation = ''] = operations.at(-1) ?? [];
      const [method = '', path = ''] = operation.split(' ');
      const [example] = document.getExamples(method, path).filter(({ status }) => status !== undefined);
      const body = { ...(example?.value as object), inventedProperty: 1 };
      const headers = { 'content-type': example?.mediaType };
      const problems = document.checkResponse(
        { method, path: base + path },
        { status: example?.status ?? 0, headers, body },
      );
      expect(problems.join()).toContain('no property "inventedProperty"');
    });
  });
}

it('says why checks are skipped where a document is absent', async () => {
  expect(await PspDocumentValidator.loadOfficial('acme/no-such.json')).toBeUndefined();
});
