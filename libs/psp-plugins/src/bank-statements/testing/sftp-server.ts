/** An SFTP server on 127.0.0.1 with one directory, `/outbox`, whose files are in memory. The user is `acme`. */
import { createHash } from 'node:crypto';
import ssh2 from 'ssh2';
import type { Connection, Server, SftpServerSession } from 'ssh2';

const { OPEN_MODE, STATUS_CODE } = ssh2.utils.sftp;
/** The bits of a file's mode that mark a regular file. */
const REGULAR_FILE = 0o100_644;

export class SftpServer {
  readonly files = new Map<string, { content: string; modifiedAt: number }>();
  /** The names of the files that were read, in order. */
  readonly reads: string[] = [];
  readonly userKey: string;
  readonly hostKey: string;
  private readonly server: Server;
  private readonly connections = new Set<Connection>();

  private constructor() {
    const host = ssh2.utils.generateKeyPairSync('ed25519');
    const user = ssh2.utils.generateKeyPairSync('ed25519');
    this.userKey = user.private;
    const parsed = ssh2.utils.parseKey(host.public);
    if (parsed instanceof Error) throw parsed;
    this.hostKey = `SHA256:${createHash('sha256').update(parsed.getPublicSSH()).digest('base64').replace(/=+$/, '')}`;
    const userPublic = ssh2.utils.parseKey(user.public);
    if (userPublic instanceof Error) throw userPublic;
    this.server = new ssh2.Server({ hostKeys: [host.private] }, (connection) => {
      this.connections.add(connection);
      connection.on('error', () => {});
      connection.on('close', () => this.connections.delete(connection));
      connection.on('authentication', (context) => {
        const isPassword = context.method === 'password' && context.password === 'the-password';
        const isKey = context.method === 'publickey' && context.key.data.equals(userPublic.getPublicSSH());
        if (context.username === 'acme' && (isPassword || isKey)) context.accept();
        else context.reject(['password', 'publickey']);
      });
      connection.on('session', (accept) => accept().on('sftp', (acceptSftp) => this.serve(acceptSftp())));
    });
  }

  static async start(): Promise<SftpServer> {
    const server = new SftpServer();
    await new Promise<void>((resolve) => server.server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get port(): number {
    return this.server.address().port;
  }

  async stop(): Promise<void> {
    for (const connection of this.connections) connection.end();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  private serve(sftp: SftpServerSession): void {
    const handles = new Map<number, { name: string; isListed: boolean }>();
    const open = (request: number, name: string): void => {
      const handle = Buffer.alloc(4);
      handle.writeUInt32BE(handles.size);
      handles.set(handles.size, { name, isListed: false });
      sftp.handle(request, handle);
    };
    const attributes = (
      name: string,
    ): { mode: number; uid: number; gid: number; size: number; atime: number; mtime: number } => {
      const { content = '', modifiedAt = 0 } = this.files.get(name) ?? {};
      const time = Math.floor(modifiedAt / 1000);
      return {
        mode: REGULAR_FILE,
        uid: 0,
        gid: 0,
        size: Buffer.byteLength(content),
        atime: time,
        mtime: time,
      };
    };
    sftp.on('OPENDIR', (request: number, path: string) =>
      path === '/outbox' ? open(request, path) : sftp.status(request, STATUS_CODE.NO_SUCH_FILE),
    );
    sftp.on('READDIR', (request: number, handle: Buffer) => {
      const opened = handles.get(handle.readUInt32BE());
      if (!opened || opened.isListed) return void sftp.status(request, STATUS_CODE.EOF);
      opened.isListed = true;
      sftp.name(
        request,
        [...this.files.keys()].map((filename) => ({
          filename,
          longname: filename,
          attrs: attributes(filename),
        })),
      );
    });
    sftp.on('OPEN', (request: number, path: string, flags: number) => {
      const name = path.replace('/outbox/', '');
      if (!this.files.has(name) || (flags & OPEN_MODE.WRITE) !== 0)
        return void sftp.status(request, STATUS_CODE.PERMISSION_DENIED);
      this.reads.push(name);
      open(request, name);
    });
    sftp.on('FSTAT', (request: number, handle: Buffer) =>
      sftp.attrs(request, attributes(handles.get(handle.readUInt32BE())?.name ?? '')),
    );
    sftp.on('READ', (request: number, handle: Buffer, offset: number, length: number) => {
      const content = Buffer.from(
        this.files.get(handles.get(handle.readUInt32BE())?.name ?? '')?.content ?? '',
      );
      const part = content.subarray(offset, offset + length);
      if (part.length === 0) sftp.status(request, STATUS_CODE.EOF);
      else sftp.data(request, part);
    });
    sftp.on('CLOSE', (request: number) => sftp.status(request, STATUS_CODE.OK));
  }
}
