import { Controller, Get, Inject, Param, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { createNotFoundError } from '../http/create-not-found-error.js';
import { getRequestedConnectorPath } from '../http/shared-route-table.js';
import { API_DOCS, DOCS_CONTENT_SECURITY_POLICY, type ApiDocs, type ApiDocsAsset } from './api-docs.js';

/** Serves the API documentation of all connectors. The routes are public, because a browser sends no key and the contract is public. */
@Controller([':connector/docs', ':tenant/:connector/docs'])
export class ApiDocsController {
  constructor(@Inject(API_DOCS) private readonly docs: ApiDocs) {}

  @Get()
  @RouteConfig({ access: 'public' })
  async page(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const [url = ''] = request.url.split('?', 1);
    const body = this.docs.renderPage(getRequestedConnectorPath(request), url.endsWith('/') ? '' : 'docs/');
    await sendFile(reply, body && { type: 'text/html; charset=utf-8', body });
  }

  @Get(':file')
  @RouteConfig({ access: 'public' })
  async file(
    @Param('file') name: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await sendFile(reply, await this.docs.loadFile(getRequestedConnectorPath(request), name));
  }
}

async function sendFile(reply: FastifyReply, file: ApiDocsAsset | undefined): Promise<void> {
  if (file === undefined) throw createNotFoundError();
  await reply
    .headers({
      'content-type': file.type,
      'content-security-policy': DOCS_CONTENT_SECURITY_POLICY,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    })
    .send(file.body);
}
