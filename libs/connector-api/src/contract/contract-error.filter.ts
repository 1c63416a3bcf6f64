import { Catch } from '@nestjs/common';
import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { toErrorResponse, type ErrorResponse } from './contract-error.js';

/** Converts every error that a route throws to the contract's `Error`. */
@Catch()
export class ContractErrorFilter implements ExceptionFilter {
  /**
   * Creates the filter.
   * @param report a function that is called for every error with a status of 500 or more
   */
  constructor(private readonly report: (error: unknown, request: FastifyRequest) => void) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    const response = toErrorResponse(error, request.id);
    if (response.status >= 500) this.report(error, request);
    if (reply.sent || reply.raw.headersSent) reply.raw.destroy();
    else sendError(reply, response);
  }
}

export function sendError(reply: FastifyReply, { status, headers, body }: ErrorResponse): void {
  // The body is sent as a Buffer. Fastify would add a charset to the content type of a string, but the content type of JSON has no charset.
  void reply
    .code(status)
    .headers({ ...headers, 'content-type': 'application/json' })
    .send(Buffer.from(JSON.stringify(body)));
}
