/** Checks of rows that appear late, change, disappear or are malformed. */
import { expectThat, fail, given } from '../assertions.js';
import type { Check } from '../check.js';
import type { Scene } from '../scene.js';
import { recordsOf, tell } from '../expectation.js';
import type { Expected } from '../expectation.js';

const SECOND = 1000;
/** Fraction of the PSP's maximum lateness or change age that the checks use. */
const NEARLY = 0.9;

export const CHANGE_CHECKS: readonly Check[] = [
  {
    name: 'changes: a row that turns up late',
    async run(trial) {
      for (const pageSize of ['one', 'largest'] as const) {
        const scene = await trial.open(pageSize);
        await scene.addHistory();
        await scene.pull();
        await scene.add();
        await scene.pull();
        const { late } = scene.manners;
        await scene.add({ at: wholeSecond(scene.clock.now() - Math.max(late * NEARLY, 2 * SECOND)) });
        await scene.pullLater();
        scene.expectAll(`a row that turned up ${Math.round((late * NEARLY) / SECOND)} s after its time`);
      }
    },
  },
  {
    name: 'changes: a status that changes long after the row was listed',
    async run(trial) {
      const scene = await trial.open('one');
      const change = given(scene.world.change, 'change');
      await scene.addHistory();
      const { changes } = scene.manners;
      const at = wholeSecond(scene.clock.now() - changes * NEARLY);
      const old = await scene.add({ at, state: 'open' });
      const fresh = await scene.add({ state: 'open' });
      await scene.pull();
      scene.expectAll('before the change');
      for (const one of [old, fresh]) await change.call(scene.world, one.id);
      await scene.pullLater();
      for (const one of [old, fresh]) expectChanged(one, scene);
    },
  },
  {
    name: 'changes: rows that vanish',
    async run(trial) {
      const scene = await trial.open('one');
      const vanish = given(scene.world.vanish, 'vanish');
      await scene.addHistory();
      const { checkpoints } = await scene.pull();
      const gone = [0, 4, scene.expected.length - 1].flatMap((index) => scene.expected[index] ?? []);
      for (const { id } of gone) await vanish.call(scene.world, id);
      await scene.add();
      await scene.pullLater();
      scene.expectAll('after the first, one and the newest row of the PSP had vanished');
      for (const [index, checkpoint] of checkpoints.entries()) {
        const feed = await scene.resume('transactions', checkpoint);
        for (const { id } of gone) scene.forget(id);
        scene.expectAll(`from the cursor of page ${index + 1}, after rows had vanished`, feed);
      }
    },
  },
  {
    name: 'changes: a row that makes no sense is refused, and the listing goes on',
    async run(trial) {
      for (const pageSize of ['one', 'largest'] as const) {
        const scene = await trial.open(pageSize);
        const addBroken = given(scene.world.addBroken, 'addBroken');
        await scene.addHistory();
        await addBroken.call(scene.world, scene.clock.now() - 2 * SECOND);
        await scene.add();
        await scene.pull();
        scene.expectAll('with a row that makes no sense among the others');
        const { refusals, unservable } = scene.feed;
        expectThat(refusals.size + unservable.length > 0, 'the row that makes no sense was not refused');
        const known = refusals.size;
        await scene.pull();
        expectThat(refusals.size === known, 'a row that is refused again has another id than before');
        await scene.add();
        await scene.pull();
        scene.expectAll('after a row that makes no sense');
      }
    },
  },
];

/** Asserts that a record has a version with another status and the same `createdAt`. */
function expectChanged(expected: Expected, scene: Scene): void {
  scene.expectAll('after the change');
  const [record] = recordsOf(expected, scene.feed);
  const versions = scene.feed
    .versions('transactions')
    .find((all) => all.at(-1)?.item.id === record?.id)
    ?.map(({ item }) => item);
  const [first, last] = [versions?.[0], versions?.at(-1)];
  if (!first || !last || !('status' in first) || !('status' in last)) return fail('a record has no versions');
  expectThat(
    first.status !== last.status,
    `${tell([expected])} changed at the PSP, but it is still ${last.status} here`,
  );
  expectThat(
    first.createdAt === last.createdAt,
    `createdAt of ${tell([expected])} was ${first.createdAt} and is now ${last.createdAt}: it is one value for all versions`,
  );
}

function wholeSecond(time: number): number {
  return Math.floor(time / SECOND) * SECOND;
}
