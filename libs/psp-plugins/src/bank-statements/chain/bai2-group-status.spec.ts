/** BAI2 groups that change an earlier group: correction (status 3) and deletion (status 2). */
import { expect, it } from '@jest/globals';
import { FakeBank } from '../bank-statements.fake.js';
import { createBai2Sample } from '../readers/fixtures/sample-files.js';

/** Returns the prior-day file of one account, with one credit that has a reference of the bank. */
function createGroup(status: '1' | '2' | '3', cents: number): string {
  return createBai2Sample(`16,165,${cents},Z,BANKREF4711,,Invoice 4711/\n`, {
    group: `02,BANK,1234,${status},260115,,USD,2/`,
    account: `03,555,,010,1000,,,015,${1000 + cents},,/`,
    total: 1000 + (1000 + cents) + cents,
    count: 1,
  });
}

async function readAfterFirst(later: string): Promise<FakeBank['feed']> {
  const bank = new FakeBank();
  bank.writeFile('1.bai', createGroup('1', 500));
  await bank.sync();
  expect(bank.feed.summary).toEqual(['+5.00 USD SUCCEEDED']);
  bank.writeFile('2.bai', later);
  return bank.sync();
}

it('a correction replaces the entry with the same reference, and is reported', async () => {
  const feed = await readAfterFirst(createGroup('3', 700));
  expect(feed.summary).toEqual(['+5.00 USD CANCELLED', '+7.00 USD SUCCEEDED']);
  expect([...feed.warnings.keys()]).toEqual([expect.stringMatching(/^statement:.*:changed$/)]);
});

it('a deletion is in the quarantine, and the rows of the earlier group stay', async () => {
  const feed = await readAfterFirst(createGroup('2', 500));
  expect(feed.summary).toEqual(['+5.00 USD SUCCEEDED']);
  expect([...feed.rejected]).toEqual([
    ['file:2.bai', expect.stringContaining('a group with the status 2 (deletion)')],
  ]);
});

it('a deletion together with its replacement is in the quarantine, so that the replacement is not lost in silence', async () => {
  const both =
    createGroup('2', 500).replace(/\n99,.*\n$/, '') + createGroup('1', 700).replace(/^01,.*\n/, '\n');
  const feed = await readAfterFirst(both);
  expect(feed.summary).toEqual(['+5.00 USD SUCCEEDED']);
  expect([...feed.rejected.keys()]).toEqual(['file:2.bai']);
});
