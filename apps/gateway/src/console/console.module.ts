/** The Nest module that serves the console at `/console/`. The files are public, but the operator API that they call needs a key. */
import { Controller, Get, HttpStatus, Inject, Module, Param, Req, Res } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { createNotFoundError } from '../http/create-not-found-error.js';
import { ConsoleFiles, type ConsoleFile } from './console-files.js';

/**
 * The content security policy of the console. It allows only files and the API of the gateway itself. It forbids inline scripts, inline
 * styles, `eval`, other hosts, and HTML that a script writes.
 */
export const CONSOLE_CONTENT_SECURITY_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

/** Assets can be cached for ever, because their names contain a hash of their content. */
const ASSET_CACHE_CONTROL = 'public, max-age=31536000, immutable';
/** The browser caches the page, but checks each time whether a newer page exists. */
const PAGE_CACHE_CONTROL = 'no-cache';

const CONSOLE_FILES = Symbol('CONSOLE_FILES');

@Controller('console')
export class ConsoleController {
  constructor(@Inject(CONSOLE_FILES) private readonly files: ConsoleFiles) {}

  @Get()
  @RouteConfig({ access: 'public' })
  async page(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const [path = ''] = request.url.split('?', 1);
    // The page loads its files relative to its own URL, so that the gateway can be behind any path prefix of a proxy.
    if (!path.endsWith('/')) return void (await reply.redirect('console/', HttpStatus.PERMANENT_REDIRECT));
    if (!this.files.isBuilt) throw createNotFoundError('The console is not built. Run "npm run build".');
    await sendFile(request, reply, await this.files.loadPage(), PAGE_CACHE_CONTROL);
  }

  @Get('assets/:file')
  @RouteConfig({ access: 'public' })
  async asset(
    @Param('file') name: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const file = await this.files.loadAsset(name);
    if (file === undefined) throw createNotFoundError();
    await sendFile(request, reply, file, ASSET_CACHE_CONTROL);
  }
}

@Module({})
export class ConsoleModule {
  static forRoot(): DynamicModule {
    return {
      module: ConsoleModule,
      controllers: [ConsoleController],
      providers: [{ provide: CONSOLE_FILES, useFactory: () => new ConsoleFiles() }],
    };
  }
}

async function sendFile(
  request: FastifyRequest,
  reply: FastifyReply,
  file: ConsoleFile,
  cacheControl: string,
): Promise<void> {
  const acceptsGzip = /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?(?:,|$))/.test(
    String(request.headers['accept-encoding']),
  );
  if (acceptsGzip) void reply.header('content-encoding', 'gzip');
  await reply
    .headers({
      'content-type': file.contentType,
      vary: 'accept-encoding',
      'cache-control': cacheControl,
      'content-security-policy': CONSOLE_CONTENT_SECURITY_POLICY,
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    })
    .send(acceptsGzip ? file.gzippedBody : file.body);
}
