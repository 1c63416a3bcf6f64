import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Stream } from '../plugin.js';
import { BACKEND, type Backend, type PageBody } from './backend.js';
import { ApiErrors, ApiPageQuery } from './openapi-decorators.js';
import { AccountSchema, BeneficiarySchema, TransactionSchema } from './openapi-schemas.js';
import { parsePageQuery } from './page-query.js';

/** The three lists. They hand on the bytes that the feed stored: nothing is parsed or written again. */
@Controller()
@ApiBearerAuth()
@ApiErrors()
export class FeedsController {
  constructor(@Inject(BACKEND) private readonly backend: Backend) {}

  @Get('accounts')
  @ApiOperation({ operationId: 'getAccounts', summary: 'Get all accounts' })
  @ApiPageQuery('createdAt')
  @ApiOkResponse({ description: 'List of accounts', type: [AccountSchema] })
  accounts(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void | Promise<void> {
    return this.page('accounts', request, reply);
  }

  @Get('beneficiaries')
  @ApiOperation({ operationId: 'getBeneficiaries', summary: 'Get all beneficiaries' })
  @ApiPageQuery('createdAt')
  @ApiOkResponse({ description: 'List of beneficiaries', type: [BeneficiarySchema] })
  beneficiaries(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void | Promise<void> {
    return this.page('beneficiaries', request, reply);
  }

  @Get('transactions')
  @ApiOperation({ operationId: 'getTransactions', summary: 'Get all transactions' })
  @ApiPageQuery('updatedAt')
  @ApiOkResponse({ description: 'List of transactions', type: [TransactionSchema] })
  transactions(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void | Promise<void> {
    return this.page('transactions', request, reply);
  }

  private page(stream: Stream, request: FastifyRequest, reply: FastifyReply): void | Promise<void> {
    const page = this.backend.page(stream, parsePageQuery(stream, request.query));
    return page instanceof Promise ? page.then(({ body }) => send(reply, body)) : send(reply, page.body);
  }
}

/** Sent here, and not by Nest, which looks at what it sends: docs/decisions/hot-path.md. */
function send(reply: FastifyReply, body: PageBody['body']): void {
  // To a string without a serializer of its own Fastify adds a charset, and the contract's type has none.
  if (typeof body === 'string') reply.serializer(asItIs);
  void reply.header('content-type', 'application/json').send(body);
}

const asItIs = (body: string) => body;
