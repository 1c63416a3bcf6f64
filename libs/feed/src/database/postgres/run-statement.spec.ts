/** Tests how much memory finished statements keep. */
import v8 from 'node:v8';
import { POSTGRES_STORE, type FreshStore } from '../../testing/stores.js';
import { PostgresPool, toPoolTimeouts } from './postgres-pool.js';

const STATEMENTS = 200;
const ROWS = 1000;
const MAX_PROMOTED_BYTES = 15_000_000;

let fresh: FreshStore;
let pool: PostgresPool;
beforeAll(async () => {
  fresh = await POSTGRES_STORE.create();
  pool = new PostgresPool(fresh.url, 2, toPoolTimeouts(30_000));
});
afterAll(async () => {
  await pool.close();
  await fresh.remove();
});

function measureOldGenerationBytes(): number {
  const spaces = v8.getHeapSpaceStatistics();
  return spaces.find(({ space_name }) => space_name === 'old_space')?.space_used_size ?? 0;
}

it('the values of finished statements do not get into the old generation of V8', async () => {
  let promotedBytes = 0;
  let before = measureOldGenerationBytes();
  for (let statement = 0; statement < STATEMENTS; statement++) {
    const ids = Array.from({ length: ROWS }, (_, index) => `tr_${statement}_${index}`);
    const bodies = ids.map((id) =>
      JSON.stringify({ id, source: 'world', destination: 'psp:acc_1', asset: 'EUR/2' }),
    );
    const rows = await pool.query('select count(*)::int as count from unnest($1::text[], $2::text[])', [
      ids,
      bodies,
    ]);
    expect(rows).toEqual([{ count: ROWS }]);
    const after = measureOldGenerationBytes();
    // A collection of the old generation makes it smaller. Only what is added is counted.
    promotedBytes += Math.max(0, after - before);
    before = after;
  }
  expect(promotedBytes).toBeLessThan(MAX_PROMOTED_BYTES);
}, 120_000);
