/**
 * Sends requests to the HTTP API of HashiCorp Vault: a log-in, and the read of a secret from a KV engine of version 2. Errors contain the
 * status, but never text from Vault's response, because a response can repeat what was sent.
 */
import { SecretSourceError } from '../secret-source.js';
import type { VaultConfig } from './vault-settings.js';

/** The maximum size of a response in bytes. Vault limits a secret to about 1 MB. */
const MAX_RESPONSE_BYTES = 2 * 1024 * 1024;

export class VaultClient {
  private token: Promise<string> | undefined;
  /** The first error of the connection. While Vault cannot be reached, further requests would only wait for the time limit again. */
  private connectionError: SecretSourceError | undefined;

  constructor(private readonly config: VaultConfig) {}

  /**
   * Reads the latest version of a secret.
   * @param path the path in the API, without `/v1/`: `secret/data/mollie`
   * @returns the fields of the secret
   * @throws SecretSourceError if Vault cannot be reached, refuses the request, or has no such secret
   */
  async readSecret(path: string): Promise<Readonly<Record<string, unknown>>> {
    const token = await (this.token ??= this.authenticate());
    const { status, body } = await this.request(path, { headers: { 'x-vault-token': token } });
    if (status !== 200) throw new SecretSourceError(describeReadStatus(status));
    const fields = getObject(getObject(body, 'data'), 'data');
    if (fields === undefined)
      throw new SecretSourceError('the response has no fields; is the engine at this mount KV of version 2?');
    return fields;
  }

  private async authenticate(): Promise<string> {
    const { auth } = this.config;
    if (auth.kind === 'token') return auth.token;
    const { status, body } = await this.request(`auth/${auth.mount}/login`, {
      method: 'POST',
      body: JSON.stringify(auth.body),
      headers: { 'content-type': 'application/json' },
    });
    const token = getObject(body, 'auth')?.['client_token'];
    if (status === 200 && typeof token === 'string' && token !== '') return token;
    throw new SecretSourceError(
      `Vault refused the log-in at auth/${auth.mount} with status ${status}; check secrets.vault.auth`,
    );
  }

  private async request(path: string, init: RequestInit): Promise<{ status: number; body: unknown }> {
    if (this.connectionError !== undefined) throw this.connectionError;
    const { url, namespace, timeoutMs } = this.config;
    try {
      const response = await fetch(`${url}/v1/${path}`, {
        ...init,
        headers: {
          ...(init.headers as Record<string, string>),
          'x-vault-request': 'true',
          ...(namespace !== undefined && { 'x-vault-namespace': namespace }),
        },
        // A redirect is not followed, because the token would be sent to an address that is not configured.
        redirect: 'manual',
        signal: AbortSignal.timeout(timeoutMs),
      });
      return { status: response.status, body: parseJson(await readText(response)) };
    } catch (error) {
      if (error instanceof SecretSourceError) throw error;
      this.connectionError = new SecretSourceError(
        `Vault cannot be reached at ${url}: ${describeConnectionError(error, timeoutMs)}`,
      );
      throw this.connectionError;
    }
  }
}

function describeReadStatus(status: number): string {
  switch (status) {
    case 403:
      return 'Vault refused the read (403); check the token, its policies and the namespace';
    case 404:
      return 'Vault has no such secret (404), or its latest version is deleted; check the mount and the path';
    case 429:
      return 'Vault limits the rate of requests (429); try again later';
    case 501:
      return 'Vault is not initialised (501)';
    case 503:
      return 'Vault is sealed or in maintenance (503)';
    default:
      return status >= 300 && status < 400
        ? `Vault redirects to another address (${status}); set secrets.vault.url to the address of the active node or of a load balancer`
        : `Vault responded with status ${status}`;
  }
}

function describeConnectionError(error: unknown, timeoutMs: number): string {
  if (getText(error, 'name') === 'TimeoutError') return `no response within ${timeoutMs} ms`;
  return getText(getProperty(error, 'cause'), 'code') ?? 'the connection failed';
}

async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > MAX_RESPONSE_BYTES)
      throw new SecretSourceError(`the response of Vault has more than ${MAX_RESPONSE_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function getObject(value: unknown, key: string): Readonly<Record<string, unknown>> | undefined {
  const found = getProperty(value, key);
  return typeof found === 'object' && found !== null && !Array.isArray(found)
    ? (found as Record<string, unknown>)
    : undefined;
}

function getText(value: unknown, key: string): string | undefined {
  const found = getProperty(value, key);
  return typeof found === 'string' ? found : undefined;
}

function getProperty(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
}
