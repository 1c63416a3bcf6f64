/**
 * Checks served bytes against the rules of the contract. These rules are stricter than what clients accept. The checks share no code with
 * the code that writes the bytes.
 */
import type { Stream } from '@tributary/connector-api';

const ID_PATTERN = /^[A-Za-z0-9._~-]+$/;
const ASSET_PATTERN = /^[A-Z][A-Z0-9]{0,16}(\/\d{1,6})?$/;
const AMOUNT_PATTERN = /^(0|-?[1-9]\d*)$/;
const UTC_TIME_PATTERN = /^(19[7-9]\d|[2-9]\d{3})-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;
const FEED_TIME_PATTERN = /^(19[7-9]\d|[2-9]\d{3})-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3,9}Z$/;
const TYPE_PATTERN = /^(PAYIN|PAYOUT|TRANSFER|OTHER)$/;
const STATUS_PATTERN =
  /^(PENDING|SUCCEEDED|FAILED|CANCELLED|EXPIRED|REFUNDED|REFUNDED_FAILURE|REFUND_REVERSED|DISPUTE|DISPUTE_WON|DISPUTE_LOST|AUTHORISATION|CAPTURE|CAPTURE_FAILED|OTHER)$/;
const ANY_STRING = /^[^]*$/;

interface StreamRules {
  required: Readonly<Record<string, RegExp>>;
  optional: Readonly<Record<string, RegExp>>;
  /** The property with the feed time. It must increase by at least 10 ms from row to row. */
  feedTimeProperty: string;
}

const RULES_BY_STREAM: Readonly<Record<Stream, StreamRules>> = {
  accounts: {
    required: { id: ID_PATTERN, accountName: ANY_STRING, createdAt: FEED_TIME_PATTERN },
    optional: {},
    feedTimeProperty: 'createdAt',
  },
  beneficiaries: {
    required: { id: ID_PATTERN, ownerName: ANY_STRING, createdAt: FEED_TIME_PATTERN },
    optional: {},
    feedTimeProperty: 'createdAt',
  },
  transactions: {
    required: {
      id: ID_PATTERN,
      createdAt: UTC_TIME_PATTERN,
      updatedAt: FEED_TIME_PATTERN,
      currency: ASSET_PATTERN,
      type: TYPE_PATTERN,
      status: STATUS_PATTERN,
      amount: /^(0|[1-9]\d*)$/,
    },
    optional: {
      relatedTransactionID: ID_PATTERN,
      scheme: ANY_STRING,
      sourceAccountID: ID_PATTERN,
      destinationAccountID: ID_PATTERN,
    },
    feedTimeProperty: 'updatedAt',
  },
};

/**
 * Checks a page.
 * @returns a message for each violation; an empty array for a valid page
 */
export function findPageViolations(stream: Stream, body: string): string[] {
  const rows = JSON.parse(body) as unknown;
  if (!Array.isArray(rows)) return ['the page is no array'];
  return [...findInvalidRows(stream, rows), ...findOrderViolations(stream, rows)];
}

/**
 * Checks each row of a page by itself.
 * @returns a message for each violation
 */
export function findInvalidRows(stream: Stream, rows: readonly unknown[]): string[] {
  return rows.flatMap((row, index) =>
    findRowViolations(stream, row).map((violation) => `row ${index}: ${violation}`),
  );
}

/**
 * Checks that the times of the rows increase as the contract requires.
 * @returns a message for each row that violates this
 */
export function findOrderViolations(stream: Stream, rows: readonly unknown[]): string[] {
  const { feedTimeProperty } = RULES_BY_STREAM[stream];
  const times = rows.map((row) => Date.parse((row as Record<string, string>)[feedTimeProperty] ?? ''));
  return times.flatMap((time, index) => {
    const gap = index === 0 ? 10 : time - times[index - 1]!;
    return gap >= 10 ? [] : [`row ${index}: ${feedTimeProperty} is ${gap} ms after the row before`];
  });
}

/**
 * Checks a response with balances.
 * @returns a message for each violation
 */
export function findBalanceViolations(body: string): string[] {
  const response = JSON.parse(body) as Record<string, unknown>;
  const balances = response['balances'];
  if (!Array.isArray(balances)) return ['balances is no array'];
  const currencies = balances.map((balance: Record<string, string>) => balance['currency']);
  return [
    ...findPropertyViolations(response, { id: ANY_STRING, accountID: ID_PATTERN, at: UTC_TIME_PATTERN }, {}, [
      'balances',
    ]),
    ...balances.flatMap((balance) =>
      findPropertyViolations(balance as object, { amount: AMOUNT_PATTERN, currency: ASSET_PATTERN }, {}, []),
    ),
    ...(new Set(currencies).size === currencies.length ? [] : ['an asset comes twice']),
  ];
}

/**
 * Checks an error response of any kind.
 * @returns a message for each violation
 */
export function findErrorViolations({ contentType, body }: { contentType: string; body: string }): string[] {
  const wrongType = /^application\/json(;|$)/.test(contentType) ? [] : [`content type ${contentType}`];
  return [
    ...wrongType,
    ...findPropertyViolations(JSON.parse(body) as object, { Title: /\S/, Detail: /\S/ }, {}, []),
  ];
}

function findRowViolations(stream: Stream, row: unknown): string[] {
  if (typeof row !== 'object' || row === null || Array.isArray(row)) return ['it is no object'];
  const { required, optional } = RULES_BY_STREAM[stream];
  const { metadata = {} } = row as { metadata?: unknown };
  const invalidMetadata =
    typeof metadata !== 'object' || metadata === null
      ? ['metadata is no object']
      : Object.entries(metadata).flatMap(([key, value]) =>
          typeof value === 'string' ? [] : [`metadata ${key} is no string`],
        );
  return [...findPropertyViolations(row, required, optional, ['metadata']), ...invalidMetadata];
}

function findPropertyViolations(
  value: object,
  required: Readonly<Record<string, RegExp>>,
  optional: Readonly<Record<string, RegExp>>,
  others: readonly string[],
): string[] {
  const properties = value as Record<string, unknown>;
  const missing = Object.keys(required).filter((name) => !(name in properties));
  const wrong = Object.entries(properties).filter(([name, found]) => {
    const rule = required[name] ?? optional[name];
    return rule ? typeof found !== 'string' || !rule.test(found) : !others.includes(name);
  });
  return [
    ...missing.map((name) => `${name} is missing`),
    ...wrong.map(([name, found]) => `${name} is ${JSON.stringify(found)}`),
  ];
}
