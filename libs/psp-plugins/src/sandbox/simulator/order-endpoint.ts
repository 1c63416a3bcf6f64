/**
 * The simulated PSP's endpoint for orders. It validates an order, appends it to the journal, and responds according to the planned fault.
 */
import { createHash } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { PspError } from '@tributary/connector-api';
import type { SandboxClock } from './simulator-clock.js';
import type { SandboxSettings } from '../sandbox.config.js';
import {
  isOrderAccepted,
  chooseFate,
  chooseFault,
  parseRequestedBehavior,
  type OrderFate,
  type RequestedBehavior,
} from './order-faults.js';
import type { OrderJournal } from './order-journal.js';
import { getStateAt, type OrderAttempt, type AcceptedAttempt } from './payment-state.js';
import {
  parseAccountIndex,
  parseBeneficiaryIndex,
  createPaymentId,
  createPaymentRow,
  type SandboxRow,
} from './response-rows.js';
import { CURRENCIES } from './movement-cycle.js';

/** The body of `POST /payouts` and `POST /transfers` at the simulated PSP. */
export interface PaymentRequest {
  kind: 'payout' | 'transfer';
  /** The idempotency key. The PSP pays only once per key. */
  key: string;
  reference: string;
  from: string;
  to: string;
  /** The amount as a decimal string. */
  amount: string;
  currency: string;
  metadata: Readonly<Record<string, string | undefined>>;
}

const SECOND = 1000;
const REJECTION_REASON = 'it does not like it';

export class OrderEndpoint {
  constructor(
    private readonly settings: SandboxSettings,
    private readonly clock: SandboxClock,
    private readonly journal: OrderJournal,
  ) {}

  /**
   * Submits an order.
   * @throws PspError according to the fault of this attempt, or `rejected` if the order is invalid
   */
  async submit(request: PaymentRequest): Promise<SandboxRow> {
    const requested = this.validate(request);
    const attempt = await this.journal.appendAttempt(request.key, (before) =>
      this.createAttempt(request, requested, before),
    );
    if (attempt) await this.applyFault(attempt);
    const payment = this.journal.findDecision(request.key);
    if (!payment) throw new Error(`the journal has lost the order ${JSON.stringify(request.key)}`);
    if (!isSameOrder(payment, request)) reject('the key was used for another order', 409);
    if (!isOrderAccepted(payment.fault)) reject(REJECTION_REASON);
    // If the order is not executed yet, the PSP reports it as pending.
    return createPaymentRow(payment, getStateAt(payment, this.clock()) ?? 'pending');
  }

  /**
   * Looks up an order.
   * @returns `undefined` if the PSP does not have the order, or has not executed it yet
   */
  find(key: string): SandboxRow | undefined {
    const payment = this.journal.findDecision(key);
    if (!payment || !isOrderAccepted(payment.fault)) return undefined;
    const state = getStateAt(payment, this.clock());
    return state && createPaymentRow(payment, state);
  }

  private createAttempt(request: PaymentRequest, requested: RequestedBehavior, before: number): OrderAttempt {
    const { key, reference, kind, from, to, amount, currency } = request;
    const chance = hashKey(key);
    return {
      at: this.clock(),
      fault: chooseFault(this.settings, requested, chance, before),
      fate: chooseFate(this.settings, requested, chance),
      after: requested.delayMs ?? this.settings.orderDelay,
      id: createPaymentId(this.settings, key, chance),
      ...{ key, reference, kind, from, to, amount, currency },
    };
  }

  /**
   * Applies the fault of an attempt. The promise is resolved when the response is due.
   * @throws PspError if the fault is an error
   */
  private async applyFault({ fault, after }: OrderAttempt): Promise<void> {
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
          retryAfterMs: after,
        });
      case 'unauthorized':
        throw new PspError('unauthorized', 'the sandbox does not accept the credentials', { status: 401 });
      case 'rejected':
        return reject(REJECTION_REASON);
    }
  }

  /**
   * Validates an order.
   * @throws PspError `rejected` if the PSP can never execute the order
   */
  private validate(request: PaymentRequest): RequestedBehavior {
    const { kind, from, to, amount, currency, metadata } = request;
    const known = kind === 'payout' ? parseBeneficiaryIndex : parseAccountIndex;
    const requested = parseRequestedBehavior(metadata);
    if (parseAccountIndex(this.settings, from) === undefined) reject(`there is no account ${quote(from)}`);
    if (known(this.settings, to) === undefined) {
      reject(`there is no ${kind === 'payout' ? 'beneficiary' : 'account'} ${quote(to)}`);
    }
    if (from === to) reject('a transfer needs two accounts');
    if (!(CURRENCIES as readonly string[]).includes(currency)) reject(`no account holds ${quote(currency)}`);
    if (!/^\d+(\.\d+)?$/.test(amount) || /^[0.]+$/.test(amount)) reject(`the amount is ${quote(amount)}`);
    if (typeof requested === 'string') reject(requested);
    this.validateDelay(requested, chooseFate(this.settings, requested, hashKey(request.key)));
    return requested;
  }

  /** Rejects a delay after which a row would change later than `changesWithin` allows. The timestamps of rows are whole seconds. */
  private validateDelay({ delayMs = this.settings.orderDelay }: RequestedBehavior, fate: OrderFate): void {
    const longest = this.settings.changesWithin - SECOND;
    if (['settles', 'fails'].includes(fate) && delayMs > longest) {
      reject(
        `with "changesWithin" ${this.settings.changesWithin} a payment changes after ${longest} ms at the latest, ` +
          `not after ${delayMs} ms ("sandbox/after" or "orderDelay")`,
      );
    }
  }
}

/** Hashes a key to an integer from 0 to 2³² - 1. The result is the same in every process. */
function hashKey(key: string): number {
  return createHash('sha256').update(key).digest().readUInt32BE();
}

function isSameOrder(payment: AcceptedAttempt, request: PaymentRequest): boolean {
  return (['kind', 'from', 'to', 'amount', 'currency'] as const).every(
    (name) => payment[name] === request[name],
  );
}

function reject(why: string, status = 422): never {
  throw new PspError('rejected', `the sandbox rejects the order: ${why}`, { status });
}

function quote(text: string): string {
  return JSON.stringify(text.slice(0, 64));
}
