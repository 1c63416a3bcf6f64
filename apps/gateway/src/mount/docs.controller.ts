import { plainBody, ContractError } from '@tributary/connector-api/contract';
import { Controller, Get, HttpStatus, Inject, Module, Param, Req, Res } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { askedConnector } from '../http/mounted-routes.js';
import { DOCS, DOCS_POLICY, type Docs, type DocsFile } from './docs.js';

/** Serves the API documentation of all connectors. The routes are public, because a browser sends no key and the contract is public. */
@Controller([':connector/docs', ':tenant/:connector/docs'])
@ApiExcludeController()
export class DocsController {
  constructor(@Inject(DOCS) private readonly docs: Docs) {}

  @Get()
  @RouteConfig({ door: 'open' })
  async page(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const [url = ''] = request.url.split('?', 1);
    const body = this.docs.page(askedConnector(request), url.endsWith('/') ? '' : 'docs/');
    await send(reply, body && { type: 'text/html; charset=utf-8', body });
  }

  @Get(':file')
  @RouteConfig({ door: 'open' })
  async file(
    @Param('file') name: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await send(reply, await this.docs.file(askedConnector(request), name));
  }
}

@Module({})
export class DocsModule {
  static with(docs: Docs): DynamicModule {
    return {
      module: DocsModule,
      controllers: [DocsController],
      providers: [{ provide: DOCS, useValue: docs }],
    };
  }
}

async function send(reply: FastifyReply, file: DocsFile | undefined): Promise<void> {
  if (file === undefined) {
    const { Title, Detail } = plainBody(HttpStatus.NOT_FOUND);
    throw new ContractError(HttpStatus.NOT_FOUND, Title, Detail);
  }
  await reply
    .headers({
      'content-type': file.type,
      'content-security-policy': DOCS_POLICY,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    })
    .send(file.body);
}
