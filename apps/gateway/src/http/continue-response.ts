/**
 * Sends `100 Continue` only when the response is the next one on its connection. Node queues it for a pipelined request, and puts the head
 * of the final response before it, so that it would arrive inside the body of the final response.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';

export function keepContinueResponsesInOrder(server: Server): void {
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
