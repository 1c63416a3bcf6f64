/** Validates the body of a request for an order. One error names all invalid properties. An invalid value is never corrected. */
import { ASSET_PATTERN, normalizeAsset } from '../money.js';
import type { OrderKind } from '../order.types.js';
import type { Backend, OrderRequest } from './backend.js';
import { createUnprocessableError, type ContractError } from './contract-error.js';

type Body = Readonly<Record<string, unknown>>;

/** Matches an amount in minor units. 78 digits are enough for the largest amount in Formance, 2^256. */
const AMOUNT_PATTERN = /^[1-9]\d{0,77}$/;
const MAX_KEY_LENGTH = 1024;
/**
 * The maximum length of an idempotency key in UTF-8. The key has a database index, and an index entry of PostgreSQL is limited to about
 * 2,700 bytes.
 */
const MAX_KEY_BYTES = 2048;
const MAX_ID_LENGTH = 1024;
const MAX_QUOTED_LENGTH = 64;

/**
 * Parses and validates a request for an order.
 * @param body the JSON object. Unknown properties are ignored, because newer clients may send more properties
 * @throws ContractError 422 with one sentence for each invalid property: the value found and the value expected
 */
export async function parseOrderRequest(
  kind: OrderKind,
  body: Body,
  backend: Pick<Backend, 'findServedIds'>,
): Promise<OrderRequest> {
  const problems = new Map<string, string>();
  const request = readProperties(body, problems);
  for (const [property, problem] of await findAccountProblems(kind, request, backend)) {
    if (!problems.has(property)) problems.set(property, problem);
  }
  if (problems.size > 0) throw createInvalidOrderError(kind, problems);
  return request;
}

/**
 * Reads the properties of the body. For an invalid property, a message is added to `problems`, and the property is empty in the returned
 * request.
 */
function readProperties(body: Body, problems: Map<string, string>): OrderRequest {
  const read = (property: string, check: (value: unknown) => string | undefined): string => {
    const problem = check(body[property]);
    if (problem !== undefined)
      problems.set(property, `${property} is ${describeValue(body[property])}, expected ${problem}.`);
    return problem === undefined && typeof body[property] === 'string' ? body[property] : '';
  };
  return {
    idempotencyKey: read('idempotencyKey', findKeyProblem),
    ...readMoney(read('amount', findAmountProblem), read('currency', findAssetProblem)),
    sourceAccountId: read('sourceAccountId', (value) => findStringProblem(value, MAX_ID_LENGTH)),
    destinationAccountId: read('destinationAccountId', (value) => findStringProblem(value, MAX_ID_LENGTH)),
    // Formance always sends a description, which is empty if the user entered no text.
    ...omitEmptyDescription(read('description', findDescriptionProblem)),
    metadata: readMetadata(body['metadata'], problems),
  };
}

/** Converts the asset to the form of the feeds. If the client wrote another form, the result also contains the client's form. */
function readMoney(amount: string, currency: string): Pick<OrderRequest, 'amount' | 'requestedAsset'> {
  const asset = normalizeAsset(currency);
  return {
    amount: { amount: BigInt(amount), asset },
    ...(currency === asset ? {} : { requestedAsset: currency }),
  };
}

function omitEmptyDescription(description: string): { description?: string } {
  return description === '' ? {} : { description };
}

function findAmountProblem(value: unknown): string | undefined {
  if (typeof value === 'string' && AMOUNT_PATTERN.test(value)) return undefined;
  return 'a positive whole number of minor units as a string of up to 78 digits, e.g. "1250"';
}

/**
 * Returns the problem with an asset, or `undefined` if it is accepted. The asset must have the form that the feeds use. An asset without
 * decimal places is also accepted with `/0`, because the API of Formance rejects `JPY` in a payment initiation and sends `JPY/0`. Another
 * number of decimal places is not accepted, because it would change the meaning of the amount.
 */
function findAssetProblem(value: unknown): string | undefined {
  if (typeof value !== 'string' || !ASSET_PATTERN.test(value)) return 'an asset like "EUR/2" or "JPY"';
  const canonical = normalizeAsset(value);
  const isSameAsset = value === canonical || (!canonical.includes('/') && value === `${canonical}/0`);
  return isSameAsset ? undefined : JSON.stringify(canonical);
}

function findKeyProblem(value: unknown): string | undefined {
  const isLong = typeof value === 'string' && Buffer.byteLength(value) > MAX_KEY_BYTES;
  const problem = findStringProblem(value, MAX_KEY_LENGTH);
  return problem ?? (isLong ? `at most ${MAX_KEY_BYTES} bytes of UTF-8` : undefined);
}

function findStringProblem(value: unknown, maxLength: number): string | undefined {
  if (typeof value === 'string' && value !== '' && value.length <= maxLength && isStorableString(value)) {
    return undefined;
  }
  return `a text of 1 to ${maxLength} characters without U+0000 and unpaired surrogates`;
}

function findDescriptionProblem(value: unknown): string | undefined {
  if (value === undefined || value === null || (typeof value === 'string' && isStorableString(value))) {
    return undefined;
  }
  return 'a text without U+0000 and unpaired surrogates, or nothing';
}

/** Returns true if SQLite and PostgreSQL can store the string, and every client reads the same string back. */
function isStorableString(text: string): boolean {
  return text.isWellFormed() && !text.includes('\u0000');
}

function readMetadata(value: unknown, problems: Map<string, string>): Record<string, string> {
  if (value === undefined || value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) {
    problems.set('metadata', `metadata is ${describeValue(value)}, expected an object of texts.`);
    return {};
  }
  const entries: [string, unknown][] = Object.entries(value);
  const wrong = entries.find((entry) => !isStringEntry(entry));
  if (wrong !== undefined) {
    const expected = 'expected a text without U+0000 and unpaired surrogates';
    problems.set(
      'metadata',
      `metadata[${describeValue(wrong[0])}] is ${describeValue(wrong[1])}, ${expected}.`,
    );
  }
  return Object.fromEntries(entries.filter(isStringEntry));
}

function isStringEntry(entry: [string, unknown]): entry is [string, string] {
  return isStorableString(entry[0]) && typeof entry[1] === 'string' && isStorableString(entry[1]);
}

/**
 * Returns the problems with the source and the destination. Both ids must be in the connector's own lists of accounts and beneficiaries.
 * Any other id could belong to an unknown recipient.
 */
async function findAccountProblems(
  kind: OrderKind,
  { sourceAccountId: source, destinationAccountId: destination }: OrderRequest,
  backend: Pick<Backend, 'findServedIds'>,
): Promise<[string, string][]> {
  const problems: [string, string][] = [];
  const accounts = await backend.findServedIds('accounts', [source, destination]);
  if (!accounts.has(source)) {
    problems.push([
      'sourceAccountId',
      `sourceAccountId ${describeValue(source)} is not in the list of accounts.`,
    ]);
  }
  const problem =
    kind === 'TRANSFER'
      ? findTransferProblem(source, destination, accounts)
      : findPayoutProblem(destination, accounts, await backend.findServedIds('beneficiaries', [destination]));
  if (problem !== undefined) {
    problems.push(['destinationAccountId', `destinationAccountId ${describeValue(destination)} ${problem}.`]);
  }
  return problems;
}

function findTransferProblem(
  source: string,
  destination: string,
  accounts: ReadonlySet<string>,
): string | undefined {
  if (!accounts.has(destination))
    return 'is not in the list of accounts; a transfer goes from account to account';
  return source === destination ? 'is the source too; a transfer needs two accounts' : undefined;
}

function findPayoutProblem(
  destination: string,
  accounts: ReadonlySet<string>,
  beneficiaries: ReadonlySet<string>,
): string | undefined {
  if (beneficiaries.has(destination)) return undefined;
  return accounts.has(destination)
    ? 'is an account, expected one of the list of beneficiaries; between accounts make a transfer'
    : 'is not in the list of beneficiaries';
}

function createInvalidOrderError(kind: OrderKind, problems: ReadonlyMap<string, string>): ContractError {
  const properties = [...problems.keys()].join(', ');
  const nothing = 'Nothing was stored, and nothing was sent.';
  return createUnprocessableError(
    `Invalid ${kind.toLowerCase()}: ${properties}`,
    [...problems.values(), nothing].join(' '),
  );
}

function describeValue(value: unknown): string {
  if (value === undefined) return 'missing';
  const text =
    typeof value === 'string' ? JSON.stringify(value.slice(0, MAX_QUOTED_LENGTH)) : describeType(value);
  return typeof value === 'string' && value.length > MAX_QUOTED_LENGTH
    ? `${text} and ${value.length - MAX_QUOTED_LENGTH} more characters`
    : text;
}

function describeType(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `the ${typeof value} ${JSON.stringify(value)}`;
}
