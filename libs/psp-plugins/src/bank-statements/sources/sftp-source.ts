/** Lists and reads the files of a directory on an SFTP server. The library is loaded only when a connector uses SFTP. */
import { createHash } from 'node:crypto';
import { PspError } from '@tributary/connector-api';
import type { Client, FileEntryWithStats, SFTPWrapper } from 'ssh2';
import type { SftpSettings } from './remote-source.settings.js';
import { MAX_SILENCE_MS } from './remote-source.types.js';
import type { RemoteFile, RemoteSession, RemoteSource } from './remote-source.types.js';

export class SftpSource implements RemoteSource {
  readonly hasOnlyCompleteFiles = false;

  constructor(private readonly settings: SftpSettings) {}

  async connect(): Promise<RemoteSession> {
    // The package is CommonJS, so its exports are the default export.
    const { default: ssh2 } = await import('ssh2');
    const client = new ssh2.Client();
    try {
      await this.logIn(client);
      const sftp = await withTimeout<SFTPWrapper>(this.describe('open the SFTP session'), (resolve, reject) =>
        client.sftp((error, wrapper) => (error ? reject(error) : resolve(wrapper))),
      );
      return new SftpSession(client, sftp, this.settings.directory, (action) => this.describe(action));
    } catch (error) {
      client.destroy();
      throw error;
    }
  }

  private logIn(client: Client): Promise<void> {
    const { host, port, user, password, privateKey, passphrase, hostKeys } = this.settings;
    const allowed = new Set(hostKeys.map((key) => key.replace(/=$/, '')));
    let found: string | undefined;
    return new Promise<void>((resolve, reject) => {
      const fail = (error: Error & { level?: string }): void => {
        const isUnknownHost = found !== undefined && !allowed.has(found);
        const isUnauthorized = isUnknownHost || error.level === 'client-authentication';
        const reason = isUnknownHost
          ? `the server has the host key ${found}, which is not in \`hostKeys\`; ask the bank for its fingerprint before you add it`
          : isUnauthorized
            ? 'the server refuses the user, the password or the key'
            : error.message;
        reject(
          new PspError(
            isUnauthorized ? 'unauthorized' : 'unavailable',
            `${this.describe('connect')}: ${reason}`,
            {
              cause: error,
            },
          ),
        );
      };
      // The handler stays, because an error without a handler would end the process.
      client.on('error', fail);
      client.once('ready', resolve);
      client.once('close', () => fail(new Error('the server closed the connection')));
      try {
        client.connect({
          ...{ host, port, username: user, readyTimeout: MAX_SILENCE_MS, keepaliveInterval: 10_000 },
          ...(password !== undefined && { password }),
          ...(privateKey !== undefined && { privateKey }),
          ...(passphrase !== undefined && { passphrase }),
          hostVerifier: (key: Buffer) => {
            found = `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
            return allowed.has(found);
          },
        });
      } catch (error) {
        // The library throws for a private key that it cannot read. Its message does not contain the key.
        fail(error instanceof Error ? error : new Error(String(error)));
      }
    });
  }

  private describe(action: string): string {
    const { host, port, user } = this.settings;
    return `sftp://${user}@${host}:${port}: cannot ${action}`;
  }
}

class SftpSession implements RemoteSession {
  constructor(
    private readonly client: Client,
    private readonly sftp: SFTPWrapper,
    private readonly directory: string,
    private readonly describe: (action: string) => string,
  ) {}

  async listFiles(): Promise<RemoteFile[]> {
    const entries = await withTimeout<FileEntryWithStats[]>(
      this.describe(`list ${this.directory}`),
      (resolve, reject) =>
        this.sftp.readdir(this.directory, (error, list) => (error ? reject(error) : resolve(list))),
    );
    return entries.flatMap(({ filename, attrs }) =>
      attrs.isFile() ? [{ name: filename, size: attrs.size, modifiedAt: attrs.mtime * 1000 }] : [],
    );
  }

  async *readFile({ name }: RemoteFile): AsyncGenerator<Uint8Array> {
    const path = this.directory === '.' ? name : `${this.directory.replace(/\/$/, '')}/${name}`;
    const stream = this.sftp.createReadStream(path);
    const timer = setTimeout(
      () => stream.destroy(new Error(`no byte arrived within ${MAX_SILENCE_MS / 1000} s`)),
      MAX_SILENCE_MS,
    );
    try {
      for await (const chunk of stream) {
        timer.refresh();
        yield chunk as Buffer;
      }
    } catch (error) {
      throw new PspError('unavailable', `${this.describe(`read ${name}`)}: ${String(error)}`, {
        cause: error,
      });
    } finally {
      clearTimeout(timer);
      stream.destroy();
    }
  }

  async close(): Promise<void> {
    this.client.end();
  }
}

/**
 * Calls a function of the library that has a callback.
 * @param failure the beginning of the error message
 * @throws PspError if the function fails, or does not answer in time
 */
async function withTimeout<T>(
  failure: string,
  call: (resolve: (value: T) => void, reject: (error: Error) => void) => void,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<T>((resolve, reject) => {
      timer = setTimeout(
        () => reject(new Error(`no answer within ${MAX_SILENCE_MS / 1000} s`)),
        MAX_SILENCE_MS,
      );
      call(resolve, reject);
    });
  } catch (error) {
    throw new PspError(
      'unavailable',
      `${failure}: ${error instanceof Error ? error.message : String(error)}`,
      {
        cause: error,
      },
    );
  } finally {
    clearTimeout(timer);
  }
}
