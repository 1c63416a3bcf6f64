/** Handles `POST <path>/webhooks`: verifies webhooks, limits failures of each client address, and creates the error responses. */
import type { FailureLimiter } from '@tributary/auth';
import { PspError, type WebhookRequest } from '@tributary/connector-api';
import { ContractError, type WebhookReceiver } from '@tributary/connector-api/contract';
import type { WebhookTrigger } from '@tributary/sync';
import { HttpStatus } from '@nestjs/common';
import { createNotFoundError } from '../http/create-not-found-error.js';
import type { LogLineLimiter, Logger } from '../logging/index.js';

export class WebhookHandler implements WebhookReceiver {
  constructor(
    private readonly path: string,
    private readonly trigger: WebhookTrigger,
    private readonly limiter: FailureLimiter,
    private readonly logger: Logger,
    private readonly lineLimiter: LogLineLimiter,
  ) {}

  async receive(request: WebhookRequest, address: string): Promise<void> {
    // The error is the same as for an unknown path.
    if (!this.trigger.isSupported) throw createNotFoundError();
    try {
      await this.trigger.receive(request);
    } catch (error) {
      if (!(error instanceof PspError)) throw error;
      if (error.kind === 'rejected') throw this.createRejection(error, address);
      throw error.kind === 'rate-limited' ? createTooManyError(OVERLOAD_DETAIL, 1) : error;
    }
  }

  /** Stops the work in the background. The gateway calls it when the connector is no longer used. */
  stop(): void {
    this.trigger.stop();
  }

  /**
   * Creates the error for an invalid webhook. It does not contain the plugin's reason, because the reason would help an attacker to forge
   * signatures.
   */
  private createRejection({ message }: PspError, address: string): ContractError {
    const retryAfterSeconds = this.limiter.recordFailure(address);
    if (retryAfterSeconds > 0) return createTooManyError(TOO_MANY_INVALID_DETAIL, retryAfterSeconds);
    // All connectors share one group of log lines, because clients without a key can send invalid webhooks to each of them.
    if (this.lineLimiter.admit({ of: 'webhook refused', level: 'warn' }, address))
      this.logger.warn({ connector: this.path, reason: message, client: address }, 'webhook refused');
    return new ContractError(
      HttpStatus.UNAUTHORIZED,
      'Webhook refused',
      'The signature is missing, wrong or too old, or the body cannot be read. The log of the gateway says which.',
    );
  }
}

const OVERLOAD_DETAIL = 'More webhooks come at once than can be verified. Send this one again.';
const TOO_MANY_INVALID_DETAIL =
  'Too many webhooks that were refused came from this address. Try again later.';

/**
 * Creates the error for a client that sent too many webhooks.
 * @param retryAfterSeconds value of the header `retry-after`
 */
function createTooManyError(detail: string, retryAfterSeconds: number): ContractError {
  return new ContractError(HttpStatus.TOO_MANY_REQUESTS, 'Too many webhooks', detail, {
    'retry-after': String(retryAfterSeconds),
  });
}
