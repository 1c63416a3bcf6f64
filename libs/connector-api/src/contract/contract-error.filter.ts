import { Catch } from '@nestjs/common';
import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { answerTo, type ErrorAnswer } from './contract-error.js';

/** Turns whatever a route threw into the contract's `Error`. */
@Catch()
export class ContractErrorFilter implements ExceptionFilter {
  /** @param report told about every error that is not the client's fault */
  constructor(private readonly report: (error: unknown, request: FastifyRequest) => void) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    const answer = answerTo(error, request.id);
    if (answer.status >= 500) this.report(error, request);
    if (reply.sent || reply.raw.headersSent) reply.raw.destroy();
    else sendError(reply, answer);
  }
}

export function sendError(reply: FastifyReply, { status, headers, body }: ErrorAnswer): void {
  // A Buffer: Fastify adds a charset to the content type of strings, and JSON has none.
  void reply
    .code(status)
    .headers({ ...headers, 'content-type': 'application/json' })
    .send(Buffer.from(JSON.stringify(body)));
}
