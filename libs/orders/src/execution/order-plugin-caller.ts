/**
 * Calls the plugin's methods that create or look up orders. The methods of this class never throw. They always return an `AttemptOutcome`,
 * also for an error.
 */
import {
  ORDER_STATUSES,
  PspError,
  type OrderKind,
  type OrderResult,
  type OrderStatus,
} from '@tributary/connector-api';
import type { ExchangeRecorder } from '@tributary/connector-api/http';
import type { StoredOrder } from '@tributary/feed';
import { PluginCaller } from '@tributary/sync';
import { toPluginOrder } from '../model/order-request.js';
import type { OrdersContext } from '../runtime/orders-context.js';
import type { OrderConnector, AttemptOutcome, OrderAction } from '../state-machine/state-machine.types.js';

/** The maximum length of a string from the plugin, in characters. Longer strings are cut. */
const MAX_STRING_LENGTH = 1_000;
/**
 * The maximum length of the PSP's id of an order, in characters. A longer id is rejected, because a PostgreSQL index entry can have about
 * 2,700 bytes, and storing the result of a payment must never fail.
 */
const MAX_PSP_ID_LENGTH = 500;
const MAX_METADATA_ENTRIES = 50;

export class OrderPluginCaller {
  private readonly pluginCaller: PluginCaller;

  constructor(
    private readonly connector: OrderConnector,
    private readonly context: OrdersContext,
  ) {
    this.pluginCaller = new PluginCaller(connector.path, context.syncContext);
  }

  /** @param recorder records the requests that the plugin sends to the PSP */
  execute(action: OrderAction, recorder?: ExchangeRecorder): Promise<AttemptOutcome> {
    const execute = () =>
      action.type === 'send' ? this.sendOrder(action.order) : this.lookUpOrder(action.order);
    return recorder ? recorder.run(execute) : execute();
  }

  /** Sends an order to the PSP through the plugin. */
  private async sendOrder(order: StoredOrder): Promise<AttemptOutcome> {
    const { clock, timings } = this.context;
    const askedAt = clock.now();
    // This process was paused after it acquired the lease (the temporary right to process the order). The lease could expire during the
    // call, and another process would then also send the order.
    if (askedAt + timings.sendTimeoutMs >= order.leasedUntil) {
      return {
        kind: 'not-accepted',
        error: new PspError('unavailable', 'it was not sent: this process was held up'),
      };
    }
    const { client } = this.connector;
    const methodName = createMethodName(order.kind);
    if (!client[methodName]) {
      const error = new PspError(
        'unavailable',
        `it was not sent: the plugin makes no ${order.kind.toLowerCase()}s`,
      );
      return { kind: 'not-accepted', error };
    }
    const { sendTimeoutMs: timeoutMs } = timings;
    try {
      const result = await this.pluginCaller.call(methodName, { timeoutMs }, async () =>
        this.validateResult(await client[methodName]?.(toPluginOrder(order))),
      );
      return { kind: 'result', result, askedAt };
    } catch (thrown) {
      return toAttemptOutcome(toPspError(thrown));
    }
  }

  /** Looks up an order at the PSP through the plugin. */
  private async lookUpOrder(order: StoredOrder): Promise<AttemptOutcome> {
    const { clock, timings } = this.context;
    const { client } = this.connector;
    const askedAt = clock.now();
    try {
      const result = await this.pluginCaller.call(
        'findOrder',
        { timeoutMs: timings.lookupTimeoutMs },
        async () => {
          const found = await client.findOrder?.(toPluginOrder(order));
          return found === undefined ? undefined : this.validateResult(found);
        },
      );
      return result ? { kind: 'result', result, askedAt } : { kind: 'not-found' };
    } catch (thrown) {
      return { kind: 'unknown', error: toPspError(thrown) };
    }
  }

  /**
   * Validates a plugin's result at run time, because TypeScript types do not check the data that comes from the PSP.
   * @throws PspError `unavailable` when the id or the status is invalid. The outcome of the call is then unknown
   */
  private validateResult(result: unknown): OrderResult {
    const { id, status, reason, metadata } = (result ?? {}) as Partial<Record<keyof OrderResult, unknown>>;
    if (typeof id !== 'string' || id === '' || !isOrderStatus(status)) {
      throw new PspError(
        'unavailable',
        `the plugin's answer has no id and status of ${ORDER_STATUSES.join(', ')}`,
      );
    }
    const { code, message } = (reason ?? {}) as { code?: unknown; message?: unknown };
    return {
      id: this.sanitizeString(id).slice(0, MAX_PSP_ID_LENGTH),
      status,
      ...(typeof code === 'string'
        ? {
            reason: {
              code: this.sanitizeString(code),
              ...(typeof message === 'string' ? { message: this.sanitizeString(message) } : {}),
            },
          }
        : {}),
      metadata: this.sanitizeMetadata(metadata),
    };
  }

  private sanitizeMetadata(metadata: unknown): Record<string, string> {
    const entries = Object.entries(typeof metadata === 'object' && metadata !== null ? metadata : {});
    return Object.fromEntries(
      entries
        .filter((entry): entry is [string, string] => typeof entry[1] === 'string')
        .slice(0, MAX_METADATA_ENTRIES)
        .map(([key, value]) => [this.sanitizeString(key), this.sanitizeString(value)]),
    );
  }

  /** Removes secrets, cuts the string to its maximum length, and replaces characters that databases cannot store. */
  private sanitizeString(value: string): string {
    // Secrets are removed before the string is cut to its final length, because a part of a secret would not be recognised.
    const clean = this.context.redact(value.slice(0, 4 * MAX_STRING_LENGTH)).slice(0, MAX_STRING_LENGTH);
    return clean.toWellFormed().replaceAll('\u0000', '\uFFFD');
  }
}

/** Returns the name of the plugin's method that creates orders of this kind. A plugin without this method does not support the kind. */
export function createMethodName(kind: OrderKind): 'createPayout' | 'createTransfer' {
  return kind === 'PAYOUT' ? 'createPayout' : 'createTransfer';
}

/** Converts the error of an attempt to the outcome of the attempt. */
function toAttemptOutcome(error: PspError): AttemptOutcome {
  switch (error.kind) {
    case 'rejected':
      return { kind: 'declined', error };
    case 'unauthorized':
    case 'rate-limited':
      return { kind: 'not-accepted', error };
    case 'unavailable':
    case 'unknown-outcome':
      return { kind: 'unknown', error };
  }
}

function isOrderStatus(status: unknown): status is OrderStatus {
  return ORDER_STATUSES.some((known) => known === status);
}

function toPspError(thrown: unknown): PspError {
  return thrown instanceof PspError ? thrown : new PspError('unavailable', String(thrown));
}
