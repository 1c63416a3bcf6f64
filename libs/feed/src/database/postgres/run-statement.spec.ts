/** Tests how much memory finished statements keep, compared with the driver's own promises and timeouts. */
import pg from 'pg';
import v8 from 'node:v8';
import { POSTGRES_STORE, type FreshStore } from '../../testing/stores.js';
import { PostgresPool, toPoolTimeouts } from './postgres-pool.js';

const STATEMENTS = 200;
const ROWS = 1000;
const TIMEOUT_MS = 30_000;
const STATEMENT = 'select count(*)::int as count from unnest($1::text[], $2::text[])';
/** V8 collects at other times in each process, so the bytes are compared within one run. */
const MAX_RATIO = 0.7;

type Query = (text: string, values: readonly unknown[]) => Promise<unknown>;

let fresh: FreshStore;
let pool: PostgresPool;
let driver: pg.Client;
beforeAll(async () => {
  fresh = await POSTGRES_STORE.create();
  pool = new PostgresPool(fresh.url, 2, toPoolTimeouts(TIMEOUT_MS));
  driver = new pg.Client({ connectionString: fresh.url, query_timeout: TIMEOUT_MS });
  await driver.connect();
});
afterAll(async () => {
  await driver.end();
  await pool.close();
  await fresh.remove();
});

function measureOldGenerationBytes(): number {
  const spaces = v8.getHeapSpaceStatistics();
  return spaces.find(({ space_name }) => space_name === 'old_space')?.space_used_size ?? 0;
}

/** Runs the statements, and returns the number of bytes that V8 moved to the old generation. */
async function measurePromotedBytes(query: Query): Promise<number> {
  let promotedBytes = 0;
  let before = measureOldGenerationBytes();
  for (let statement = 0; statement < STATEMENTS; statement++) {
    const ids = Array.from({ length: ROWS }, (_, index) => `tr_${statement}_${index}`);
    const bodies = ids.map((id) =>
      JSON.stringify({ id, source: 'world', destination: 'psp:acc_1', asset: 'EUR/2' }),
    );
    expect(await query(STATEMENT, [ids, bodies])).toEqual([{ count: ROWS }]);
    const after = measureOldGenerationBytes();
    // A collection of the old generation makes it smaller. Only what is added is counted.
    promotedBytes += Math.max(0, after - before);
    before = after;
  }
  return promotedBytes;
}

it('the values of finished statements do not get into the old generation of V8', async () => {
  const measureDriver = () =>
    measurePromotedBytes(
      async (text, values) => (await driver.query<{ count: number }>(text, [...values])).rows,
    );
  const measurePool = () => measurePromotedBytes((text, values) => pool.query(text, values));
  // The first statements compile the code of both.
  await measureDriver();
  await measurePool();
  const [byDriver, byPool] = [await measureDriver(), await measurePool()];
  expect(byPool).toBeLessThan(MAX_RATIO * byDriver);
}, 120_000);
