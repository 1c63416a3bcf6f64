/**
 * Checks that one invalid part of a response does not affect the other parts. The invalid part is a byte that is not UTF-8, a number that is
 * not an amount, or an item of a list inside a row.
 */
import { JsonNumber } from '../../../http/json-number.js';
import { COMMON_METADATA_PREFIX } from '../../../mapping/common-metadata.js';
import { expectThat, requireFixturePart } from '../assertions.js';
import type { Check } from '../check.js';
import type { CheckContext } from '../check-context.js';
import type { PluginHarness } from '../plugin-harness.js';
import { isRequestOf } from '../../fake-route.js';
import { changeJsonProperties, isJsonObject } from '../change-json-properties.js';

/** A byte that never occurs in UTF-8. */
const INVALID_BYTE = 0xff;
/**
 * The result of calculating 12.34 with floating-point numbers. No currency has so many decimal places, so a plugin cannot convert it to an
 * amount.
 */
const DOUBLE_NOISE = new JsonNumber('12.340000000000002');
const OTHER_NUMBER = new JsonNumber('77');
const DECIMAL_PATTERN = /^-?\d+(?:\.\d+)?$/;

export const INVALID_PART_CHECKS: readonly Check[] = [
  { name: 'faults: a byte that is not UTF-8 in a text', run: expectRowsDespiteInvalidByte },
  {
    name: 'faults: a balance that cannot be read does not cost its account',
    run: expectAccountDespiteBalance,
  },
  {
    name: 'faults: an invalid item of a list inside a row costs no other record',
    run: expectRecordsDespiteInvalidItem,
  },
];

/**
 * Checks that a listing is complete although the reference of a payment contains an invalid byte. A plugin that serves no reference passes
 * the check.
 */
async function expectRowsDespiteInvalidByte(context: CheckContext): Promise<void> {
  const harness = await context.createHarness();
  const { fake, listingRequest } = requireFixturePart(harness.fixture.http, 'http');
  await harness.addTransaction();
  const first = await harness.addTransaction();
  await harness.pull();
  const served = harness.feed.getTransactions().find(({ id }) => id === first.id);
  const reference = served?.metadata?.[`${COMMON_METADATA_PREFIX}reference`];
  if (reference === undefined) return;
  fake.transformBytes = (request, body) => {
    const at = isRequestOf(listingRequest, request) ? body.indexOf(JSON.stringify(reference)) : -1;
    // The byte replaces the last character of the text, before its quotation mark.
    if (at !== -1) body[at + Buffer.byteLength(JSON.stringify(reference)) - 2] = INVALID_BYTE;
    return body;
  };
  harness.expectAllTransactions(
    'a listing with a byte that is not UTF-8 in the reference of a payment',
    await harness.readFromStart('transactions'),
  );
}

/**
 * Checks that an account is returned although its balance is invalid. The numbers in the list of accounts are replaced, one property at a
 * time, by a value that is not an amount. The plugin must still return the same accounts.
 */
async function expectAccountDespiteBalance(context: CheckContext): Promise<void> {
  const harness = await context.createHarness();
  const { fake } = requireFixturePart(harness.fixture.http, 'http');
  const names = new Set<string>();
  fake.transformResponse = (_request, body) => {
    for (const name of listNumberNamesOfRows(body)) names.add(name);
    return body;
  };
  const plain = await listIds(harness, 'accounts');
  const listWith = (name: string, value: JsonNumber) => {
    fake.transformResponse = (_request, body) => replaceNumbers(body, name, value);
    return listIds(harness, 'accounts');
  };
  for (const name of names) {
    // First, the property gets another valid number. If the accounts change, the property is part of the id or of the paging, and not a
    // balance.
    if ((await listWith(name, OTHER_NUMBER)) !== plain) continue;
    const found = await listWith(name, DOUBLE_NOISE);
    expectThat(
      found === plain,
      `with ${DOUBLE_NOISE.source} as "${name}" of every account, the accounts are ${found}; expected ${plain}: ` +
        'map an account and its balance separately, with createAccountPage',
    );
  }
}

/**
 * Checks that all accounts and beneficiaries are returned although each list inside their rows begins with an invalid item, e.g. the list of
 * the bank accounts of a beneficiary. The check does not include transactions, because without one of its parts the sum of a transaction is
 * not known.
 */
async function expectRecordsDespiteInvalidItem(context: CheckContext): Promise<void> {
  const harness = await context.createHarness();
  const { fake } = requireFixturePart(harness.fixture.http, 'http');
  for (const stream of ['accounts', 'beneficiaries'] as const) {
    fake.transformResponse = undefined;
    const plain = await listIds(harness, stream);
    fake.transformResponse = (_request, body) => addInvalidItems(body);
    const found = await listIds(harness, stream);
    expectThat(
      found === plain,
      `with null as the first item of each list inside a row, the ${stream} are ${found}; expected ${plain}: ` +
        'convert each item separately, with parseRowToRecords',
    );
  }
}

/** Returns a copy of a body in which each list inside an item of another list begins with `null`. */
function addInvalidItems(body: unknown, isInRow = false): unknown {
  if (Array.isArray(body)) {
    const items = body.map((item) => addInvalidItems(item, true));
    return isInRow ? [null, ...items] : items;
  }
  if (!isJsonObject(body)) return body;
  return Object.fromEntries(
    Object.entries(body).map(([name, value]) => [name, addInvalidItems(value, isInRow)]),
  );
}

/** Returns the ids of the listed records as one string, or a description of the error if the listing fails. */
async function listIds(harness: PluginHarness, stream: 'accounts' | 'beneficiaries'): Promise<string> {
  try {
    const feed = await harness.readFromStart(stream);
    return feed
      .getRecords(stream)
      .map(({ id }) => id)
      .join(', ');
  } catch (error) {
    return `not listed (${String(error)})`;
  }
}

/**
 * Returns the names of the numeric properties of all list items in a response body. Numeric properties outside of lists, e.g. a page number
 * or the lifetime of a token, are omitted, because they are not data of an account.
 */
function listNumberNamesOfRows(body: unknown): string[] {
  if (Array.isArray(body)) return listNumberNames(body);
  return isJsonObject(body) ? Object.values(body).flatMap(listNumberNamesOfRows) : [];
}

/** Returns the names of the properties whose value is a number or a string with a decimal number. */
function listNumberNames(body: unknown): string[] {
  if (Array.isArray(body)) return body.flatMap(listNumberNames);
  if (!isJsonObject(body)) return [];
  return Object.entries(body).flatMap(([name, value]) => (isNumber(value) ? [name] : listNumberNames(value)));
}

/** Returns a copy of a body in which the numbers with this name have another value. A number in a string is replaced by a string. */
function replaceNumbers(body: unknown, name: string, value: JsonNumber): unknown {
  return changeJsonProperties(body, [name], (found) => {
    if (!isNumber(found)) return replaceNumbers(found, name, value);
    return typeof found === 'string' ? value.source : value;
  });
}

function isNumber(value: unknown): boolean {
  return (
    typeof value === 'number' ||
    value instanceof JsonNumber ||
    (typeof value === 'string' && DECIMAL_PATTERN.test(value))
  );
}
