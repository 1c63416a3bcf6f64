/**
 * Sends `100 Continue` only when the response to the request is the next response on its connection. If a client sends a request before it
 * got the previous response, Node itself would send `100 Continue` after the head of the final response. `100 Continue` would then become a
 * part of the body of this response.
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
