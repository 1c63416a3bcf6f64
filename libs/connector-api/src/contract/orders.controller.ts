import { Controller, Header, Inject, Post, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { OrderKind } from '../order.types.js';
import { BACKEND, type Backend } from './backend.js';
import { createUnprocessableError } from './contract-error.js';
import { parseJsonBody } from './parse-json-body.js';
import { parseOrderRequest } from './parse-order-request.js';

/**
 * Accepts payouts and transfers. An order that cannot be executed is answered with 422. The status is never a 5xx, not even 501, because
 * clients repeat a request for ever after a 5xx.
 */
@Controller()
export class OrdersController {
  constructor(@Inject(BACKEND) private readonly backend: Backend) {}

  @Post('payouts')
  @Header('content-type', 'application/json')
  createPayout(@Req() request: FastifyRequest): Promise<Buffer> {
    return this.submitOrder('PAYOUT', request);
  }

  @Post('transfers')
  @Header('content-type', 'application/json')
  createTransfer(@Req() request: FastifyRequest): Promise<Buffer> {
    return this.submitOrder('TRANSFER', request);
  }

  private async submitOrder(kind: OrderKind, request: FastifyRequest): Promise<Buffer> {
    const body = parseJsonBody(request);
    if (!this.backend.supportedOrderKinds.has(kind)) {
      const orders = `${kind.toLowerCase()}s`;
      throw createUnprocessableError(
        `No ${orders}`,
        `This connector cannot make ${orders}: its plugin has no way to do it, or needs a setting for it. Nothing was sent to the PSP.`,
      );
    }
    const order = await parseOrderRequest(kind, body, this.backend);
    // The body is sent as a Buffer, because Fastify would add a charset to the content type of a string.
    return Buffer.from(await this.backend.submitOrder(kind, order));
  }
}
