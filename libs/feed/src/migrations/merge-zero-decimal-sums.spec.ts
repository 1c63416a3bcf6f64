/** Tests the migration that adds the sums of `JPY/0`, which older programs stored, to the sums of `JPY`. */
import type { DatabaseAdapter } from '../database/database-adapter.js';
import { openAdapter } from '../testing/open-adapter.js';
import { STORES } from '../testing/stores.js';
import { migrate } from './migrate.js';

const VERSION_BEFORE = 19;
const SUM = { feed_id: 1, opening_proven: 1, agreed_at: 5, agreed_seq: 2, after_suspect: '0' };
const GAP = { opening: '0', gap: '-700', gap_since: 9, reread_at: 8 };
const WARNING = { feed_id: 1, kind: 'finding' as const, reason: 'the balance is lower', raw: null, since: 9 };

describe.each(STORES)('in $name', (kind) => {
  let adapter: DatabaseAdapter;
  let remove: () => Promise<void>;

  beforeEach(async () => {
    const fresh = await kind.create();
    adapter = await openAdapter(fresh.url);
    remove = async () => {
      await adapter.close();
      await fresh.remove();
    };
    await migrate(adapter, VERSION_BEFORE);
  });
  afterEach(() => remove());

  const readSums = async () =>
    adapter.durableTransaction((db) =>
      db.selectFrom('account_sums').selectAll().orderBy('account_id').orderBy('asset').execute(),
    );

  it('adds both sums exactly, begins the check again, and resolves the warnings about both', async () => {
    await adapter.durableTransaction(async (db) => {
      const large = '9007199254740993';
      await db
        .insertInto('account_sums')
        .values([
          { ...SUM, ...GAP, account_id: 'both', asset: 'JPY', total: large },
          { ...SUM, ...GAP, account_id: 'both', asset: 'JPY/0', total: '-700' },
          { ...SUM, ...GAP, account_id: 'orders-only', asset: 'JPY/0', total: '-5' },
          { ...SUM, opening: '3', account_id: 'other', asset: 'EUR/2', total: '100' },
        ])
        .execute();
      for (const record_id of [
        'completeness:both:JPY',
        'completeness:both:JPY/0',
        'completeness:other:EUR/2',
      ])
        await db
          .insertInto('quarantine')
          .values({ ...WARNING, record_id, cleared_at: null })
          .execute();
    });
    await migrate(adapter);
    expect(await readSums()).toMatchObject([
      {
        account_id: 'both',
        asset: 'JPY',
        total: '9007199254740293',
        opening: null,
        gap: null,
        agreed_at: null,
      },
      { account_id: 'orders-only', asset: 'JPY', total: '-5', opening: null, opening_proven: 0 },
      { account_id: 'other', asset: 'EUR/2', total: '100', opening: '3', opening_proven: 1, agreed_at: 5 },
    ]);
    const open = await adapter.durableTransaction((db) =>
      db.selectFrom('quarantine').select('record_id').where('cleared_at', 'is', null).execute(),
    );
    expect(open).toEqual([{ record_id: 'completeness:other:EUR/2' }]);
  });
});
