/**
 * Lists and reads the objects of a bucket. The requests are signed with a small library, because the SDK of AWS has many packages. The
 * library is loaded only when a connector uses a bucket. Source: Amazon S3 API reference, ListObjectsV2 and GetObject.
 */
import { PspError } from '@tributary/connector-api';
import type { AwsClient } from 'aws4fetch';
import type { S3Settings } from './remote-source.settings.js';
import { MAX_SILENCE_MS } from './remote-source.types.js';
import type { RemoteFile, RemoteSession, RemoteSource } from './remote-source.types.js';
import { parseObjectList } from './s3-object-list.js';

/** The maximum number of pages of a list. A page has up to 1 000 objects. */
const MAX_PAGES = 1_000;

export class S3Source implements RemoteSource {
  readonly hasOnlyCompleteFiles = true;

  constructor(private readonly settings: S3Settings) {}

  async connect(): Promise<RemoteSession> {
    const { AwsClient: Signer } = await import('aws4fetch');
    const { accessKeyId, secretAccessKey, region } = this.settings;
    return new S3Session(new Signer({ accessKeyId, secretAccessKey, region, service: 's3' }), this.settings);
  }
}

class S3Session implements RemoteSession {
  private readonly bucketUrl: string;
  private readonly prefix: string;

  constructor(
    private readonly signer: AwsClient,
    { endpoint, bucket, prefix = '' }: S3Settings,
  ) {
    this.bucketUrl = `${endpoint.replace(/\/+$/, '')}/${bucket}`;
    this.prefix = prefix;
  }

  async listFiles(): Promise<RemoteFile[]> {
    const files: RemoteFile[] = [];
    let token: string | undefined;
    for (let page = 0; page < MAX_PAGES; page++) {
      const query = new URLSearchParams({
        ...{ 'list-type': '2', prefix: this.prefix, delimiter: '/', 'encoding-type': 'url' },
        ...(token !== undefined && { 'continuation-token': token }),
      });
      const list = parseObjectList(await this.getText(`?${query.toString()}`, 'list'));
      for (const { key, size, modifiedAt } of list.objects)
        files.push({ name: key.slice(this.prefix.length), size, modifiedAt });
      if (list.nextToken === undefined) return files.filter(({ name }) => name !== '');
      if (list.nextToken === token) break;
      token = list.nextToken;
    }
    throw new PspError('unavailable', `${this.bucketUrl}: cannot list: the list has no end`);
  }

  async *readFile({ name }: RemoteFile): AsyncGenerator<Uint8Array> {
    const path = `${this.prefix}${name}`.split('/').map(encodeURIComponent).join('/');
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), MAX_SILENCE_MS);
    try {
      const { body } = await this.get(`/${path}`, `read ${name}`, abort.signal);
      for await (const chunk of body ?? []) {
        timer.refresh();
        yield chunk;
      }
    } catch (error) {
      throw error instanceof PspError ? error : this.toError(`read ${name}`, error);
    } finally {
      clearTimeout(timer);
    }
  }

  async close(): Promise<void> {}

  private async getText(path: string, action: string): Promise<string> {
    try {
      return await (await this.get(path, action, AbortSignal.timeout(MAX_SILENCE_MS))).text();
    } catch (error) {
      throw error instanceof PspError ? error : this.toError(action, error);
    }
  }

  private async get(path: string, action: string, signal: AbortSignal): Promise<Response> {
    const request = await this.signer.sign(`${this.bucketUrl}${path}`);
    const response = await fetch(request, { signal, redirect: 'manual' });
    if (response.ok) return response;
    const { status } = response;
    // The code of an error names its kind, e.g. NoSuchBucket. It contains no secret.
    const [, code = ''] = /<Code>([A-Za-z]{1,60})<\/Code>/.exec(await response.text()) ?? [];
    const reason = `HTTP ${status}${code === '' ? '' : ` (${code})`}`;
    throw new PspError(
      toErrorKind(status),
      `${this.bucketUrl}: cannot ${action}: ${reason}${describeHelp(status)}`,
      {
        status,
      },
    );
  }

  private toError(action: string, cause: unknown): PspError {
    const inner = cause instanceof Error && cause.cause instanceof Error ? `: ${cause.cause.message}` : '';
    return new PspError('unavailable', `${this.bucketUrl}: cannot ${action}: ${String(cause)}${inner}`, {
      cause,
    });
  }
}

function toErrorKind(status: number): 'unauthorized' | 'rate-limited' | 'unavailable' {
  if (status === 401 || status === 403) return 'unauthorized';
  return status === 429 || status === 503 ? 'rate-limited' : 'unavailable';
}

function describeHelp(status: number): string {
  if (status >= 300 && status < 400)
    return '; the bucket is in another region: correct `endpoint` and `region`';
  if (status === 401 || status === 403)
    return '; correct the access key, or allow it to list and read the bucket';
  return status === 404 ? '; correct `endpoint` or `bucket`' : '';
}
