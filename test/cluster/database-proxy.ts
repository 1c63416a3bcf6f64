/** The connection of one gateway to the database: a proxy from TCP to a Unix socket. It can be cut. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

export class DatabaseProxy {
  private readonly clientSockets = new Set<Socket>();

  private constructor(private readonly server: Server) {}

  static async start(socket: string): Promise<DatabaseProxy> {
    const server = createServer((clientSocket) => proxy.connectSockets(clientSocket, connect(socket)));
    const proxy = new DatabaseProxy(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Closes all connections without notice to either end. New connections are accepted immediately. */
  dropConnections(): void {
    for (const socket of this.clientSockets) socket.resetAndDestroy();
  }

  async close(): Promise<void> {
    this.dropConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  private connectSockets(clientSocket: Socket, databaseSocket: Socket): void {
    this.clientSockets.add(clientSocket);
    clientSocket.on('close', () => this.clientSockets.delete(clientSocket));
    for (const [from, to] of [
      [clientSocket, databaseSocket],
      [databaseSocket, clientSocket],
    ] as const) {
      from.on('error', () => undefined);
      from.on('close', () => to.destroy());
      from.pipe(to);
    }
  }
}
