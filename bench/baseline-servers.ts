/**
 * Baseline servers with which the gateway is compared. Each server runs in its own process:
 * `node baseline-servers.js <kind> <store file> <plain file> <page file>`.
 */
import 'reflect-metadata';
import { Controller, Get, Header, Module, Query } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import Database from 'better-sqlite3';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

const [kind, storeFile = '', plainFile = '', pageFile = ''] = process.argv.slice(2);
const constantPage = readFileSync(pageFile);

@Controller()
class ConstantController {
  @Get('constant')
  @Header('content-type', 'application/json')
  page(): Buffer {
    return constantPage;
  }
}

/** Creates a function that reads the same rows in the simplest way: one row at a time, joined as strings. */
function createRowReader(file: string, select: string): (from: string) => string {
  const rows = new Database(file, { readonly: true }).prepare(select).pluck();
  return (from) => `[${(rows.all(Date.parse(from)) as string[]).join(',')}]`;
}

const plainRows = createRowReader(
  plainFile,
  'select body from rows where feed_time >= ? order by feed_time limit 100',
);
/** Runs the query of the gateway directly on its own table and clustered key. */
const storeRows = createRowReader(
  storeFile,
  `select body from feed_rows where feed_id = 1 and feed_time >= ? order by feed_time limit 100`,
);

@Controller()
class PlainSqliteController {
  @Get('plain')
  @Header('content-type', 'application/json')
  plain(@Query('updatedAtFrom') from: string): string {
    return plainRows(from);
  }

  @Get('same-table')
  @Header('content-type', 'application/json')
  sameTable(@Query('updatedAtFrom') from: string): string {
    return storeRows(from);
  }
}

@Module({ controllers: [ConstantController, PlainSqliteController] })
class BaselineModule {}

async function listen(): Promise<number> {
  if (kind === 'http') {
    const server = createServer((_request, response) => {
      response
        .writeHead(200, { 'content-type': 'application/json', 'content-length': constantPage.length })
        .end(constantPage);
    });
    return new Promise((resolve) => {
      server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
    });
  }
  const app = await NestFactory.create<NestFastifyApplication>(BaselineModule, new FastifyAdapter(), {
    logger: false,
  });
  await app.listen(0, '127.0.0.1');
  return Number(new URL(await app.getUrl()).port);
}

const port = await listen();
process.send?.({ port });
