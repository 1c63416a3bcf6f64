import { Controller, Get, Header, Inject, Req, Res, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Stream } from '../plugin.js';
import { AdmissionGuard } from './admission.guard.js';
import { BACKEND, type Backend, type PageBody } from './backend.js';
import { ApiErrors, ApiPageQuery } from './openapi-decorators.js';
import { AccountSchema, BeneficiarySchema, TransactionSchema } from './openapi-schemas.js';
import { parsePageQuery } from './page-query.js';

const asItIs = (body: string) => body;
/** The answer stays Nest's to send. */
const Reply = () => Res({ passthrough: true });

/** The three lists. They hand on the bytes that the feed stored: nothing is parsed or written again. */
@Controller()
@UseGuards(AdmissionGuard)
@ApiBearerAuth()
@ApiErrors()
export class FeedsController {
  constructor(@Inject(BACKEND) private readonly backend: Backend) {}

  @Get('accounts')
  @Header('content-type', 'application/json')
  @ApiOperation({ operationId: 'getAccounts', summary: 'Get all accounts' })
  @ApiPageQuery('createdAt')
  @ApiOkResponse({ description: 'List of accounts', type: [AccountSchema] })
  accounts(@Req() request: FastifyRequest, @Reply() reply: FastifyReply): Promise<PageBody['body']> {
    return this.page('accounts', request, reply);
  }

  @Get('beneficiaries')
  @Header('content-type', 'application/json')
  @ApiOperation({ operationId: 'getBeneficiaries', summary: 'Get all beneficiaries' })
  @ApiPageQuery('createdAt')
  @ApiOkResponse({ description: 'List of beneficiaries', type: [BeneficiarySchema] })
  beneficiaries(@Req() request: FastifyRequest, @Reply() reply: FastifyReply): Promise<PageBody['body']> {
    return this.page('beneficiaries', request, reply);
  }

  @Get('transactions')
  @Header('content-type', 'application/json')
  @ApiOperation({ operationId: 'getTransactions', summary: 'Get all transactions' })
  @ApiPageQuery('updatedAt')
  @ApiOkResponse({ description: 'List of transactions', type: [TransactionSchema] })
  transactions(@Req() request: FastifyRequest, @Reply() reply: FastifyReply): Promise<PageBody['body']> {
    return this.page('transactions', request, reply);
  }

  private async page(
    stream: Stream,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<PageBody['body']> {
    const { from, page, pageSize } = parsePageQuery(stream, request.query);
    // To a string without a serializer of its own Fastify adds a charset, and the contract's type has none.
    reply.serializer(asItIs);
    return (await this.backend.page(stream, from, page, pageSize)).body;
  }
}
