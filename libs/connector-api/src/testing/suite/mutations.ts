/** The common mistakes for mutation testing. Each entry contains the change of the reference plugin, and the check that must detect it. */

import type { Mutation } from './mutation.js';
import { BALANCE_MUTATIONS } from './balance-mutations.js';
import { MOVEMENT_MUTATIONS } from './movement-mutations.js';
import { ROBUSTNESS_MUTATIONS } from './robustness-mutations.js';
import { ORDER_MUTATIONS } from './order-mutations.js';

const PSP = 'reference.plugin.ts';
const MAPPER = 'reference.mapper.ts';
const CLIENT = 'reference.client.ts';
const MONEY = "return parseMoney(row.decimal('amount'), row.string('currency'));";
const CURSOR = 'const cursor = formatTime(Math.min(to, settled));';
const PAYMENT =
  'return [toPayment({ ...fields, amount: isOutgoing ? negateMoney(fields.amount) : fields.amount })];';
const VERIFY = 'signed: [`${timestamp}.`, rawBody],';
const VERIFY_TIME = 'verifyTimestamp({ header: TIMESTAMP_HEADER, at, now: this.clock.now() });';
const ROWS = '(rows) => rows.flatMap(parseTransactions)';
const WINDOW = 'const rows = await this.readWindow(account, from, to);';

/** A replacement that adds an import. Some mutations need it. */
const JSON_IN_CLIENT = ['import { JsonNumber,', 'import { Json, JsonNumber,'] as const;
const JSON_TYPE_IN_CLIENT = ["import type { Json } from '@tributary/connector-api/http';\n", ''] as const;
const ERROR_IN_PSP = [
  '  parseRowToRecords,\n  readText,\n',
  '  parseRowToRecords,\n  PspError,\n  readText,\n',
] as const;
const ERROR_IN_CLIENT = ['import { formatAmount,', 'import { PspError, formatAmount,'] as const;

/** Returns a statement that replaces the source text `MONEY`. The statement returns another expression for the amount. */
const replaceAmount = (expression: string) => `return ${expression};`;

export const MUTATIONS: readonly Mutation[] = [
  {
    description: 'an exclusive cursor: goes on after the time of the newest row',
    file: PSP,
    original: CURSOR,
    replacement:
      "const cursor = formatTime(Date.parse(rows.at(-1)?.string('created') ?? formatTime(to)) + 1);",
    detectedBy: 'listings: a row with the same time as the last one that was listed',
  },
  {
    description: 'takes a short page for the end',
    file: PSP,
    original: '    } while (next !== undefined);',
    replacement: '      if (page.rows.length < 20) break;\n    } while (next !== undefined);',
    detectedBy: 'listings: from the start and from every cursor, one row a page',
  },
  {
    description: 'reads no second page',
    file: PSP,
    original: '      next = page.next;',
    replacement: '      next = undefined;',
    detectedBy: 'listings: more rows with one time than a page holds',
  },
  {
    description: 'takes a link to a page that was read before for the end',
    file: PSP,
    original: 'throw createLoopError(next);',
    replacement: 'next = undefined;',
    detectedBy: 'faults: a link that leads back to a page that was read before',
  },
  {
    description: 'follows a link to a page that was read before for ever',
    file: PSP,
    original: '      if (next !== undefined && tokens.has(next)) throw createLoopError(next);\n',
    replacement: '',
    detectedBy: 'faults: a link that leads back to a page that was read before',
  },
  {
    description: 'takes a malformed success for the end: a response without its list is an empty list',
    file: CLIENT,
    original:
      "const page = await this.http.get('/transactions', { query });\n    return { rows: requireRows(page, 'rows'),",
    replacement:
      "const page = await this.http.get('/transactions', { query });\n    return { rows: page.optionalArray('rows'),",
    detectedBy: 'faults: an empty object',
  },
  {
    description: 'takes an empty response for the end',
    file: CLIENT,
    original:
      "const page = await this.http.get('/transactions', { query });\n    return { rows: requireRows(page, 'rows'),",
    replacement:
      "const page = await this.http.get('/transactions', { query });\n    return { rows: page.has() ? requireRows(page, 'rows') : [],",
    detectedBy: 'faults: 204 without a body',
  },
  {
    description: 'skips ties: one row for each second',
    file: PSP,
    original: WINDOW,
    replacement:
      "const rows = [...new Map((await this.readWindow(account, from, to)).map((row) => [row.string('created'), row])).values()];",
    detectedBy: 'listings: more rows with one time than a page holds',
  },
  {
    description: 'drops late rows: does not look back',
    file: PSP,
    original: 'const settled = Math.max(start, end - MAX_CHANGE_AGE_MS);',
    replacement: 'const settled = end - 10_000;',
    detectedBy: 'changes: a row that turns up late',
  },
  {
    description: 'ignores changed rows: looks back for late ones only',
    file: PSP,
    original: 'const MAX_CHANGE_AGE_MS = 2 * DAY;',
    replacement: 'const MAX_CHANGE_AGE_MS = DAY / 12;',
    detectedBy: 'changes: a status that changes long after the row was listed',
  },
  {
    description: 'lists newest first, as the PSP does',
    file: PSP,
    original: 'return rows.reverse();',
    replacement: 'return rows;',
    detectedBy: 'listings: oldest first',
  },
  {
    description: 'a cursor that means nothing to another instance',
    file: PSP,
    original: 'const start = Date.parse(since ?? this.settings.since);',
    replacement:
      'const start = Date.parse(since === undefined ? this.settings.since : formatTime(this.clock.now() - DAY));',
    detectedBy: 'listings: from the start and from every cursor, one row a page',
  },
  {
    description: 'a cursor that is ahead of its page',
    file: PSP,
    original: CURSOR,
    replacement: 'const cursor = formatTime(settled);',
    detectedBy: 'listings: from the start and from every cursor, one row a page',
  },
  {
    description: 'never ends: reads the last window for ever',
    file: PSP,
    original: '      from = to;',
    replacement: '      from = to === end ? from : to;',
    detectedBy: 'listings: end when they have caught up, and say nothing twice as new',
  },
  {
    description: 'never the same twice: the time of the listing is in the metadata',
    file: MAPPER,
    original: "metadata: pickMetadata('reference', row, { state: ['state'], text: ['text'] }),",
    replacement: "metadata: { 'com.reference.spec/read_at': String(performance.now()) },",
    detectedBy: 'listings: end when they have caught up, and say nothing twice as new',
  },
  {
    description: 'swallows errors: a PSP that fails looks like one that is caught up',
    file: PSP,
    original: WINDOW,
    replacement: 'const rows = await this.readWindow(account, from, to).catch((): Json[] => []);',
    detectedBy: 'faults: 500',
  },
  {
    description: 'takes 404 for an empty listing',
    file: CLIENT,
    original: "const page = await this.http.get('/transactions', { query });",
    replacement:
      "const page = (await this.http.find('/transactions', { query })) ?? Json.parse('{\"rows\":[]}');",
    additionalReplacements: [JSON_IN_CLIENT, JSON_TYPE_IN_CLIENT],
    detectedBy: 'faults: 404',
  },
  {
    description: 'takes the page of a firewall for refused credentials',
    file: CLIENT,
    original: "const page = await this.http.get('/transactions', { query });",
    replacement:
      "const page = await this.http.get('/transactions', { query }).catch((error: PspError) => {\n      throw error.details.status === 403 ? new PspError('unauthorized', error.message) : error;\n    });",
    additionalReplacements: [ERROR_IN_CLIENT],
    detectedBy: 'faults: 403 with HTML, as a firewall sends it',
  },
  {
    description: 'money as float',
    file: MAPPER,
    original: MONEY,
    replacement: replaceAmount(
      "{ amount: BigInt(Math.floor(Number(row.decimal('amount')) * 100)), asset: currencyToAsset(row.string('currency')) }",
    ),
    detectedBy: 'money: exact with 2 decimal places (EUR)',
  },
  {
    description: 'two decimal places for every currency',
    file: MAPPER,
    original: MONEY,
    replacement: replaceAmount(
      "{ amount: parseMoney(row.decimal('amount'), 'EUR').amount, asset: currencyToAsset(row.string('currency')) }",
    ),
    detectedBy: 'money: exact with 0 decimal places (JPY)',
  },
  {
    description: 'two decimal places for a currency of three',
    file: MAPPER,
    original: MONEY,
    replacement: replaceAmount(
      "row.string('currency') === 'KWD' ? { amount: parseMoney(row.decimal('amount'), 'KWD').amount / 10n, asset: 'KWD/2' } : parseMoney(row.decimal('amount'), row.string('currency'))",
    ),
    detectedBy: 'money: exact with 3 decimal places (KWD)',
  },
  {
    description: 'guesses the precision of a currency that it does not know',
    file: MAPPER,
    original: MONEY,
    replacement: replaceAmount(
      "row.string('currency') === 'XQX' ? { amount: parseMoney(row.decimal('amount'), 'EUR').amount, asset: 'XQX/2' } : parseMoney(row.decimal('amount'), row.string('currency'))",
    ),
    detectedBy: 'money: an unknown currency is refused, and the listing goes on',
  },
  {
    description: 'leaves out what it does not understand, without a word',
    file: PSP,
    original: ROWS,
    replacement: "(rows) => rows.flatMap(parseTransactions).filter((item) => !('reason' in item))",
    detectedBy: 'changes: a row that makes no sense is refused, and the listing goes on',
  },
  {
    description: 'a sign for money that goes out',
    file: MAPPER,
    original: PAYMENT,
    replacement: `const row_ = toPayment({ ...fields });\n      return [isOutgoing ? { ...row_, amount: negateMoney(row_.amount) } : row_];`,
    detectedBy: 'money: the direction is in the account, not in a sign',
  },
  {
    description: 'source and destination the wrong way round',
    file: MAPPER,
    original: PAYMENT,
    replacement:
      'return [toPayment({ ...fields, amount: isOutgoing ? fields.amount : negateMoney(fields.amount) })];',
    detectedBy: 'money: the direction is in the account, not in a sign',
  },
  {
    description: 'a TypeError for a bad row blocks the listing',
    file: MAPPER,
    original: 'const fields = readFields(row);',
    replacement:
      "if (!row.has('state')) (undefined as unknown as string).trim();\n  const fields = readFields(row);",
    detectedBy: 'changes: a row that makes no sense is refused, and the listing goes on',
  },
  {
    description: 'a secret in an error',
    file: PSP,
    original: WINDOW,
    replacement:
      'const rows = await this.readWindow(account, from, to).catch((error: PspError) => {\n        throw new PspError(error.kind, `${error.message} (with the key ${this.settings.apiKey})`, error.details);\n      });',
    additionalReplacements: [ERROR_IN_PSP],
    detectedBy: 'secrets: not in errors, even when the PSP repeats them',
  },
  {
    description: 'a secret in an address',
    file: CLIENT,
    original:
      'const query = { account, from: formatTime(from), to: formatTime(to), after: next, limit: PAGE_SIZE };',
    replacement:
      "const query = { account, from: formatTime(from), to: formatTime(to), after: next, limit: PAGE_SIZE, token: 'key-of-the-reference' };",
    detectedBy: 'secrets: not in records, refusals, cursors and addresses',
  },
  {
    description: 'prints what it does',
    file: PSP,
    original: WINDOW,
    replacement: `${WINDOW}\n      console.log('read', rows.length);`,
    detectedBy: 'secrets: a plugin prints nothing',
  },
  {
    description: 'forgets when a rate limit ends',
    file: PSP,
    original: WINDOW,
    replacement:
      'const rows = await this.readWindow(account, from, to).catch((error: PspError) => {\n        throw new PspError(error.kind, error.message);\n      });',
    additionalReplacements: [ERROR_IN_PSP],
    detectedBy: 'faults: 429 with Retry-After',
  },
  {
    description: 'state that all connectors share: the client of the first',
    file: PSP,
    original: '    private readonly client: ReferenceClient,',
    replacement: '    private client: ReferenceClient,',
    additionalReplacements: [
      [
        '  ) {}',
        '  ) {\n    const shared = globalThis as { client?: ReferenceClient };\n    this.client = shared.client ??= client;\n  }',
      ],
    ],
    detectedBy: 'settings: a plugin keeps nothing outside of its connector',
  },
  {
    description: 'a setting that is not checked',
    file: 'reference.config.ts',
    original: '  @IsNotEmpty()\n  @IsString()\n  apiKey!',
    replacement: '  @Allow()\n  apiKey!',
    additionalReplacements: [['import { IsISO8601,', 'import { Allow, IsISO8601,']],
    detectedBy: 'settings: a wrong one is refused by its name',
  },
  {
    description: 'accounts: the last page is left out',
    file: PSP,
    original:
      "      if (rows.length > 0) yield { items: rows.map((row) => parseRow(row, 'id', read)), cursor: last ?? '' };\n      if (next === undefined) return;",
    replacement:
      "      if (next === undefined) return;\n      if (rows.length > 0) yield { items: rows.map((row) => parseRow(row, 'id', read)), cursor: last ?? '' };",
    detectedBy: 'accounts: from the start and from every cursor',
  },
  ...ORDER_MUTATIONS,
  {
    description: 'a webhook accepts anything',
    file: PSP,
    original: '    verifyHmac({',
    replacement:
      "    if (headers[TIMESTAMP_HEADER] !== undefined) return ['transactions'];\n    verifyHmac({",
    detectedBy: 'webhooks: a signature with another secret is refused',
  },
  {
    description: 'a webhook ignores how old its signature is',
    file: PSP,
    original: VERIFY_TIME,
    replacement:
      'verifyTimestamp({ header: TIMESTAMP_HEADER, at, now: Math.max(this.clock.now() - 1e12, at) });',
    detectedBy: 'webhooks: an old signature is refused',
  },
  {
    description: 'a webhook without the timestamp in what is signed',
    file: PSP,
    original: VERIFY,
    replacement: 'signed: [rawBody],',
    detectedBy: 'webhooks: the right signature names the streams to pull',
  },
  {
    description: 'a webhook that only looks whether there is a body',
    file: PSP,
    original: VERIFY,
    replacement: 'signed: [`${timestamp}.`, \'{"event":"transaction.created"}\'],',
    detectedBy: 'webhooks: another body than the signed one is refused',
  },
  {
    description: 'a webhook takes a body with a byte order mark for broken JSON',
    file: PSP,
    original: VERIFY_TIME,
    replacement: `${VERIFY_TIME}
    try {
      JSON.parse(rawBody.toString('utf8'));
    } catch {
      throw new PspError('rejected', 'the body of a webhook is no JSON');
    }`,
    additionalReplacements: [ERROR_IN_PSP],
    detectedBy: 'webhooks: a byte order mark before a signed body changes nothing',
  },
  ...MOVEMENT_MUTATIONS,
  ...ROBUSTNESS_MUTATIONS,
  ...BALANCE_MUTATIONS,
];
