/**
 * Sends `100 Continue` only when the response is the next response on its connection. For a pipelined request, Node would queue it after
 * the head of the final response, so it would become part of the body of that response.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';

export function delayContinueResponses(server: Server): void {
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
