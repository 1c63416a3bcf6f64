import { plainBody, ContractError } from '@tributary/connector-api/contract';
import { Controller, Get, HttpStatus, Inject, Param, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { DOCS, DOCS_POLICY, type Docs, type DocsFile } from './docs.js';

export const CONNECTOR_PATH = Symbol('CONNECTOR_PATH');

/** Open to everybody: a browser sends no key, and the contract is public. */
@Controller('docs')
@ApiExcludeController()
export class DocsController {
  constructor(
    @Inject(DOCS) private readonly docs: Docs,
    @Inject(CONNECTOR_PATH) private readonly path: string,
  ) {}

  @Get()
  @RouteConfig({ door: 'open' })
  async page(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const [url = ''] = request.url.split('?', 1);
    const body = this.docs.page(this.path, url.endsWith('/') ? '' : 'docs/');
    await send(reply, { type: 'text/html; charset=utf-8', body });
  }

  @Get(':file')
  @RouteConfig({ door: 'open' })
  async file(@Param('file') name: string, @Res() reply: FastifyReply): Promise<void> {
    const file = await this.docs.file(this.path, name);
    if (file === undefined) {
      const { Title, Detail } = plainBody(HttpStatus.NOT_FOUND);
      throw new ContractError(HttpStatus.NOT_FOUND, Title, Detail);
    }
    await send(reply, file);
  }
}

async function send(reply: FastifyReply, { type, body }: DocsFile): Promise<void> {
  await reply
    .headers({
      'content-type': type,
      'content-security-policy': DOCS_POLICY,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    })
    .send(body);
}
