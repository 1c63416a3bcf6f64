/** Checks of the streams `accounts` and `beneficiaries`, and of balances. */
import { validateBalances } from '../../../contract/serialize-records.js';
import { encodeId } from '../../../id-encoding.js';
import type { Stream } from '../../../plugin.js';
import { expectThat, requireFixturePart, hasMethod } from '../assertions.js';
import type { Check } from '../check.js';
import type { InMemoryFeed } from '../in-memory-feed.js';
import type { CheckContext } from '../check-context.js';

const MINUTE = 60_000;

export const ACCOUNT_CHECKS: readonly Check[] = [
  {
    name: 'accounts: from the start and from every cursor',
    run: (context) => resumeFromEveryCursor(context, 'accounts', 'addAccount'),
  },
  {
    name: 'beneficiaries: from the start and from every cursor',
    appliesTo: (plugin) => hasMethod(plugin, 'beneficiaries'),
    run: (context) => resumeFromEveryCursor(context, 'beneficiaries', 'addBeneficiary'),
  },
  {
    name: 'balances: of every account',
    appliesTo: (plugin) => hasMethod(plugin, 'balances'),
    async run(context) {
      const harness = await context.createHarness();
      await harness.addTransaction();
      await harness.pull('accounts');
      const accounts = harness.feed.getRecords('accounts');
      expectThat(accounts.length > 0, 'there is no account: a new fixture begins with one at least');
      const psp = await harness.createPsp();
      for (const { id } of accounts) {
        const balances = validateBalances(await psp.balances!(id));
        expectThat(
          balances.accountId === encodeId(id),
          `asked for ${id}, got the balances of ${balances.accountId}`,
        );
        expectThat(
          balances.at <= Math.max(harness.clock.now(), Date.now()) + MINUTE,
          `the balances of ${id} are of the future: ${new Date(balances.at).toISOString()}`,
        );
      }
    },
  },
];

async function resumeFromEveryCursor(
  context: CheckContext,
  stream: Stream,
  addMethod: 'addAccount' | 'addBeneficiary',
): Promise<void> {
  for (const pageSize of ['one', 'largest'] as const) {
    const harness = await context.createHarness(pageSize);
    const add = requireFixturePart(harness.fixture[addMethod], addMethod);
    const ids: string[] = [];
    const addOne = async () => ids.push(await add.call(harness.fixture));
    for (let count = 0; count < 5; count += 1) await addOne();
    const { checkpoints } = await harness.pull(stream);
    expectIds(harness.feed, stream, ids, 'the first listing');
    await addOne();
    for (const [index, checkpoint] of checkpoints.entries()) {
      const feed = await harness.resumeFrom(stream, checkpoint);
      // The last account is not required here, because the plugin may list it only at the next complete reading.
      expectIds(feed, stream, ids.slice(0, -1), `from the cursor of page ${index + 1}`);
    }
    await harness.pullAfterDetectionDelay(stream);
    expectIds(harness.feed, stream, ids, 'the listing after the first');
    const { newVersions } = await harness.pull(stream);
    expectThat(
      newVersions === 0,
      `a listing of ${stream} brought ${newVersions} new versions although nothing had happened`,
    );
    expectThat(
      harness.feed.serializationErrors.length === 0,
      `a record cannot be served: ${harness.feed.serializationErrors[0]}`,
    );
  }
}

function expectIds(feed: InMemoryFeed, stream: Stream, ids: readonly string[], when: string): void {
  const found = new Set(feed.getRecords(stream).map(({ id }) => id));
  const missing = ids.filter((id) => !found.has(id));
  const refused = [...feed.rejectedRecords.values()].map(({ id, reason }) => `${id}: ${reason}`);
  expectThat(
    missing.length === 0,
    `${when}: missing ${stream}: ${missing.join(', ')}${refused.length > 0 ? `; refused: ${refused[0]}` : ''}`,
  );
}
