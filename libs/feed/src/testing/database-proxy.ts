/**
 * A proxy between one gateway and the database, from TCP to a Unix socket. A test can close its connections, slow them down, and connect
 * the proxy to another server.
 */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

export class DatabaseProxy {
  /** Time in ms by which the proxy makes every round trip longer. */
  addedRoundTripMs = 0;
  /** The number of round trips: how often a client sent data and then waited for a response. */
  roundTripCount = 0;
  private readonly clientSockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    /** The path of the server's socket, to which new connections are forwarded. */
    public target: string,
  ) {}

  static async start(socket: string): Promise<DatabaseProxy> {
    const server = createServer((clientSocket) => proxy.connectSockets(clientSocket, connect(proxy.target)));
    const proxy = new DatabaseProxy(server, socket);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Closes all connections without notice to either side. New connections are accepted immediately. */
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
    let isAnswered = true;
    clientSocket.on('data', () => {
      if (isAnswered) this.roundTripCount++;
      isAnswered = false;
    });
    databaseSocket.on('data', () => (isAnswered = true));
    for (const [from, to] of [
      [clientSocket, databaseSocket],
      [databaseSocket, clientSocket],
    ] as const) {
      from.on('error', () => undefined);
      from.on('close', () => to.destroy());
      from.on('data', (data) => this.forward(data, to));
      from.on('end', () => this.forward(undefined, to));
    }
  }

  /**
   * Sends data, or the end of the connection, after half of the added time. The data stays in sequence, because timers with the same delay
   * run in the sequence in which they were started.
   */
  private forward(data: Buffer | undefined, to: Socket): void {
    const send = () => {
      if (to.destroyed) return;
      if (data) to.write(data);
      else to.end();
    };
    if (this.addedRoundTripMs === 0) send();
    else setTimeout(send, this.addedRoundTripMs / 2);
  }
}
