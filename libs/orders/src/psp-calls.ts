/** Calls the plugin's order methods. Every result and every error becomes an `AttemptOutcome`; nothing is thrown. */
import {
  ORDER_STATUSES,
  PspError,
  type OrderKind,
  type OrderResult,
  type OrderStatus,
} from '@tributary/connector-api';
import type { StoredOrder } from '@tributary/feed';
import { PluginCalls } from '@tributary/sync';
import { orderFor } from './order-request.js';
import type { OrdersContext } from './orders-context.js';
import type { OrderConnector, Outcome, Task } from './orders.types.js';

/** Maximum length of a string that the plugin returns. Longer ones are cut. */
const LONGEST_TEXT = 1_000;
/** Maximum length of a PSP id. A PostgreSQL index entry takes about 2 700 bytes, and the result of a payment must never fail to be stored. */
const LONGEST_ID = 500;
const MOST_METADATA = 50;

export class PspCalls {
  private readonly calls: PluginCalls;

  constructor(
    private readonly connector: OrderConnector,
    private readonly context: OrdersContext,
  ) {
    this.calls = new PluginCalls(connector.path, context.sync);
  }

  make(task: Task): Promise<Outcome> {
    return task.do === 'send' ? this.send(task.order) : this.find(task.order);
  }

  /** Sends an order to the PSP. */
  private async send(order: StoredOrder): Promise<Outcome> {
    const { clock, pace } = this.context;
    const askedAt = clock.now();
    // This process was paused after it acquired the lease. The lease could expire during the call.
    if (askedAt + pace.sendDeadline >= order.leasedUntil) {
      return {
        kind: 'not-taken',
        error: new PspError('unavailable', 'it was not sent: this process was held up'),
      };
    }
    const { psp } = this.connector;
    const create = createMethod(order.kind);
    if (!psp[create]) {
      const error = new PspError(
        'unavailable',
        `it was not sent: the plugin makes no ${order.kind.toLowerCase()}s`,
      );
      return { kind: 'not-taken', error };
    }
    const { sendDeadline: deadline } = pace;
    try {
      const result = await this.calls.once(create, { deadline }, async () =>
        this.checked(await psp[create]?.(orderFor(order))),
      );
      return { kind: 'result', result, askedAt };
    } catch (thrown) {
      return attemptFailed(asPspError(thrown));
    }
  }

  /** Looks an order up at the PSP. */
  private async find(order: StoredOrder): Promise<Outcome> {
    const { clock, pace } = this.context;
    const { psp } = this.connector;
    const askedAt = clock.now();
    try {
      const result = await this.calls.once('findOrder', { deadline: pace.findDeadline }, async () => {
        const found = await psp.findOrder?.(orderFor(order));
        return found === undefined ? undefined : this.checked(found);
      });
      return result ? { kind: 'result', result, askedAt } : { kind: 'nothing' };
    } catch (thrown) {
      return { kind: 'unclear', error: asPspError(thrown) };
    }
  }

  /**
   * Validates a plugin's result at run time, because the plugin's types do not check the data of the PSP.
   * @throws PspError `unavailable` when the id or the status is invalid; the outcome is then unknown
   */
  private checked(result: unknown): OrderResult {
    const { id, status, reason, metadata } = (result ?? {}) as Partial<Record<keyof OrderResult, unknown>>;
    if (typeof id !== 'string' || id === '' || !isStatus(status)) {
      throw new PspError(
        'unavailable',
        `the plugin's answer has no id and status of ${ORDER_STATUSES.join(', ')}`,
      );
    }
    const { code, message } = (reason ?? {}) as { code?: unknown; message?: unknown };
    return {
      id: this.text(id).slice(0, LONGEST_ID),
      status,
      ...(typeof code === 'string'
        ? {
            reason: {
              code: this.text(code),
              ...(typeof message === 'string' ? { message: this.text(message) } : {}),
            },
          }
        : {}),
      metadata: this.metadata(metadata),
    };
  }

  private metadata(metadata: unknown): Record<string, string> {
    const entries = Object.entries(typeof metadata === 'object' && metadata !== null ? metadata : {});
    return Object.fromEntries(
      entries
        .filter((entry): entry is [string, string] => typeof entry[1] === 'string')
        .slice(0, MOST_METADATA)
        .map(([key, value]) => [this.text(key), this.text(value)]),
    );
  }

  /** Redacts secrets, cuts the string to its maximum length, and replaces characters that databases cannot store. */
  private text(text: string): string {
    // The final cut comes after the redaction, because half a secret is not recognised.
    const clean = this.context.redact(text.slice(0, 4 * LONGEST_TEXT)).slice(0, LONGEST_TEXT);
    return clean.toWellFormed().replaceAll('\u0000', '\uFFFD');
  }
}

/** Returns the name of the plugin's method for a kind of order. A plugin without the method does not support the kind. */
export function createMethod(kind: OrderKind): 'createPayout' | 'createTransfer' {
  return kind === 'PAYOUT' ? 'createPayout' : 'createTransfer';
}

/** Converts the error of an attempt to its outcome. */
function attemptFailed(error: PspError): Outcome {
  switch (error.kind) {
    case 'rejected':
      return { kind: 'refused', error };
    case 'unauthorized':
    case 'rate-limited':
      return { kind: 'not-taken', error };
    case 'unavailable':
    case 'unknown-outcome':
      return { kind: 'unclear', error };
  }
}

function isStatus(status: unknown): status is OrderStatus {
  return ORDER_STATUSES.some((known) => known === status);
}

function asPspError(thrown: unknown): PspError {
  return thrown instanceof PspError ? thrown : new PspError('unavailable', String(thrown));
}
