/** The connection of one gateway to the database: a proxy from TCP to a Unix socket. It can be cut. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

export class Cable {
  private readonly nearEnds = new Set<Socket>();

  private constructor(private readonly server: Server) {}

  static async to(socket: string): Promise<Cable> {
    const server = createServer((near) => cable.join(near, connect(socket)));
    const cable = new Cable(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return cable;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Closes all connections without notice to either end. New connections are accepted immediately. */
  cut(): void {
    for (const socket of this.nearEnds) socket.resetAndDestroy();
  }

  async remove(): Promise<void> {
    this.cut();
    this.server.close();
    await once(this.server, 'close');
  }

  private join(near: Socket, far: Socket): void {
    this.nearEnds.add(near);
    near.on('close', () => this.nearEnds.delete(near));
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.on('error', () => undefined);
      from.on('close', () => to.destroy());
      from.pipe(to);
    }
  }
}
