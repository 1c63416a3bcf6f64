/**
 * Checks that a plugin still returns a record if a property that only decorates it has an unexpected type. Such a property is used only for
 * metadata or for the time of the last change. The check finds these properties itself: the record, apart from its metadata and its
 * `updatedAt`, stays the same when the property is absent and when it has another value. A time must only stay without influence when it is
 * another time, so that the check also finds a time that a plugin wrongly requires.
 */
import { JsonNumber } from '../../../http/json-number.js';
import { expectThat, requireFixturePart } from '../assertions.js';
import type { Check } from '../check.js';
import type { CheckContext } from '../check-context.js';
import type { PluginHarness } from '../plugin-harness.js';
import type { Transaction } from '../../../record.types.js';
import { parseTime } from '../../../time.js';
import { isRequestOf } from '../../fake-route.js';
import { isJsonObject } from '../change-json-properties.js';
import type { HttpFixture } from '../suite.types.js';

/** A path to a property of every row: property names, and `*` for each item of a list. */
type MemberPath = readonly string[];

const OTHER_TIME = '2026-02-03T04:05:06Z';

const UNEXPECTED_VALUES: readonly unknown[] = [
  undefined,
  { unexpected: ['value'] },
  ['unexpected'],
  true,
  new JsonNumber('12345678901234567890.5'),
  '',
  null,
  // The zero time of Go, which no record can contain.
  '0001-01-01T00:00:00Z',
];

export const UNEXPECTED_TYPE_CHECKS: readonly Check[] = [
  {
    name: 'faults: a member of another type, which only decorates a row',
    async run(context) {
      const harness = await createHarness(context);
      const http = requireFixturePart(harness.fixture.http, 'http');
      const bodies: unknown[] = [];
      http.fake.transformResponse = (request, body) => {
        if (isRequestOf(http.listingRequest, request)) bodies.push(body);
        return body;
      };
      const plain = await describeMoney(harness);
      expectThat(plain !== undefined && plain !== '[]', 'the listing of one payment has no row');
      const members = new Map(
        bodies.flatMap((body) => listMembers(body)).map((member) => [member.path.join('.'), member]),
      );
      const decorations: MemberPath[] = [];
      for (const { path, isTime } of members.values()) {
        const keepsRows = async (value: unknown) =>
          (await readChanged(harness, http, [path], value)) === plain;
        const isDecoration =
          (isTime && (await keepsRows(OTHER_TIME))) ||
          ((await keepsRows(undefined)) && (await keepsRows('another text')));
        if (isDecoration) decorations.push(path);
      }
      const names = decorations.map((path) => path.join('.')).join(', ');
      for (const value of UNEXPECTED_VALUES) {
        const found = await readChanged(harness, http, decorations, value);
        expectThat(
          found === plain,
          `a row was lost or changed when members that only decorate it (${names}) had the value ${JSON.stringify(value)}: ` +
            'read them with pickMetadata, readText or readValidTime',
        );
      }
    },
  },
];

async function createHarness(context: CheckContext): Promise<PluginHarness> {
  const harness = await context.createHarness();
  await harness.addTransaction();
  return harness;
}

/**
 * Lists all transactions while the properties at these paths have another value.
 * @param value the other value; `undefined` removes the properties
 * @returns the data of the transactions, see `describeMoney`; `undefined` if the listing fails
 */
async function readChanged(
  harness: PluginHarness,
  http: HttpFixture,
  paths: readonly MemberPath[],
  value: unknown,
): Promise<string | undefined> {
  http.fake.transformResponse = (request, body) =>
    isRequestOf(http.listingRequest, request)
      ? paths.reduce((changed, path) => replace(changed, path, value), body)
      : body;
  return describeMoney(harness);
}

/**
 * Lists all transactions from the start, and returns their data without metadata and without the time of the last change.
 * @returns `undefined` if the listing fails
 */
async function describeMoney(harness: PluginHarness): Promise<string | undefined> {
  try {
    const feed = await harness.readFromStart('transactions');
    return JSON.stringify(feed.getTransactions().map(describeRow));
  } catch {
    return undefined;
  }
}

function describeRow({ metadata: _metadata, updatedAt: _updatedAt, amount, ...row }: Transaction): unknown {
  return { ...row, amount: `${amount.amount} ${amount.asset}` };
}

/** A string, a number or a boolean in the list items of a body. */
interface Member {
  path: MemberPath;
  isTime: boolean;
}

/** Returns all strings, numbers and booleans in the list items of a body. */
function listMembers(body: unknown, path: MemberPath = []): Member[] {
  if (Array.isArray(body)) return body.flatMap((item) => listMembers(item, [...path, '*']));
  if (isJsonObject(body)) {
    return Object.entries(body).flatMap(([name, value]) => listMembers(value, [...path, name]));
  }
  const isTime = typeof body === 'string' && parseTime(body) !== undefined;
  return path.includes('*') && path.at(-1) !== '*' ? [{ path, isTime }] : [];
}

/** Returns a copy of a body with another value at a path. List items without this property stay unchanged. */
function replace(body: unknown, [name, ...rest]: MemberPath, value: unknown): unknown {
  if (name === undefined) return value;
  if (name === '*') return Array.isArray(body) ? body.map((item) => replace(item, rest, value)) : body;
  if (!isJsonObject(body) || !Object.hasOwn(body, name)) return body;
  return { ...body, [name]: replace(body[name], rest, value) };
}
