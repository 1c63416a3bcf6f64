import { hashApiKey } from '@tributary/auth';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadDeployment } from '../load-deployment.js';
import { ConfigError } from '../file/config-problems.js';
import type { Environment } from '../file/references.js';

const directory = mkdtempSync(join(tmpdir(), 'tributary-orders-config-'));
afterAll(() => rmSync(directory, { recursive: true }));

const KEY = 'a-key-for-the-tests-1';
const OTHER_KEY = 'a-key-for-the-tests-2';
/** Returns a connector in YAML flow style. The given properties replace the defaults. */
const connector = (keys: Record<string, string>) => {
  const all = { name: 'sand', plugin: 'sandbox', apiKeys: `[${KEY}]`, ...keys };
  const pairs = Object.entries(all).map(([key, value]) => `${key}: ${value}`);
  return `{ ${pairs.join(', ')} }`;
};

function load(connectors: string[], environment: Environment = {}) {
  const file = join(directory, 'gateway.yaml');
  writeFileSync(file, `connectors: [${connectors.join(', ')}]`);
  return loadDeployment(file, environment);
}

/** Returns the error lines without the file name: `1:2: key: text`. */
function complaints(keys: Record<string, string>): string[] {
  try {
    load([connector(keys)]);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.message.replaceAll(`${directory}/gateway.yaml:`, '').split('\n');
  }
  return [];
}

describe('keys and limits of orders', () => {
  it('a key says what it may do, and may be a reference or a hash', () => {
    const hashed = `sha256:${hashApiKey(OTHER_KEY).toString('hex')}`;
    const { connectors, secrets } = load(
      [
        connector({
          apiKeys: `[{ key: "\${K}", scopes: [read, pay] }, { key: "${hashed}", scopes: [pay] }]`,
        }),
      ],
      { K: 'a-key-that-may-pay-1' },
    );
    expect(connectors[0]?.apiKeys).toEqual([
      { hash: hashApiKey('a-key-that-may-pay-1'), scopes: ['read', 'pay'] },
      { hash: hashApiKey(OTHER_KEY), scopes: ['pay'] },
    ]);
    expect(secrets).toContain('a-key-that-may-pay-1');
  });

  it('limits are minor units by asset; without any, nothing is limited', () => {
    const orders =
      '{ largest: { EUR/2: "100000", JPY: "0" }, perDay: { EUR/2: "${DAY}" }, beneficiaries: [ben-1], unknownAfter: 1h }';
    const { connectors } = load([connector({ orders }), connector({ name: 'free' })], {
      DAY: '1000000000000000000000000000000',
    });
    expect(connectors.map((each) => each.orders)).toEqual([
      {
        largest: new Map([
          ['EUR/2', 100_000n],
          ['JPY', 0n],
        ]),
        perDay: new Map([['EUR/2', 10n ** 30n]]),
        beneficiaries: new Set(['ben-1']),
        alertAfterMs: 3_600_000,
      },
      { largest: new Map(), perDay: new Map(), alertAfterMs: 900_000 },
    ]);
  });

  const SCOPES = 'expected a list of nothing but read and pay, each once at most';
  const UNITS = 'expected minor units in quotes, e.g. "1000000"';
  it.each<[string, Record<string, string>, string[]]>([
    [
      'a scope that is none',
      { apiKeys: `[{ key: ${KEY}, scopes: [raed] }]` },
      [`1:93: connectors[0].apiKeys[0].scopes: found a list; ${SCOPES}`],
    ],
    [
      'no scopes',
      { apiKeys: `[{ key: ${KEY} }]` },
      [`1:55: connectors[0].apiKeys[0].scopes: found nothing; ${SCOPES}`],
    ],
    [
      'a key without key',
      { apiKeys: '[{ scopes: [read] }]' },
      ['1:55: connectors[0].apiKeys[0].key: found nothing; expected an API key'],
    ],
    [
      'a key twice, once paying',
      { apiKeys: `[${KEY}, { key: ${KEY}, scopes: [read, pay] }]` },
      ['1:85: connectors[0].apiKeys[1].key: found the same key as connectors[0].apiKeys[0]. Remove one'],
    ],
    [
      'a number for an amount',
      { orders: '{ largest: { EUR/2: 100 } }' },
      [`1:107: connectors[0].orders.largest.EUR/2: found the number 100; ${UNITS}`],
    ],
    [
      'decimals, a sign and nothing',
      { orders: '{ largest: { EUR/2: "1.50", JPY: "-1" }, perDay: { EUR/2: "" } }' },
      [
        `1:107: connectors[0].orders.largest.EUR/2: found "1.50"; ${UNITS}`,
        `1:120: connectors[0].orders.largest.JPY: found "-1"; ${UNITS}`,
        `1:145: connectors[0].orders.perDay.EUR/2: found an empty text; ${UNITS}`,
      ],
    ],
    [
      'what is no asset',
      { orders: '{ perDay: { eur: "100" } }' },
      ['1:99: connectors[0].orders.perDay.eur: "eur" is no asset; expected one like EUR/2 or JPY'],
    ],
    [
      'an asset that no order can have',
      { orders: '{ perDay: { EUR/3: "100" } }' },
      ['1:99: connectors[0].orders.perDay.EUR/3: "EUR/3" is no asset; expected EUR/2'],
    ],
    [
      'no asset at all',
      { orders: '{ perDay: {} }' },
      ['1:97: connectors[0].orders.perDay: found a mapping without assets; name one, or leave the key out'],
    ],
    [
      'a list of amounts',
      { orders: '{ perDay: [] }' },
      [
        '1:97: connectors[0].orders.perDay: found an empty list; expected a mapping from assets to minor units like { EUR/2: "1000000" }',
      ],
    ],
    [
      'beneficiaries that are numbers',
      { orders: '{ beneficiaries: [17] }' },
      ['1:104: connectors[0].orders.beneficiaries: found a list; expected a list of ids of beneficiaries'],
    ],
    [
      'an unknown limit',
      { orders: '{ perWeek: { EUR/2: "1" } }' },
      [
        '1:89: connectors[0].orders.perWeek: there is no such setting. The keys here are largest, perDay, beneficiaries, unknownAfter.',
      ],
    ],
    [
      'patience of no unit',
      { orders: '{ unknownAfter: 15 }' },
      [
        '1:103: connectors[0].orders.unknownAfter: found the number 15; expected a duration like 100ms, 5s, 2m or 1h, from 1s to 24h',
      ],
    ],
  ])('%s: told with line, column and key', (_what, keys, expected) => {
    expect(complaints(keys)).toEqual(expected);
  });
});
