/** Mutations for mutation testing: common mistakes in the reference plugin, and the check that must detect each of them. */

export interface Mutant {
  mistake: string;
  file:
    'reference.client.ts' | 'reference.mapper.ts' | 'reference.psp.ts' | 'reference.config.ts' | 'index.ts';
  /** Source code that occurs exactly once in the file. `replacement` replaces it. */
  code: string;
  by: string;
  /** Further replacements in the same file that belong to the mutation. */
  also?: readonly (readonly [code: string, by: string])[];
  /** Name of a check that must fail. Other checks may fail, too. */
  caughtBy: string;
}

const PSP = 'reference.psp.ts';
const MAPPER = 'reference.mapper.ts';
const CLIENT = 'reference.client.ts';
const MONEY = "amount: money(row.decimal('amount'), row.text('currency')),\n    sourceAccountId";
const CURSOR = 'const cursor = formatTime(Math.min(to, settled));';
const SEND = "return this.http.post('/payments', { body });";
const WINDOW = 'const rows = await this.window(from, to);';

/** Imports that some mutations need. */
const JSON_IN_PSP = ['import { HTTP_CLOCK,', 'import { Json, HTTP_CLOCK,'] as const;
const JSON_TYPE_IN_PSP = ['import type { HttpClock, Json }', 'import type { HttpClock }'] as const;
const JSON_IN_CLIENT = ['import { JsonNumber,', 'import { Json, JsonNumber,'] as const;
const JSON_TYPE_IN_CLIENT = ["import type { Json } from '@tributary/connector-api/http';\n", ''] as const;
const ERROR_IN_CLIENT = ['import { formatAmount,', 'import { PspError, formatAmount,'] as const;

/** Creates the replacement for `MONEY`: another expression for the amount. */
const money = (expression: string) => `amount: ${expression},\n    sourceAccountId`;

export const MUTANTS: readonly Mutant[] = [
  {
    mistake: 'an exclusive cursor: goes on after the time of the newest row',
    file: PSP,
    code: CURSOR,
    by: "const cursor = formatTime(Date.parse(rows.at(-1)?.text('created') ?? formatTime(to)) + 1);",
    caughtBy: 'listings: a row with the same time as the last one that was listed',
  },
  {
    mistake: 'stops one page early',
    file: PSP,
    code: '    } while (next !== undefined);',
    by: '      if (page.rows.length < 20) break;\n    } while (next !== undefined);',
    caughtBy: 'listings: from the start and from every cursor, one row a page',
  },
  {
    mistake: 'reads no second page',
    file: PSP,
    code: '      next = page.next;',
    by: '      next = undefined;',
    caughtBy: 'listings: more rows with one time than a page holds',
  },
  {
    mistake: 'skips ties: one row for each second',
    file: PSP,
    code: WINDOW,
    by: "const rows = [...new Map((await this.window(from, to)).map((row) => [row.text('created'), row])).values()];",
    caughtBy: 'listings: more rows with one time than a page holds',
  },
  {
    mistake: 'drops late rows: does not look back',
    file: PSP,
    code: 'const settled = Math.max(start, end - SETTLES);',
    by: 'const settled = end - 10_000;',
    caughtBy: 'changes: a row that turns up late',
  },
  {
    mistake: 'ignores changed rows: looks back for late ones only',
    file: PSP,
    code: 'const SETTLES = 2 * DAY;',
    by: 'const SETTLES = DAY / 12;',
    caughtBy: 'changes: a status that changes long after the row was listed',
  },
  {
    mistake: 'lists newest first, as the PSP does',
    file: PSP,
    code: 'return rows.reverse();',
    by: 'return rows;',
    caughtBy: 'listings: oldest first',
  },
  {
    mistake: 'a cursor that means nothing to another instance',
    file: PSP,
    code: 'const start = Date.parse(since ?? this.settings.since);',
    by: 'const start = Date.parse(since === undefined ? this.settings.since : formatTime(this.clock.now() - DAY));',
    caughtBy: 'listings: from the start and from every cursor, one row a page',
  },
  {
    mistake: 'a cursor that is ahead of its page',
    file: PSP,
    code: CURSOR,
    by: 'const cursor = formatTime(settled);',
    caughtBy: 'listings: from the start and from every cursor, one row a page',
  },
  {
    mistake: 'never ends: reads the last window for ever',
    file: PSP,
    code: '      from = to;',
    by: '      from = to === end ? from : to;',
    caughtBy: 'listings: end when they have caught up, and say nothing twice as new',
  },
  {
    mistake: 'never the same twice: the time of the listing is in the metadata',
    file: MAPPER,
    code: "metadata: { 'com.reference.spec/state': state,",
    by: "metadata: { 'com.reference.spec/read_at': String(performance.now()), 'com.reference.spec/state': state,",
    caughtBy: 'listings: end when they have caught up, and say nothing twice as new',
  },
  {
    mistake: 'swallows errors: a PSP that fails looks like one that is caught up',
    file: PSP,
    code: WINDOW,
    by: 'const rows = await this.window(from, to).catch((): Json[] => []);',
    caughtBy: 'faults: 500',
  },
  {
    mistake: 'takes 404 for an empty listing',
    file: CLIENT,
    code: "const page = await this.http.get('/transactions', { query });",
    by: "const page = (await this.http.find('/transactions', { query })) ?? Json.parse('{\"rows\":[]}');",
    also: [JSON_IN_CLIENT, JSON_TYPE_IN_CLIENT],
    caughtBy: 'faults: 404',
  },
  {
    mistake: 'money as float',
    file: MAPPER,
    code: MONEY,
    by: money(
      "{ amount: BigInt(Math.floor(Number(row.decimal('amount')) * 100)), asset: assetOf(row.text('currency')) }",
    ),
    caughtBy: 'money: exact with 2 decimal places (EUR)',
  },
  {
    mistake: 'two decimal places for every currency',
    file: MAPPER,
    code: MONEY,
    by: money("{ amount: money(row.decimal('amount'), 'EUR').amount, asset: assetOf(row.text('currency')) }"),
    caughtBy: 'money: exact with 0 decimal places (JPY)',
  },
  {
    mistake: 'two decimal places for a currency of three',
    file: MAPPER,
    code: MONEY,
    by: money(
      "row.text('currency') === 'KWD' ? { amount: money(row.decimal('amount'), 'KWD').amount / 10n, asset: 'KWD/2' } : money(row.decimal('amount'), row.text('currency'))",
    ),
    caughtBy: 'money: exact with 3 decimal places (KWD)',
  },
  {
    mistake: 'guesses the precision of a currency that it does not know',
    file: MAPPER,
    code: MONEY,
    by: money(
      "row.text('currency') === 'XQX' ? { amount: money(row.decimal('amount'), 'EUR').amount, asset: 'XQX/2' } : money(row.decimal('amount'), row.text('currency'))",
    ),
    caughtBy: 'money: a currency that nobody knows is refused, and the listing goes on',
  },
  {
    mistake: 'leaves out what it does not understand, without a word',
    file: PSP,
    code: "yield { items: rows.map((row) => readRow(row, 'id', toTransaction)), cursor };",
    by: "yield { items: rows.map((row) => readRow(row, 'id', toTransaction)).filter((item) => !('refused' in item)), cursor };",
    caughtBy: 'changes: a row that makes no sense is refused, and the listing goes on',
  },
  {
    mistake: 'a sign for money that goes out',
    file: MAPPER,
    code: MONEY,
    by: money(
      "{ ...money(row.decimal('amount'), row.text('currency')), ...(direction === 'out' && { amount: -money(row.decimal('amount'), row.text('currency')).amount }) }",
    ),
    caughtBy: 'money: the direction is in the account, not in a sign',
  },
  {
    mistake: 'source and destination the wrong way round',
    file: MAPPER,
    code: "sourceAccountId: direction === 'in' ? other : account,\n    destinationAccountId: direction === 'in' ? account : other,",
    by: "sourceAccountId: direction === 'in' ? account : other,\n    destinationAccountId: direction === 'in' ? other : account,",
    caughtBy: 'money: the direction is in the account, not in a sign',
  },
  {
    mistake: 'a TypeError for a bad row blocks the listing',
    file: MAPPER,
    code: "const state = row.oneOf(STATES, 'state');",
    by: "const state = row.oneOf(STATES, 'state', ...(row.optionalText('state') === undefined ? [(undefined as unknown as string).trim()] : []));",
    caughtBy: 'changes: a row that makes no sense is refused, and the listing goes on',
  },
  {
    mistake: 'a secret in an error',
    file: PSP,
    code: WINDOW,
    by: 'const rows = await this.window(from, to).catch((error: PspError) => {\n        throw new PspError(error.kind, `${error.message} (with the key ${this.settings.apiKey})`, error.details);\n      });',
    caughtBy: 'secrets: not in errors, even when the PSP repeats them',
  },
  {
    mistake: 'a secret in an address',
    file: CLIENT,
    code: 'const query = { from: formatTime(from), to: formatTime(to), after: next, limit: PAGE_SIZE };',
    by: "const query = { from: formatTime(from), to: formatTime(to), after: next, limit: PAGE_SIZE, token: 'key-of-the-reference' };",
    caughtBy: 'secrets: not in records, refusals, cursors and addresses',
  },
  {
    mistake: 'prints what it does',
    file: PSP,
    code: WINDOW,
    by: `${WINDOW}\n      console.log('read', rows.length);`,
    caughtBy: 'secrets: a plugin prints nothing',
  },
  {
    mistake: 'forgets when a rate limit ends',
    file: PSP,
    code: WINDOW,
    by: 'const rows = await this.window(from, to).catch((error: PspError) => {\n        throw new PspError(error.kind, error.message);\n      });',
    caughtBy: 'faults: 429 with Retry-After',
  },
  {
    mistake: 'state that all connectors share: the client of the first',
    file: PSP,
    code: '    private readonly client: ReferenceClient,',
    by: '    private client: ReferenceClient,',
    also: [
      [
        '  ) {}',
        '  ) {\n    const shared = globalThis as { client?: ReferenceClient };\n    this.client = shared.client ??= client;\n  }',
      ],
    ],
    caughtBy: 'settings: a plugin keeps nothing outside of its connector',
  },
  {
    mistake: 'a setting that is not checked',
    file: 'reference.config.ts',
    code: '  @IsNotEmpty()\n  @IsString()\n  apiKey!',
    by: '  @Allow()\n  apiKey!',
    also: [['import { IsISO8601,', 'import { Allow, IsISO8601,']],
    caughtBy: 'settings: a wrong one is refused by its name',
  },
  {
    mistake: 'accounts: the last page is left out',
    file: PSP,
    code: "      if (rows.length > 0) yield { items: rows.map((row) => readRow(row, 'id', read)), cursor: last ?? '' };\n      if (next === undefined) return;",
    by: "      if (next === undefined) return;\n      if (rows.length > 0) yield { items: rows.map((row) => readRow(row, 'id', read)), cursor: last ?? '' };",
    caughtBy: 'accounts: from the start and from every cursor',
  },
  {
    mistake: 'the key is not passed on',
    file: CLIENT,
    code: 'const body = { key, kind,',
    by: 'const body = { key: crypto.randomUUID() + key.slice(99), kind,',
    caughtBy: 'orders: an order is one payment, with its key and its exact amount',
  },
  {
    mistake: 'sends a payment again under another key',
    file: CLIENT,
    code: SEND,
    by: "return this.http.post('/payments', { body }).catch(() => this.http.post('/payments', { body: { ...body, key: `${key}-2` } }));",
    caughtBy: 'order faults: an answer that is lost',
  },
  {
    mistake: 'a lost answer is called a rejection',
    file: CLIENT,
    code: SEND,
    by: "return this.http.post('/payments', { body }).catch((error: Error) => {\n      throw new PspError('rejected', error.message);\n    });",
    also: [ERROR_IN_CLIENT],
    caughtBy: 'order faults: an answer that is lost',
  },
  {
    mistake: 'a lost answer is called a success',
    file: PSP,
    code: 'return toResult(await this.client.pay(order));',
    by: 'return toResult(await this.client.pay(order).catch(() => Json.parse(\'{"id":"?","state":"pending"}\')));',
    also: [JSON_IN_PSP, JSON_TYPE_IN_PSP],
    caughtBy: 'order faults: 500',
  },
  {
    mistake: 'a rejection is called an unknown outcome',
    file: CLIENT,
    code: SEND,
    by: "return this.http.post('/payments', { body }).catch((error: Error) => {\n      throw new PspError('unknown-outcome', error.message);\n    });",
    also: [ERROR_IN_CLIENT],
    caughtBy: 'orders: what the PSP does not take is rejected, and not paid',
  },
  {
    mistake: 'the amount of an order as float',
    file: CLIENT,
    code: 'amount: new JsonNumber(formatAmount(amount))',
    by: 'amount: Math.floor(Number(formatAmount(amount)) * 100) / 100',
    caughtBy: 'orders: an order is one payment, with its key and its exact amount',
  },
  {
    mistake: 'findOrder takes an error for "not there"',
    file: PSP,
    code: 'const payment = await this.client.payment(key);',
    by: 'const payment = await this.client.payment(key).catch(() => undefined);',
    caughtBy: 'order faults: findOrder never takes a PSP that cannot be asked for one that knows nothing',
  },
  {
    mistake: 'the listing does not show which order a movement executes',
    file: MAPPER,
    code: "    id: row.text('id'),\n    orderKey: row.optionalText('key'),",
    by: "    id: `t-${row.text('id')}`,",
    caughtBy: 'orders: the listing shows which order a movement executes',
  },
  {
    mistake: 'a webhook accepts anything',
    file: PSP,
    code: "reject('is not that of the secret');",
    by: 'return [];',
    caughtBy: 'webhooks: a signature with another secret is refused',
  },
  {
    mistake: 'a webhook ignores how old its signature is',
    file: PSP,
    code: "if (!(age <= TOLERANCE)) reject('is too old');",
    by: "if (age < 0) reject('is too old');",
    caughtBy: 'webhooks: an old signature is refused',
  },
  {
    mistake: 'a webhook without the timestamp in what is signed',
    file: PSP,
    code: '.update(`${timestamp}.`)',
    by: '',
    caughtBy: 'webhooks: the right signature names the streams to pull',
  },
  {
    mistake: 'a webhook that only looks whether there is a body',
    file: PSP,
    code: '.update(rawBody);\n    const given',
    by: '.update(\'{"event":"transaction.created"}\');\n    const given',
    caughtBy: 'webhooks: another body than the signed one is refused',
  },
];
