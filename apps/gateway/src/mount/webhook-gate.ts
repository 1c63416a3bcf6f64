/** Handles `POST <path>/webhooks`: verifies webhooks, limits failures by client address, and creates the error responses. */
import type { FailureLimiter } from '@tributary/auth';
import { PspError, type WebhookRequest } from '@tributary/connector-api';
import { ContractError, plainBody, type Webhooks } from '@tributary/connector-api/contract';
import type { WebhookInbox } from '@tributary/sync';
import { HttpStatus, type OnModuleDestroy } from '@nestjs/common';
import type { Logger } from 'pino';

export class WebhookGate implements Webhooks, OnModuleDestroy {
  constructor(
    private readonly path: string,
    private readonly inbox: WebhookInbox,
    private readonly limiter: FailureLimiter,
    private readonly logger: Logger,
  ) {}

  async receive(request: WebhookRequest, address: string): Promise<void> {
    if (!this.inbox.isOpen) throw noWebhooks();
    try {
      await this.inbox.receive(request);
    } catch (error) {
      if (!(error instanceof PspError)) throw error;
      if (error.kind === 'rejected') throw this.refuse(error, address);
      throw error.kind === 'rate-limited' ? tooMany(TOO_MANY_AT_ONCE, 1) : error;
    }
  }

  onModuleDestroy(): void {
    this.inbox.stop();
  }

  /** Creates the error for an invalid webhook. It does not contain the plugin's reason, because that would help an attacker to forge signatures. */
  private refuse({ message }: PspError, address: string): ContractError {
    const wait = this.limiter.fail(address);
    if (wait > 0) return tooMany(TOO_MANY_REFUSED, wait);
    this.logger.warn({ connector: this.path, reason: message, client: address }, 'webhook refused');
    return new ContractError(
      HttpStatus.UNAUTHORIZED,
      'Webhook refused',
      'The signature is missing, wrong or too old, or the body cannot be read. The log of the gateway says which.',
    );
  }
}

const TOO_MANY_AT_ONCE = 'More webhooks come at once than can be verified. Send this one again.';
const TOO_MANY_REFUSED = 'Too many webhooks that were refused came from this address. Try again later.';

/** @param retryAfterSeconds value of the header `retry-after` */
function tooMany(detail: string, wait: number): ContractError {
  return new ContractError(HttpStatus.TOO_MANY_REQUESTS, 'Too many webhooks', detail, {
    'retry-after': String(wait),
  });
}

/** Creates the same error as for an unknown path. */
function noWebhooks(): ContractError {
  const { Title, Detail } = plainBody(HttpStatus.NOT_FOUND);
  return new ContractError(HttpStatus.NOT_FOUND, Title, Detail);
}
