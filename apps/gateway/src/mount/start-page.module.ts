/** The Nest module of `GET /`. It returns a page for people, and the usual `404` for programs. */
import { Controller, Get, Inject, Module, Req, Res } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { createNotFoundError } from '../http/create-not-found-error.js';
import { isOnThisMachine } from '../http/is-on-this-machine.js';
import { readPackageVersion } from '../package-version.js';
import {
  renderStartPage,
  START_PAGE_CONTENT_SECURITY_POLICY,
  type StartPageConnector,
} from './start-page.js';

export interface StartPageOptions {
  connectors: readonly StartPageConnector[];
  /** True if the API documentation is on. If it is off, the page does not list the names of connectors. */
  docs: boolean;
  /** True if the gateway serves the console. */
  console: boolean;
}

const START_PAGE_OPTIONS = Symbol('START_PAGE_OPTIONS');

@Controller()
export class StartPageController {
  private readonly version = readPackageVersion();

  constructor(@Inject(START_PAGE_OPTIONS) private readonly options: StartPageOptions) {}

  @Get()
  @RouteConfig({ access: 'public' })
  async page(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    void reply.header('vary', 'accept');
    if (!acceptsHtml(request)) throw createNotFoundError();
    const { connectors, docs, console } = this.options;
    await reply
      .headers({
        'content-type': 'text/html; charset=utf-8',
        'content-security-policy': START_PAGE_CONTENT_SECURITY_POLICY,
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cache-control': 'no-store',
      })
      .send(
        renderStartPage({
          version: this.version,
          connectors: docs && isOnThisMachine(request) ? connectors : undefined,
          hasApiDocs: docs,
          hasConsole: console,
        }),
      );
  }
}

@Module({})
export class StartPageModule {
  static forRoot(options: StartPageOptions): DynamicModule {
    return {
      module: StartPageModule,
      controllers: [StartPageController],
      providers: [{ provide: START_PAGE_OPTIONS, useValue: options }],
    };
  }
}

/** Returns true for a browser. Browsers send `text/html` in the header `accept`. Programs accept anything (curl) or JSON. */
function acceptsHtml({ headers }: FastifyRequest): boolean {
  return headers.accept?.includes('text/html') ?? false;
}
