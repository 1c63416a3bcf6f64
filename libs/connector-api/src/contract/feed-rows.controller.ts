import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { BACKEND, type Backend } from './backend.js';
import { parseFeedQuery } from './parse-feed-query.js';
import { sendFeedRows } from './send-feed-rows.js';

/**
 * Serves the rows of a feed by their sequence numbers, for programs other than Formance. This is not part of the Generic Connector
 * contract: docs/guides/read-feeds.md.
 */
@Controller()
export class FeedRowsController {
  constructor(@Inject(BACKEND) private readonly backend: Backend) {}

  @Get('feed/:stream')
  rows(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return sendFeedRows(this.backend, parseFeedQuery(request), request, reply);
  }
}
