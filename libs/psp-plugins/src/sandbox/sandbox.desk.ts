/** The simulated PSP's endpoint for orders: validates an order, appends it to the journal, and responds with the planned fault. */
import { createHash } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { PspError } from '@tributary/connector-api';
import type { Clock } from './sandbox.clock.js';
import type { SandboxSettings } from './sandbox.config.js';
import { isTaken, planFate, planFault, readWishes, type Fate, type Wishes } from './sandbox.faults.js';
import type { Journal } from './sandbox.journal.js';
import { stateAt, type Attempt, type Payment } from './sandbox.payments.js';
import { accountIndex, beneficiaryIndex, paymentId, paymentRow, type Row } from './sandbox.rows.js';
import { CURRENCIES } from './sandbox.slots.js';

/** The body of `POST /payouts` and `POST /transfers` at the simulated PSP. */
export interface PaymentRequest {
  kind: 'payout' | 'transfer';
  /** Idempotency key. The PSP pays once per key. */
  key: string;
  reference: string;
  from: string;
  to: string;
  /** Decimal string. */
  amount: string;
  currency: string;
  metadata: Readonly<Record<string, string | undefined>>;
}

const SECOND = 1000;
const UNWANTED = 'it does not like it';

export class Desk {
  constructor(
    private readonly settings: SandboxSettings,
    private readonly clock: Clock,
    private readonly journal: Journal,
  ) {}

  /** Submits an order. @throws PspError according to the attempt's fault, or `rejected` if the order is invalid */
  async pay(request: PaymentRequest): Promise<Row> {
    const wishes = this.check(request);
    const attempt = await this.journal.receive(request.key, (before) =>
      this.attempt(request, wishes, before),
    );
    if (attempt) await this.meet(attempt);
    const payment = this.journal.decision(request.key);
    if (!payment) throw new Error(`the journal has lost the order ${JSON.stringify(request.key)}`);
    if (!isSame(payment, request)) reject('the key was used for another order', 409);
    if (!isTaken(payment.fault)) reject(UNWANTED);
    // A repeated order may not be executed yet. The PSP then reports it as pending.
    return paymentRow(payment, stateAt(payment, this.clock()) ?? 'pending');
  }

  /** Looks up an order. @returns `undefined` if the PSP does not know it, or has not executed it yet. */
  find(key: string): Row | undefined {
    const payment = this.journal.decision(key);
    if (!payment || !isTaken(payment.fault)) return undefined;
    const state = stateAt(payment, this.clock());
    return state && paymentRow(payment, state);
  }

  private attempt(request: PaymentRequest, wishes: Wishes, before: number): Attempt {
    const { key, reference, kind, from, to, amount, currency } = request;
    const chance = chanceOf(key);
    return {
      at: this.clock(),
      fault: planFault(this.settings, wishes, chance, before),
      fate: planFate(this.settings, wishes, chance),
      after: wishes.after ?? this.settings.orderDelay,
      id: paymentId(this.settings, key, chance),
      ...{ key, reference, kind, from, to, amount, currency },
    };
  }

  /** Applies the attempt's fault. Resolves when the response is due. @throws PspError if the fault is an error */
  private async meet({ fault, after }: Attempt): Promise<void> {
    switch (fault) {
      case 'none':
        return;
      case 'answers-late':
        return setTimeout(after);
      case 'answer-lost':
      case 'executes-later':
      case 'lost':
        throw new PspError('unknown-outcome', 'the connection to the sandbox dropped before it answered');
      case 'unavailable':
      case 'unavailable-after':
        throw new PspError('unavailable', 'the sandbox is down', { status: 503 });
      case 'rate-limited':
        throw new PspError('rate-limited', 'the sandbox has had too many requests', {
          status: 429,
          retryAfter: after,
        });
      case 'unauthorized':
        throw new PspError('unauthorized', 'the sandbox does not accept the credentials', { status: 401 });
      case 'rejected':
        return reject(UNWANTED);
    }
  }

  /** Validates an order. @throws PspError `rejected` if the PSP can never execute it */
  private check(request: PaymentRequest): Wishes {
    const { kind, from, to, amount, currency, metadata } = request;
    const known = kind === 'payout' ? beneficiaryIndex : accountIndex;
    const wishes = readWishes(metadata);
    if (accountIndex(this.settings, from) === undefined) reject(`there is no account ${quote(from)}`);
    if (known(this.settings, to) === undefined) {
      reject(`there is no ${kind === 'payout' ? 'beneficiary' : 'account'} ${quote(to)}`);
    }
    if (from === to) reject('a transfer needs two accounts');
    if (!(CURRENCIES as readonly string[]).includes(currency)) reject(`no account holds ${quote(currency)}`);
    if (!/^\d+(\.\d+)?$/.test(amount) || /^[0.]+$/.test(amount)) reject(`the amount is ${quote(amount)}`);
    if (typeof wishes === 'string') reject(wishes);
    this.checkDelay(wishes, planFate(this.settings, wishes, chanceOf(request.key)));
    return wishes;
  }

  /** Rejects delays after which a row could change later than `changesWithin`. Row timestamps are whole seconds. */
  private checkDelay({ after = this.settings.orderDelay }: Wishes, fate: Fate): void {
    const longest = this.settings.changesWithin - SECOND;
    if (['settles', 'fails'].includes(fate) && after > longest) {
      reject(
        `with "changesWithin" ${this.settings.changesWithin} a payment changes after ${longest} ms at the latest, ` +
          `not after ${after} ms ("sandbox/after" or "orderDelay")`,
      );
    }
  }
}

/** Hashes a key to an integer, 0 … 2³² - 1. The result is the same in every process. */
function chanceOf(key: string): number {
  return createHash('sha256').update(key).digest().readUInt32BE();
}

function isSame(payment: Payment, request: PaymentRequest): boolean {
  return (['kind', 'from', 'to', 'amount', 'currency'] as const).every(
    (name) => payment[name] === request[name],
  );
}

function reject(why: string, status = 422): never {
  throw new PspError('rejected', `the sandbox refuses the order: ${why}`, { status });
}

function quote(text: string): string {
  return JSON.stringify(text.slice(0, 64));
}
