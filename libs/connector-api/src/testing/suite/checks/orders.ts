/** Checks of orders without faults: idempotency, exact amounts, rejection and lookup. */
import { ORDER_STATUSES } from '../../../order.types.js';
import type { OrderResult } from '../../../order.types.js';
import { expectThat } from '../assertions.js';
import type { Check } from '../check.js';
import { createOrderCheck, expectPayments, getOrderAsset } from '../order-harness.js';
import { expectPspError, expectErrorKind } from '../expect-psp-error.js';

export const ORDER_CHECKS: readonly Check[] = [
  createOrderCheck(
    'orders: an order is one payment, with its key and its exact amount',
    async (orderHarness) => {
      const asset = getOrderAsset(orderHarness.fixture);
      const orders = [
        orderHarness.createOrder(),
        orderHarness.createOrder({ amount: { amount: 29n, asset } }),
        orderHarness.createOrder({ amount: { amount: 1_234_567_890_129n, asset } }),
      ];
      for (const order of orders) expectResult(await orderHarness.submit(order));
      await expectPayments(orderHarness, orders, 'three orders');
    },
  ),
  createOrderCheck('orders: the same key again is the same payment', async (orderHarness) => {
    const order = orderHarness.createOrder();
    const first = await orderHarness.submit(order);
    const again = await orderHarness.submit({ ...order, pspId: first.id }).catch((thrown: unknown) => {
      // A plugin may throw this kind of error if the PSP only confirms that it already has the order. The gateway then looks up the
      // outcome.
      expectErrorKind(thrown, ['unknown-outcome', 'unavailable'], 'the same order again');
      return undefined;
    });
    expectThat(
      again === undefined || again.id === first.id,
      `the same order again is ${again?.id}, and was ${first.id}`,
    );
    await expectPayments(orderHarness, [order], 'the same order twice');
  }),
  createOrderCheck('orders: the same key at the same time is one payment', async (orderHarness) => {
    const order = orderHarness.createOrder();
    await Promise.allSettled([
      orderHarness.submit(order),
      orderHarness.submit(order),
      orderHarness.submit(order),
    ]);
    await expectPayments(orderHarness, [order], 'the same order three times at once');
  }),
  createOrderCheck('orders: what the PSP does not take is rejected, and not paid', async (orderHarness) => {
    const order = orderHarness.createOrder(orderHarness.fixture.rejectedOrder);
    const result = await orderHarness.submit(order).catch((thrown: unknown) => {
      expectErrorKind(thrown, ['rejected'], 'an order that the PSP does not take');
      return undefined;
    });
    expectThat(
      result === undefined || result.status === 'FAILED',
      `an order that the PSP does not take is ${result?.status}; expected FAILED, or a PspError "rejected"`,
    );
    await expectPayments(orderHarness, [], 'an order that the PSP does not take');
  }),
  createOrderCheck('orders: an asset that the PSP cannot have is rejected', async (orderHarness) => {
    const [currency = ''] = getOrderAsset(orderHarness.fixture).split('/');
    for (const asset of ['XQX/2', `${currency}/4`, currency]) {
      const order = orderHarness.createOrder({ amount: { amount: 1234n, asset } });
      await expectPspError(() => orderHarness.submit(order), ['rejected'], `an order in ${asset}`);
    }
    await expectPayments(orderHarness, [], 'orders in assets that no account has');
  }),
  createOrderCheck('orders: findOrder knows what was ordered, and nothing else', async (orderHarness) => {
    const { psp } = orderHarness;
    if (psp.findOrder === undefined) return;
    const [order, never] = [orderHarness.createOrder(), orderHarness.createOrder()];
    const paid = await orderHarness.submit(order);
    const { plugin } = orderHarness.harness;
    const isFoundByKey = plugin.orders?.findsOrdersByIdOnly !== true;
    for (const asked of [...(isFoundByKey ? [order] : []), { ...order, pspId: paid.id }]) {
      const found = await psp.findOrder(asked);
      expectThat(
        found?.id === paid.id,
        `an order that was paid as ${paid.id} is found as ${found?.id ?? 'nothing'}` +
          (asked.pspId === undefined ? ', by its key' : ', by its id'),
      );
    }
    if (!isFoundByKey) return;
    const nothing = await psp.findOrder(never);
    expectThat(nothing === undefined, `an order that was never handed over is found as ${nothing?.id}`);
  }),
  createOrderCheck('orders: the listing shows which order a movement executes', async (orderHarness) => {
    const order = orderHarness.createOrder();
    const { id } = await orderHarness.submit(order);
    await orderHarness.harness.pullAfterDetectionDelay();
    const rows = orderHarness.harness.feed.getTransactions();
    const row = rows.find((one) => one.id === id || one.orderKey === order.idempotencyKey);
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

function expectResult({ id, status }: OrderResult): void {
  expectThat(typeof id === 'string' && id !== '', 'the result of an order has no id');
  expectThat(ORDER_STATUSES.includes(status), `the status of an order is ${status}`);
  expectThat(status !== 'FAILED', 'an order that the PSP takes failed');
}
