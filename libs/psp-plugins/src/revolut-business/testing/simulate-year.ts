/**
 * Generates a year of mixed transactions. They have every type and state, many have the same time, and they change up to the maximum age
 * for changes.
 */
import { createSeededRandom } from '@tributary/connector-api/testing';
import { createAccount, createUuid, SimulatedRevolut } from './simulated-revolut.js';
import type { SimulatedAccount, SimulatedLeg, SimulatedTransaction } from './simulated-revolut.js';

const DAY_MS = 86_400_000;

export interface YearOptions {
  transactions: number;
  /** The end of the year in milliseconds since 1970. */
  end: number;
  clock: { now(): number };
  /** The number of days within which states change. */
  changesWithinDays: number;
  /** The number of transactions that have the same time. It is a prime number, so that page borders fall between such transactions. */
  tieGroupSize: number;
}

export const SIMULATED_ACCOUNTS: SimulatedAccount[] = [
  createAccount(1, 'EUR', 2),
  createAccount(2, 'EUR', 2),
  createAccount(3, 'GBP', 2),
  createAccount(4, 'JPY', 0),
  createAccount(5, 'KWD', 3),
];

export function simulateYear({
  transactions,
  end,
  clock,
  changesWithinDays,
  tieGroupSize,
}: YearOptions): SimulatedRevolut {
  const world = new SimulatedRevolut(SIMULATED_ACCOUNTS, clock);
  const random = createSeededRandom(7);
  const start = end - 365 * DAY_MS;
  const paid: SimulatedTransaction[] = [];
  const all = Array.from({ length: transactions }, (_, number): SimulatedTransaction => {
    const group = Math.floor(number / tieGroupSize) * tieGroupSize;
    const createdAt = BigInt(Math.floor(start + (group / transactions) * 365 * DAY_MS)) * 1000n + 123n;
    const made = createTransaction(number, createdAt, random, paid, changesWithinDays);
    if (made.type === 'card_payment' || made.type === 'transfer') paid.push(made);
    return made;
  });
  world.addAll(all);
  return world;
}

function createTransaction(
  number: number,
  createdAt: bigint,
  random: () => number,
  paid: readonly SimulatedTransaction[],
  changesWithinDays: number,
): SimulatedTransaction {
  const at = Number(createdAt / 1000n);
  const pick = <T>(from: readonly T[]): T | undefined => from[Math.floor(random() * from.length)];
  const amount = BigInt(1 + Math.floor(random() * 1_000_000));
  const fee = random() < 0.2 ? { fee: BigInt(1 + Math.floor(random() * 100)) } : {};
  const one = pick(SIMULATED_ACCOUNTS) ?? SIMULATED_ACCOUNTS[0]!;
  const out: SimulatedLeg[] = [{ account: one, amount: -amount, ...fee }];
  const into: SimulatedLeg[] = [{ account: one, amount, ...fee }];
  const original =
    random() < 0.7 ? paid[paid.length - 1 - Math.floor(random() * Math.min(50, paid.length))] : undefined;
  const related = original === undefined ? {} : { relatedTo: original.id };
  const [type, legs, more] = chooseShape(random(), { out, into, amount, fee, related });
  // Half of the transactions are decided immediately, and the others later, within the maximum age for changes.
  const wait =
    random() < 0.5 ? 0 : random() < 0.9 ? random() * 5 * DAY_MS : random() * (changesWithinDays - 1) * DAY_MS;
  const outcome =
    random() < 0.9 ? 'completed' : random() < 0.4 ? 'declined' : random() < 0.6 ? 'failed' : 'reverted';
  const decidedAt = Math.floor(at + wait);
  const reverts = outcome === 'completed' && random() < 0.03;
  const left = at + (changesWithinDays - 1) * DAY_MS - decidedAt;
  return {
    id: createUuid(0x7a, number),
    type,
    createdAt,
    legs,
    decidedAt,
    outcome,
    ...(reverts && { revertedAt: Math.floor(decidedAt + random() * Math.max(0, left)) }),
    ...(type === 'transfer' && { requestId: `request-${number}` }),
    ...more,
  };
}

type TransactionShape = [type: string, legs: SimulatedLeg[], more?: Partial<SimulatedTransaction>];

interface ShapeInputs {
  out: SimulatedLeg[];
  into: SimulatedLeg[];
  amount: bigint;
  fee: { fee?: bigint };
  related: Partial<SimulatedTransaction>;
}

function chooseShape(draw: number, { out, into, amount, fee, related }: ShapeInputs): TransactionShape {
  const [eur, eur2, gbp, jpy] = SIMULATED_ACCOUNTS as [
    SimulatedAccount,
    SimulatedAccount,
    SimulatedAccount,
    SimulatedAccount,
  ];
  if (draw < 0.4) return ['card_payment', out];
  if (draw < 0.5) return ['transfer', out];
  if (draw < 0.58) return ['transfer', into];
  if (draw < 0.63)
    return [
      'transfer',
      [
        { account: eur, amount: -amount, ...fee },
        { account: eur2, amount },
      ],
    ];
  if (draw < 0.7) {
    return [
      'exchange',
      [
        { account: gbp, amount: -amount, fee: 3n },
        { account: jpy, amount: amount * 2n, ...fee },
      ],
    ];
  }
  if (draw < 0.78) return ['topup', into];
  if (draw < 0.83) return ['card_refund', into, related];
  if (draw < 0.86) return ['refund', into, related];
  if (draw < 0.88) return ['card_chargeback', into, related];
  const rest: TransactionShape[] = [
    ['atm', out],
    ['card_credit', into],
    ['charge', out],
    ['charge_refund', into, related],
    ['fee', out],
    ['loan', into],
    ['tax', out],
    ['tax_refund', into],
    ['topup_return', out, related],
    ['rev_payment', out],
  ];
  return rest[Math.floor(((draw - 0.88) / 0.12) * rest.length)] ?? ['atm', out];
}
