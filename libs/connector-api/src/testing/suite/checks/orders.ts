/** Checks of orders without faults: idempotency, exact amounts, rejection and lookup. */
import { ORDER_STATUSES } from '../../../orders.js';
import type { OrderResult } from '../../../orders.js';
import type { Plugin } from '../../../plugin.js';
import { expectThat } from '../assertions.js';
import type { Check } from '../check.js';
import { expectPaid, forEachKind } from '../orders.js';
import type { Desk } from '../orders.js';
import { expectError, expectKind } from '../psp-errors.js';

export const ORDER_CHECKS: readonly Check[] = [
  check('orders: an order is one payment, with its key and its exact amount', async (desk) => {
    const orders = [
      desk.order(),
      desk.order({ amount: { amount: 29n, asset: 'EUR/2' } }),
      desk.order({ amount: { amount: 1_234_567_890_129n, asset: 'EUR/2' } }),
    ];
    for (const order of orders) expectResult(await desk.pay(order));
    await expectPaid(desk, orders, 'three orders');
  }),
  check('orders: the same key again is the same payment', async (desk) => {
    const order = desk.order();
    const first = await desk.pay(order);
    const again = await desk.pay({ ...order, pspId: first.id }).catch((thrown: unknown) => {
      // Allowed: the PSP only says that it has the order. A lookup then finds the outcome.
      expectKind(thrown, ['unknown-outcome', 'unavailable'], 'the same order again');
      return undefined;
    });
    expectThat(
      again === undefined || again.id === first.id,
      `the same order again is ${again?.id}, and was ${first.id}`,
    );
    await expectPaid(desk, [order], 'the same order twice');
  }),
  check('orders: the same key at the same time is one payment', async (desk) => {
    const order = desk.order();
    await Promise.allSettled([desk.pay(order), desk.pay(order), desk.pay(order)]);
    await expectPaid(desk, [order], 'the same order three times at once');
  }),
  check('orders: what the PSP does not take is rejected, and not paid', async (desk) => {
    const order = desk.order(desk.world.refused);
    const result = await desk.pay(order).catch((thrown: unknown) => {
      expectKind(thrown, ['rejected'], 'an order that the PSP does not take');
      return undefined;
    });
    expectThat(
      result === undefined || result.status === 'FAILED',
      `an order that the PSP does not take is ${result?.status}; expected FAILED, or a PspError "rejected"`,
    );
    await expectPaid(desk, [], 'an order that the PSP does not take');
  }),
  check('orders: an asset that the PSP cannot have is rejected', async (desk) => {
    for (const asset of ['XQX/2', 'EUR/4', 'EUR']) {
      const order = desk.order({ amount: { amount: 1234n, asset } });
      await expectError(() => desk.pay(order), ['rejected'], `an order in ${asset}`);
    }
    await expectPaid(desk, [], 'orders in assets that nobody has');
  }),
  check('orders: findOrder knows what was ordered, and nothing else', async (desk) => {
    const { psp } = desk;
    if (psp.findOrder === undefined) return;
    const [order, never] = [desk.order(), desk.order()];
    const paid = await desk.pay(order);
    for (const asked of [order, { ...order, pspId: paid.id }]) {
      const found = await psp.findOrder(asked);
      expectThat(
        found?.id === paid.id,
        `an order that was paid as ${paid.id} is found as ${found?.id ?? 'nothing'}` +
          (asked.pspId === undefined ? ', by its key' : ', by its id'),
      );
    }
    const nothing = await psp.findOrder(never);
    expectThat(nothing === undefined, `an order that was never handed over is found as ${nothing?.id}`);
  }),
  check('orders: the listing shows which order a movement executes', async (desk) => {
    const order = desk.order();
    const { id } = await desk.pay(order);
    await desk.scene.pullLater();
    const rows = desk.scene.feed.transactions();
    const row = rows.find((one) => one.id === id || one.orderKey === order.key);
    expectThat(
      row !== undefined,
      `no transaction has the id ${id} or the orderKey of an order that was paid: the gateway would take it for another payment`,
    );
    expectThat(
      row.type === order.kind && row.amount.amount === order.amount.amount,
      `the transaction of a ${order.kind} of ${order.amount.amount} is a ${row.type} of ${row.amount.amount}`,
    );
  }),
];

function check(name: string, run: (desk: Desk) => Promise<void>): Check {
  return {
    name,
    concerns: (plugin: Plugin) => plugin.orders !== undefined,
    run: (trial) => forEachKind(trial, run),
  };
}

function expectResult({ id, status }: OrderResult): void {
  expectThat(typeof id === 'string' && id !== '', 'the result of an order has no id');
  expectThat(ORDER_STATUSES.includes(status), `the status of an order is ${status}`);
  expectThat(status !== 'FAILED', 'an order that the PSP takes failed');
}
