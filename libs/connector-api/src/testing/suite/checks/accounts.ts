/** Checks of the streams accounts and beneficiaries, and of balances. */
import { balancesToWire } from '../../../contract/wire.js';
import { encodeId } from '../../../ids.js';
import type { Stream } from '../../../plugin.js';
import { expectThat, given, has } from '../assertions.js';
import type { Check } from '../check.js';
import type { SuiteFeed } from '../suite-feed.js';
import type { Trial } from '../trial.js';

const MINUTE = 60_000;

export const ACCOUNT_CHECKS: readonly Check[] = [
  {
    name: 'accounts: from the start and from every cursor',
    run: (trial) => everyCursor(trial, 'accounts', 'addAccount'),
  },
  {
    name: 'beneficiaries: from the start and from every cursor',
    concerns: (plugin) => has(plugin, 'beneficiaries'),
    run: (trial) => everyCursor(trial, 'beneficiaries', 'addBeneficiary'),
  },
  {
    name: 'balances: of every account',
    concerns: (plugin) => has(plugin, 'balances'),
    async run(trial) {
      const scene = await trial.open();
      await scene.add();
      await scene.pull('accounts');
      const accounts = scene.feed.items('accounts');
      expectThat(accounts.length > 0, 'there is no account: the fake’s world begins with one at least');
      const psp = await scene.psp();
      for (const { id } of accounts) {
        const balances = balancesToWire(await psp.balances!(id));
        expectThat(
          balances.accountId === encodeId(id),
          `asked for ${id}, got the balances of ${balances.accountId}`,
        );
        expectThat(
          balances.at <= Math.max(scene.clock.now(), Date.now()) + MINUTE,
          `the balances of ${id} are of the future: ${new Date(balances.at).toISOString()}`,
        );
      }
    },
  },
];

async function everyCursor(
  trial: Trial,
  stream: Stream,
  adding: 'addAccount' | 'addBeneficiary',
): Promise<void> {
  for (const pageSize of ['one', 'largest'] as const) {
    const scene = await trial.open(pageSize);
    const add = given(scene.world[adding], adding);
    const ids: string[] = [];
    const addOne = async () => ids.push(await add.call(scene.world));
    for (let count = 0; count < 5; count += 1) await addOne();
    const { checkpoints } = await scene.pull(stream);
    expectIds(scene.feed, stream, ids, 'the first listing');
    await addOne();
    for (const [index, checkpoint] of checkpoints.entries()) {
      const feed = await scene.resume(stream, checkpoint);
      // The plugin may list the last account only at its next complete read.
      expectIds(feed, stream, ids.slice(0, -1), `from the cursor of page ${index + 1}`);
    }
    await scene.pullLater(stream);
    expectIds(scene.feed, stream, ids, 'the listing after the first');
    const { news } = await scene.pull(stream);
    expectThat(
      news === 0,
      `a listing of ${stream} brought ${news} new versions although nothing had happened`,
    );
    expectThat(scene.feed.unservable.length === 0, `a record cannot be served: ${scene.feed.unservable[0]}`);
  }
}

function expectIds(feed: SuiteFeed, stream: Stream, ids: readonly string[], when: string): void {
  const found = new Set(feed.items(stream).map(({ id }) => id));
  const missing = ids.filter((id) => !found.has(id));
  const refused = [...feed.refusals.values()].map(({ id, refused: why }) => `${id}: ${why}`);
  expectThat(
    missing.length === 0,
    `${when}: missing ${stream}: ${missing.join(', ')}${refused.length > 0 ? `; refused: ${refused[0]}` : ''}`,
  );
}
