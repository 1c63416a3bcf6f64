/**
 * Sends `100 Continue` only when the response is the next response on its connection. For a request that a client sent before it got the
 * previous response, Node would send `100 Continue` too late: it would become a part of the body of the previous response.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';

export function delayContinueForPipelinedRequests(server: Server): void {
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    if (response.socket !== null) response.writeContinue();
    else {
      response.once('socket', () => {
        if (!response.headersSent) response.writeContinue();
      });
    }
    server.emit('request', request, response);
  });
}
