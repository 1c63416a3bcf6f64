/** Validates the body of a request for an order. One error names all invalid properties. Invalid values are never corrected. */
import { ASSET, canonicalAsset } from '../money.js';
import type { OrderKind } from '../orders.js';
import type { Backend, OrderRequest } from './backend.js';
import { unprocessable, type ContractError } from './contract-error.js';

type Body = Readonly<Record<string, unknown>>;

/** 78 digits are enough for the largest amount in Formance, 2^256. */
const AMOUNT = /^[1-9]\d{0,77}$/;
const LONGEST_KEY = 1024;
/** The maximum in UTF-8. Databases have an index on the key, and a PostgreSQL index entry is limited to about 2 700 bytes. */
const MOST_KEY_BYTES = 2048;
const LONGEST_ID = 1024;
const LONGEST_SHOWN = 64;

/**
 * Parses and validates a request for an order.
 * @param body the JSON object. Unknown properties are ignored, because newer clients may send more
 * @throws ContractError 422 with one sentence for each invalid property: what was found and what was expected
 */
export async function parseOrderRequest(
  kind: OrderKind,
  body: Body,
  backend: Pick<Backend, 'served'>,
): Promise<OrderRequest> {
  const problems = new Map<string, string>();
  const request = readMembers(body, problems);
  for (const [member, problem] of await unknownAccounts(kind, request, backend)) {
    if (!problems.has(member)) problems.set(member, problem);
  }
  if (problems.size > 0) throw invalidOrder(kind, problems);
  return request;
}

/** Reads the properties of the body. An invalid property is added to `problems` and is empty in the returned request. */
function readMembers(body: Body, problems: Map<string, string>): OrderRequest {
  const read = (member: string, check: (value: unknown) => string | undefined): string => {
    const problem = check(body[member]);
    if (problem !== undefined)
      problems.set(member, `${member} is ${shown(body[member])}, expected ${problem}.`);
    return problem === undefined && typeof body[member] === 'string' ? body[member] : '';
  };
  return {
    idempotencyKey: read('idempotencyKey', problemOfKey),
    amount: { amount: BigInt(read('amount', problemOfAmount)), asset: read('currency', problemOfAsset) },
    sourceAccountId: read('sourceAccountId', (value) => problemOfText(value, LONGEST_ID)),
    destinationAccountId: read('destinationAccountId', (value) => problemOfText(value, LONGEST_ID)),
    // Formance always sends a description. It is empty if the user entered none.
    ...unlessEmpty(read('description', problemOfDescription)),
    metadata: readMetadata(body['metadata'], problems),
  };
}

function unlessEmpty(description: string): { description?: string } {
  return description === '' ? {} : { description };
}

function problemOfAmount(value: unknown): string | undefined {
  if (typeof value === 'string' && AMOUNT.test(value)) return undefined;
  return 'a positive whole number of minor units as a string of up to 78 digits, e.g. "1250"';
}

/** Accepts an asset only in the form that the feeds use. Another number of decimal places would change the meaning of the amount. */
function problemOfAsset(value: unknown): string | undefined {
  if (typeof value !== 'string' || !ASSET.test(value)) return 'an asset like "EUR/2" or "JPY"';
  const canonical = canonicalAsset(value);
  return value === canonical ? undefined : JSON.stringify(canonical);
}

function problemOfKey(value: unknown): string | undefined {
  const isLong = typeof value === 'string' && Buffer.byteLength(value) > MOST_KEY_BYTES;
  const problem = problemOfText(value, LONGEST_KEY);
  return problem ?? (isLong ? `at most ${MOST_KEY_BYTES} bytes of UTF-8` : undefined);
}

function problemOfText(value: unknown, longest: number): string | undefined {
  if (typeof value === 'string' && value !== '' && value.length <= longest && isPlainText(value)) {
    return undefined;
  }
  return `a text of 1 to ${longest} characters without U+0000 and unpaired surrogates`;
}

function problemOfDescription(value: unknown): string | undefined {
  if (value === undefined || value === null || (typeof value === 'string' && isPlainText(value))) {
    return undefined;
  }
  return 'a text without U+0000 and unpaired surrogates, or nothing';
}

/** Returns whether every database stores the string and every client reads it back unchanged. */
function isPlainText(text: string): boolean {
  return text.isWellFormed() && !text.includes('\u0000');
}

function readMetadata(value: unknown, problems: Map<string, string>): Record<string, string> {
  if (value === undefined || value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) {
    problems.set('metadata', `metadata is ${shown(value)}, expected an object of texts.`);
    return {};
  }
  const entries: [string, unknown][] = Object.entries(value);
  const wrong = entries.find((entry) => !isTextEntry(entry));
  if (wrong !== undefined) {
    const expected = 'expected a text without U+0000 and unpaired surrogates';
    problems.set('metadata', `metadata[${shown(wrong[0])}] is ${shown(wrong[1])}, ${expected}.`);
  }
  return Object.fromEntries(entries.filter(isTextEntry));
}

function isTextEntry(entry: [string, unknown]): entry is [string, string] {
  return isPlainText(entry[0]) && typeof entry[1] === 'string' && isPlainText(entry[1]);
}

/**
 * Returns problems with the source and the destination. Both must be in the connector's own lists. Any other id could belong to an
 * unknown recipient.
 */
async function unknownAccounts(
  kind: OrderKind,
  { sourceAccountId: source, destinationAccountId: destination }: OrderRequest,
  backend: Pick<Backend, 'served'>,
): Promise<[string, string][]> {
  const problems: [string, string][] = [];
  const accounts = await backend.served('accounts', [source, destination]);
  if (!accounts.has(source)) {
    problems.push(['sourceAccountId', `sourceAccountId ${shown(source)} is not in the list of accounts.`]);
  }
  const problem =
    kind === 'TRANSFER'
      ? problemOfTransfer(source, destination, accounts)
      : problemOfPayout(destination, accounts, await backend.served('beneficiaries', [destination]));
  if (problem !== undefined) {
    problems.push(['destinationAccountId', `destinationAccountId ${shown(destination)} ${problem}.`]);
  }
  return problems;
}

function problemOfTransfer(
  source: string,
  destination: string,
  accounts: ReadonlySet<string>,
): string | undefined {
  if (!accounts.has(destination))
    return 'is not in the list of accounts; a transfer goes from account to account';
  return source === destination ? 'is the source too; a transfer needs two accounts' : undefined;
}

function problemOfPayout(
  destination: string,
  accounts: ReadonlySet<string>,
  beneficiaries: ReadonlySet<string>,
): string | undefined {
  if (beneficiaries.has(destination)) return undefined;
  return accounts.has(destination)
    ? 'is an account, expected one of the list of beneficiaries; between accounts make a transfer'
    : 'is not in the list of beneficiaries';
}

function invalidOrder(kind: OrderKind, problems: ReadonlyMap<string, string>): ContractError {
  const members = [...problems.keys()].join(', ');
  const nothing = 'Nothing was stored, and nothing was sent.';
  return unprocessable(
    `Invalid ${kind.toLowerCase()}: ${members}`,
    [...problems.values(), nothing].join(' '),
  );
}

function shown(value: unknown): string {
  if (value === undefined) return 'missing';
  const text = typeof value === 'string' ? JSON.stringify(value.slice(0, LONGEST_SHOWN)) : kindOf(value);
  return typeof value === 'string' && value.length > LONGEST_SHOWN
    ? `${text} and ${value.length - LONGEST_SHOWN} more characters`
    : text;
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `the ${typeof value} ${JSON.stringify(value)}`;
}
