/**
 * Mutations of the reference plugin that make it lose too much data: more than the invalid part of a response, or more than the account
 * that fails.
 */
import type { Mutation } from './mutation.js';

const MERGE = 'const steps = mergeListings(sources, CURSOR_FORMAT.parse(since));';
const LAST_FUNCTION = 'function parseTransactions(';
const GET_ROWS = "const page = await this.http.get('/transactions', { query });";

/** Code that remembers what was served into a feed. */
const IS_NEW = `const SERVED = new WeakMap();

function isNew(feed, state) {
  const served = SERVED.get(feed) ?? new Set();
  SERVED.set(feed, served);
  return !served.has(state) && served.add(state) !== undefined;
}

`;

/**
 * Returns code that lists each account to its end before the next account.
 * @param onError code that runs if an account cannot be listed
 */
const readOneByOne = (onError: string) => `async function* readOneByOne(sources, since = {}) {
  let position = since;
  let failure;
  for (const source of sources) {
    try {
      for await (const step of source.list(position[source.id])) {
        position = { ...position, [source.id]: step.position };
        yield { ...step, position, source };
      }
    } catch (error) {
      ${onError}
    }
  }
  if (failure) throw failure;
}

`;

export const ROBUSTNESS_MUTATIONS: readonly Mutation[] = [
  {
    description: 'an account that cannot be listed stops the accounts behind it',
    file: 'reference.plugin.ts',
    original: MERGE,
    replacement: 'const steps = readOneByOne(sources, CURSOR_FORMAT.parse(since));',
    additionalReplacements: [[LAST_FUNCTION, readOneByOne('throw error;') + LAST_FUNCTION]],
    detectedBy: 'faults: an account that cannot be listed does not stop the others',
  },
  {
    description: 'an account with a long history delays the accounts behind it',
    file: 'reference.plugin.ts',
    original: MERGE,
    replacement: 'const steps = readOneByOne(sources, CURSOR_FORMAT.parse(since));',
    additionalReplacements: [[LAST_FUNCTION, readOneByOne('failure ??= error;') + LAST_FUNCTION]],
    detectedBy: 'listings: an account with a long history does not delay the others',
  },
  {
    description: 'a byte that is not UTF-8 blocks the page that contains it',
    file: 'reference.client.ts',
    original: GET_ROWS,
    replacement: `${GET_ROWS}
    if (page.toJsonString().includes('\\ufffd')) throw new PspError('unavailable', 'the page is not UTF-8');`,
    additionalReplacements: [['import { formatAmount,', 'import { PspError, formatAmount,']],
    detectedBy: 'faults: a byte that is not UTF-8 in a text',
  },
  {
    description: 'an invalid item of a list costs the beneficiary that contains the list',
    file: 'reference.mapper.ts',
    original: "  return { id: row.string('id'), ownerName: row.string('name') };",
    replacement: `  const tags = row.array('tags').map((tag) => tag.string()).join(' ');
  return { id: row.string('id'), ownerName: row.string('name'), metadata: { 'com.reference.spec/tags': tags } };`,
    detectedBy: 'faults: an invalid item of a list inside a row costs no other record',
  },
  {
    description: 'a balance that cannot be read costs its account',
    file: 'reference.mapper.ts',
    original: "  return { id: row.string('id'), name: row.string('name') };",
    replacement:
      "  parseMoney(row.decimal('balance'), row.string('currency'));\n  return { id: row.string('id'), name: row.string('name') };",
    detectedBy: 'faults: a balance that cannot be read does not cost its account',
  },
  {
    description: 'recognises the error code of a duplicate as a number only',
    file: 'reference.plugin.ts',
    original: "readText(body, 'code') === DUPLICATE_KEY_CODE",
    replacement: "body.at('code').toJsonString() === DUPLICATE_KEY_CODE",
    detectedBy: 'order faults: an error code of another type',
  },
  {
    description: 'recognises the key of an order byte for byte only',
    file: 'reference.mapper.ts',
    original: "extractOrderKey(readText(row, 'text'))",
    replacement: "/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/.exec(readText(row, 'text') ?? '')?.[0]",
    detectedBy: 'order faults: a bank changes the text that contains the key',
  },
  {
    description: 'takes an empty list that comes once for the truth',
    file: 'reference.plugin.ts',
    original:
      '      if (page.rows.length === 0) page = await this.client.transactions(account, from, to, next);\n',
    replacement: '',
    detectedBy: 'faults: an empty list that comes once',
  },
  {
    description: 'serves each state of a row once, also if the row returns to it',
    file: 'reference.plugin.ts',
    original: '(rows) => rows.flatMap(parseTransactions)',
    replacement:
      '(rows) => rows.flatMap(parseTransactions).filter((item) => isNew(this.feedReader, JSON.stringify([item.id, item.status])))',
    additionalReplacements: [[LAST_FUNCTION, IS_NEW + LAST_FUNCTION]],
    detectedBy: 'faults: an old state of a row that comes once',
  },
];
