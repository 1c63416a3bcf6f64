/**
 * The parts of the package ssh2 that the plugin and its test server use. The package has no types of its own, and the types of
 * DefinitelyTyped bring a second, older copy of the types of Node.
 */
declare module 'ssh2' {
  import type { EventEmitter } from 'node:events';
  import type { AddressInfo } from 'node:net';
  import type { Readable } from 'node:stream';

  /** The attributes of a file. The time is in seconds since 1970. */
  export interface FileAttributes {
    mode: number;
    uid: number;
    gid: number;
    size: number;
    atime: number;
    mtime: number;
  }

  export interface FileEntryWithStats {
    filename: string;
    attrs: FileAttributes & { isFile(): boolean };
  }

  /** The client's side of an SFTP session. */
  export interface SFTPWrapper {
    readdir(path: string, callback: (error: Error | undefined, list: FileEntryWithStats[]) => void): void;
    createReadStream(path: string): Readable;
  }

  export interface ConnectConfig {
    host: string;
    port: number;
    username: string;
    password?: string;
    privateKey?: string;
    passphrase?: string;
    readyTimeout: number;
    keepaliveInterval: number;
    hostVerifier(key: Buffer): boolean;
  }

  export interface Client {
    on(event: 'error', listener: (error: Error & { level?: string }) => void): this;
    once(event: 'ready' | 'close', listener: () => void): this;
    connect(config: ConnectConfig): void;
    sftp(callback: (error: Error | undefined, sftp: SFTPWrapper) => void): void;
    end(): void;
    destroy(): void;
  }

  /** The server's side of an SFTP session. Its events are the requests of the client. */
  export interface SftpServerSession extends EventEmitter {
    status(request: number, code: number): void;
    handle(request: number, handle: Buffer): void;
    name(request: number, files: { filename: string; longname: string; attrs: FileAttributes }[]): void;
    attrs(request: number, attributes: FileAttributes): void;
    data(request: number, data: Buffer): void;
  }

  export interface AuthContext {
    username: string;
    method: string;
    password: string;
    key: { data: Buffer };
    accept(): void;
    reject(methods: string[]): void;
  }

  export interface Connection {
    on(event: 'error' | 'close', listener: () => void): this;
    on(event: 'authentication', listener: (context: AuthContext) => void): this;
    on(event: 'session', listener: (accept: () => ServerSession) => void): this;
    end(): void;
  }

  export interface ServerSession {
    on(event: 'sftp', listener: (accept: () => SftpServerSession) => void): this;
  }

  export interface Server {
    listen(port: number, host: string, listener: () => void): void;
    address(): AddressInfo;
    close(listener: () => void): void;
  }

  const ssh2: {
    Client: new () => Client;
    Server: new (config: { hostKeys: string[] }, listener: (connection: Connection) => void) => Server;
    utils: {
      generateKeyPairSync(type: 'ed25519'): { private: string; public: string };
      parseKey(key: string): { getPublicSSH(): Buffer } | Error;
      sftp: {
        OPEN_MODE: { WRITE: number };
        STATUS_CODE: Record<'OK' | 'EOF' | 'NO_SUCH_FILE' | 'PERMISSION_DENIED', number>;
      };
    };
  };
  export default ssh2;
}
