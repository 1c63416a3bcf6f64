import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Stream } from '../plugin.js';
import { BACKEND, type Backend } from './backend.js';
import { parseFeedQuery } from './parse-feed-query.js';
import { sendFeedRows } from './send-feed-rows.js';
import { sendPage } from './send-page.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /**
     * The stream of a route that does nothing but call `sendPage`. The gateway can call `sendPage` for such a route directly, without
     * Nest's request pipeline.
     */
    list?: Stream;
  }
}

/**
 * Serves the three lists: accounts, beneficiaries and transactions. The controller also serves their rows by sequence number, for programs
 * other than Formance (docs/guides/read-feeds.md). A second controller for the rows would need several MB of memory for a thousand
 * connectors.
 */
@Controller()
export class FeedsController {
  constructor(@Inject(BACKEND) private readonly backend: Backend) {}

  @Get('accounts')
  @RouteConfig({ list: 'accounts' })
  accounts(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void | Promise<void> {
    return sendPage(this.backend, 'accounts', request, reply);
  }

  @Get('beneficiaries')
  @RouteConfig({ list: 'beneficiaries' })
  beneficiaries(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void | Promise<void> {
    return sendPage(this.backend, 'beneficiaries', request, reply);
  }

  @Get('transactions')
  @RouteConfig({ list: 'transactions' })
  transactions(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void | Promise<void> {
    return sendPage(this.backend, 'transactions', request, reply);
  }

  @Get('feed/:stream')
  feedRows(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return sendFeedRows(this.backend, parseFeedQuery(request), request, reply);
  }
}
