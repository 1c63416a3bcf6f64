import { Controller, Header, HttpCode, HttpStatus, Inject, Post, Req } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';
import type { WebhookRequest } from '../plugin.js';

/** Handles the webhooks of one connector. Nest injects it under the token `WEBHOOK_RECEIVER`. */
export interface WebhookReceiver {
  /**
   * Verifies a webhook and schedules a pull of the streams that it affects.
   * @param address the IP address of the sender
   * @throws ContractError if the webhook is not from the PSP, or if the plugin does not support webhooks
   */
  receive(request: WebhookRequest, address: string): Promise<void>;
}

/** The injection token of the connector's `WebhookReceiver`. */
export const WEBHOOK_RECEIVER = Symbol('WEBHOOK_RECEIVER');

const RECEIVED_RESPONSE = Buffer.from('{"received":true}');

/**
 * Receives webhooks from the PSP. The caller needs no API key, because a PSP has none. Instead, the plugin verifies the signature. Webhooks
 * are not part of the contract.
 */
@Controller()
export class WebhooksController {
  constructor(@Inject(WEBHOOK_RECEIVER) private readonly webhooks: WebhookReceiver) {}

  @Post('webhooks')
  @RouteConfig({ access: 'public' })
  @HttpCode(HttpStatus.OK)
  @Header('content-type', 'application/json')
  async receive(@Req() request: FastifyRequest): Promise<Buffer> {
    const rawBody = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    await this.webhooks.receive({ headers: joinHeaders(request), rawBody }, request.ip);
    return RECEIVED_RESPONSE;
  }
}

function joinHeaders({ headers }: FastifyRequest): WebhookRequest['headers'] {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]),
  );
}
