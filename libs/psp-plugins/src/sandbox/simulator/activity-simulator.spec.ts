import {
  validateBalances,
  isRejectedRecord,
  InvalidRecordError,
  serializeTransaction,
  type PspError,
} from '@tributary/connector-api';
import { isRowMalformed } from './response-rows.js';
import {
  collectPages,
  collectItems,
  collectRecords,
  MINUTE_MS,
  FAULTY_SETTINGS,
  createPsp,
  createSettings,
  START_TIME_MS,
  sumBalances,
} from '../testing/sandbox-setup.js';

describe('poison', () => {
  test('is refused row by row, exactly as often as it was put in, and keeps its name', async () => {
    const settings = createSettings({
      ...FAULTY_SETTINGS,
      transactions: 5000,
      activityPerMinute: 0,
      poisonRows: 0.05,
    });
    const poisoned = Array.from({ length: 5000 }, (_, number) => isRowMalformed(settings, number)).filter(
      Boolean,
    ).length;
    expect(poisoned).toBeGreaterThan(150);
    const list = async () => {
      const refused = { byPlugin: new Map<string, string>(), byGateway: new Map<string, string>() };
      let served = 0;
      for (const item of await collectItems(
        createPsp(settings, () => START_TIME_MS + MINUTE_MS).transactions(),
      )) {
        if (isRejectedRecord(item)) {
          refused.byPlugin.set(item.id, item.reason);
          continue;
        }
        try {
          serializeTransaction(item);
          served += 1;
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidRecordError);
          refused.byGateway.set(item.id, (error as InvalidRecordError).message);
        }
      }
      return { ...refused, served };
    };
    const { byPlugin, byGateway, served } = await list();
    expect(byPlugin.size + byGateway.size).toBe(poisoned);
    expect(served).toBe(5000 - poisoned);
    const reasons = [...byPlugin.values(), ...byGateway.values()].join('\n');
    for (const reason of [
      /is not a decimal number/,
      /is not in ISO 4217/,
      /id: expected a text, found nothing/,
      /state: expected one of .* found "maybe"/,
      /is negative/,
    ]) {
      expect([...byPlugin.values()].join('\n')).toMatch(reason);
    }
    expect([...byGateway.values()].join('\n')).toMatch(/not an RFC 3339 time/);
    expect(reasons).not.toMatch(/undefined|\[object/);
    const again = await list();
    expect(again.byPlugin).toEqual(byPlugin);
    expect(again.byGateway).toEqual(byGateway);
  });
});

describe('outages', () => {
  test('take their share of the time, say when to come back, and end', async () => {
    const settings = createSettings({ outages: 0.3 });
    let time = START_TIME_MS;
    const psp = createPsp(settings, () => time);
    const kinds = new Map<string, number>();
    for (let piece = 0; piece < 2000; piece++, time += 5000) {
      const outcome = await collectPages(psp.accounts()).then(
        () => 'fine',
        (error: PspError) => {
          if (error.kind === 'rate-limited') expect(error.details.retryAfterMs).toBe(5000);
          return error.kind;
        },
      );
      kinds.set(outcome, (kinds.get(outcome) ?? 0) + 1);
    }
    expect([...kinds.keys()].sort()).toEqual(['fine', 'rate-limited', 'unavailable']);
    expect(kinds.get('fine')! / 2000).toBeCloseTo(0.7, 1);
  });

  test('are off unless asked for', async () => {
    let time = START_TIME_MS;
    const psp = createPsp(createSettings({}), () => (time += 5000));
    for (let call = 0; call < 500; call++) await collectPages(psp.accounts());
  });
});

describe('balances', () => {
  test.each([1, 2, 3, 40])(
    'of each of %i accounts are the sum of what is listed, at every moment',
    async (accounts) => {
      const settings = createSettings({ ...FAULTY_SETTINGS, accounts, transactions: 4000 });
      for (const time of [
        START_TIME_MS - 9e9,
        START_TIME_MS - 1,
        START_TIME_MS,
        START_TIME_MS + 12_345,
        START_TIME_MS + 4 * MINUTE_MS + 567,
      ]) {
        const psp = createPsp(settings, () => time);
        const rows = await collectRecords(psp.transactions());
        for (const { id } of await collectRecords(psp.accounts())) {
          const balances = await psp.balances(id);
          expect(balances).toMatchObject({ accountId: id, at: new Date(time).toISOString() });
          const held = validateBalances(balances).amounts;
          const sums = sumBalances(rows, id);
          expect([...held].filter(([, amount]) => amount !== 0n).sort()).toEqual(
            [...sums].filter(([, amount]) => amount !== 0n).sort(),
          );
        }
      }
    },
  );

  test('of a hundred million transactions grow by exactly what happened in between', async () => {
    const settings = createSettings({ ...FAULTY_SETTINGS, transactions: 100_000_000, activityPerMinute: 0 });
    const [from, to] = [START_TIME_MS - 9e9, START_TIME_MS - 9e9 + 10 * MINUTE_MS];
    // Rows that are older than the time `changesWithin` are final at both times, so they need not be compared.
    const unsettled = `${from - settings.changesWithin}/60000`;
    const at = async (time: number) => {
      const psp = createPsp(settings, () => time);
      const rows = await collectRecords(psp.transactions(unsettled));
      return {
        rows: rows.length,
        sums: sumBalances(rows, 'acc-2'),
        held: validateBalances(await psp.balances('acc-2')),
      };
    };
    const [before, after] = [await at(from), await at(to)];
    expect(after.rows - before.rows).toBeGreaterThan(1500);
    expect(after.held.amounts.size).toBe(4);
    for (const [asset, amount] of after.held.amounts) {
      expect(amount > 10n ** 10n).toBe(true);
      const grown = (after.sums.get(asset) ?? 0n) - (before.sums.get(asset) ?? 0n);
      expect(amount - (before.held.amounts.get(asset) ?? 0n)).toBe(grown);
    }
  });

  test('of an account that does not exist are refused', async () => {
    const psp = createPsp(createSettings({}), () => START_TIME_MS);
    for (const id of ['acc-0', 'acc-4', 'acc-01', 'acc-', '', 'ben-1', 'acc-1 ', '__proto__']) {
      await expect(psp.balances(id)).rejects.toMatchObject({ name: 'PspError', kind: 'rejected' });
    }
  });
});
