import { Controller, Header, HttpCode, HttpStatus, Inject, Post, Req } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';
import type { WebhookRequest } from '../plugin.js';

/** Takes what PSPs send. Injected under `WEBHOOKS`. */
export interface Webhooks {
  /**
   * Verifies it, and has pulled soon what it is about.
   * @param address of the sender
   * @throws ContractError when it is not the PSP's, or when the plugin takes no webhooks
   */
  receive(request: WebhookRequest, address: string): Promise<void>;
}

export const WEBHOOKS = Symbol('WEBHOOKS');

const RECEIVED = Buffer.from('{"received":true}');

/** For the PSP, which has no API key: the plugin verifies what it sends. No part of the contract with Formance. */
@Controller()
@ApiExcludeController()
export class WebhooksController {
  constructor(@Inject(WEBHOOKS) private readonly webhooks: Webhooks) {}

  @Post('webhooks')
  @RouteConfig({ door: 'open' })
  @HttpCode(HttpStatus.OK)
  @Header('content-type', 'application/json')
  async receive(@Req() request: FastifyRequest): Promise<Buffer> {
    const rawBody = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    await this.webhooks.receive({ headers: headersOf(request), rawBody }, request.ip);
    return RECEIVED;
  }
}

function headersOf({ headers }: FastifyRequest): WebhookRequest['headers'] {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]),
  );
}
