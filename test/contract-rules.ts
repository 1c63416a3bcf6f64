/** Checks served bytes against the stricter rules of the contract, independently of the code that wrote them. */
import type { Stream } from '@tributary/connector-api';

const ID = /^[A-Za-z0-9._~-]+$/;
const ASSET = /^[A-Z][A-Z0-9]{0,16}(\/\d{1,6})?$/;
const AMOUNT = /^(0|-?[1-9]\d*)$/;
const UTC_TIME = /^(19[7-9]\d|[2-9]\d{3})-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;
const FEED_TIME = /^(19[7-9]\d|[2-9]\d{3})-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3,9}Z$/;
const TYPE = /^(PAYIN|PAYOUT|TRANSFER|OTHER)$/;
const STATUS =
  /^(PENDING|SUCCEEDED|FAILED|CANCELLED|EXPIRED|REFUNDED|REFUNDED_FAILURE|REFUND_REVERSED|DISPUTE|DISPUTE_WON|DISPUTE_LOST|AUTHORISATION|CAPTURE|CAPTURE_FAILED|OTHER)$/;
const ANY = /^[^]*$/;

interface Rules {
  required: Readonly<Record<string, RegExp>>;
  optional: Readonly<Record<string, RegExp>>;
  /** The property whose time must grow by at least 10 ms from row to row. */
  feedTime: string;
}

const RULES: Readonly<Record<Stream, Rules>> = {
  accounts: {
    required: { id: ID, accountName: ANY, createdAt: FEED_TIME },
    optional: {},
    feedTime: 'createdAt',
  },
  beneficiaries: {
    required: { id: ID, ownerName: ANY, createdAt: FEED_TIME },
    optional: {},
    feedTime: 'createdAt',
  },
  transactions: {
    required: {
      id: ID,
      createdAt: UTC_TIME,
      updatedAt: FEED_TIME,
      currency: ASSET,
      type: TYPE,
      status: STATUS,
      amount: /^(0|[1-9]\d*)$/,
    },
    optional: { relatedTransactionID: ID, scheme: ANY, sourceAccountID: ID, destinationAccountID: ID },
    feedTime: 'updatedAt',
  },
};

/**
 * Checks a page.
 * @returns a message for each violation; empty for a valid page
 */
export function breaches(stream: Stream, body: string): string[] {
  const rows = JSON.parse(body) as unknown;
  if (!Array.isArray(rows)) return ['the page is no array'];
  const { feedTime } = RULES[stream];
  const times = rows.map((row: Record<string, string>) => Date.parse(row[feedTime] ?? ''));
  return rows.flatMap((row: unknown, index) => {
    const gap = index === 0 ? 10 : times[index]! - times[index - 1]!;
    const order = gap >= 10 ? [] : [`${feedTime} is ${gap} ms after the row before`];
    return [...rowBreaches(stream, row), ...order].map((breach) => `row ${index}: ${breach}`);
  });
}

/**
 * Checks a response with balances.
 * @returns a message for each violation
 */
export function balanceBreaches(body: string): string[] {
  const answer = JSON.parse(body) as Record<string, unknown>;
  const balances = answer['balances'];
  if (!Array.isArray(balances)) return ['balances is no array'];
  const currencies = balances.map((balance: Record<string, string>) => balance['currency']);
  return [
    ...memberBreaches(answer, { id: ANY, accountID: ID, at: UTC_TIME }, {}, ['balances']),
    ...balances.flatMap((balance) =>
      memberBreaches(balance as object, { amount: AMOUNT, currency: ASSET }, {}, []),
    ),
    ...(new Set(currencies).size === currencies.length ? [] : ['an asset comes twice']),
  ];
}

/**
 * Checks an error response of any kind.
 * @returns a message for each violation
 */
export function errorBreaches({ contentType, body }: { contentType: string; body: string }): string[] {
  const wrongType = /^application\/json(;|$)/.test(contentType) ? [] : [`content type ${contentType}`];
  return [...wrongType, ...memberBreaches(JSON.parse(body) as object, { Title: /\S/, Detail: /\S/ }, {}, [])];
}

function rowBreaches(stream: Stream, row: unknown): string[] {
  if (typeof row !== 'object' || row === null || Array.isArray(row)) return ['it is no object'];
  const { required, optional } = RULES[stream];
  const { metadata = {} } = row as { metadata?: unknown };
  const strange =
    typeof metadata !== 'object' || metadata === null
      ? ['metadata is no object']
      : Object.entries(metadata).flatMap(([key, value]) =>
          typeof value === 'string' ? [] : [`metadata ${key} is no string`],
        );
  return [...memberBreaches(row, required, optional, ['metadata']), ...strange];
}

function memberBreaches(
  value: object,
  required: Readonly<Record<string, RegExp>>,
  optional: Readonly<Record<string, RegExp>>,
  others: readonly string[],
): string[] {
  const members = value as Record<string, unknown>;
  const missing = Object.keys(required).filter((name) => !(name in members));
  const wrong = Object.entries(members).filter(([name, found]) => {
    const rule = required[name] ?? optional[name];
    return rule ? typeof found !== 'string' || !rule.test(found) : !others.includes(name);
  });
  return [
    ...missing.map((name) => `${name} is missing`),
    ...wrong.map(([name, found]) => `${name} is ${JSON.stringify(found)}`),
  ];
}
