/**
 * A server that responds like HashiCorp Vault, as far as the documentation of its HTTP API describes it: the read of a secret from a KV
 * engine of version 2, the log-in with AppRole and Kubernetes, namespaces, and the errors. `vault-stand-in.spec.ts` compares its responses
 * with the documented ones.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface VaultRequest {
  method: string;
  /** The path after `/v1/`. */
  path: string;
  namespace: string | undefined;
  token: string | undefined;
}

export class VaultStandIn {
  /** The token that a request needs. A log-in returns it, too. */
  token = 'hvs.token-of-the-stand-in';
  readonly appRole = { role_id: 'role-of-the-tests', secret_id: 'secret-id-of-the-tests' };
  readonly kubernetes = { role: 'tributary', jwt: 'jwt-of-the-service-account' };
  /** The secrets by their path in the API: `secret/data/mollie`. `undefined` is a secret whose latest version was deleted. */
  readonly secrets = new Map<string, Record<string, unknown> | undefined>();
  readonly requests: VaultRequest[] = [];
  isSealed = false;
  /** If it is set, the stand-in responds with this status and the header Location. */
  redirectTo: string | undefined;
  /** If it is true, requests get no response. */
  hangs = false;
  private readonly server = createServer((request, response) => void this.respond(request, response));

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return this.url;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '').replace(/^\/v1\//, '');
    const header = (name: string) => request.headers[name] as string | undefined;
    this.requests.push({
      ...{ method: request.method ?? '', path },
      ...{ namespace: header('x-vault-namespace'), token: header('x-vault-token') },
    });
    let text = '';
    for await (const chunk of request) text += String(chunk);
    if (this.hangs) return;
    const send = (status: number, body: unknown) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    if (this.redirectTo !== undefined) {
      response.writeHead(307, { location: this.redirectTo }).end();
    } else if (this.isSealed) send(503, { errors: ['Vault is sealed'] });
    else if (request.method === 'POST' && path.startsWith('auth/')) send(...this.logIn(path, text));
    else if (request.method === 'GET') send(...this.readSecret(path, header('x-vault-token')));
    else send(405, { errors: ['unsupported operation'] });
  }

  private logIn(path: string, text: string): [number, unknown] {
    const expected = { 'auth/approle/login': this.appRole, 'auth/kubernetes/login': this.kubernetes }[path];
    if (expected === undefined) return [403, { errors: ['permission denied'] }];
    if (JSON.stringify(JSON.parse(text)) !== JSON.stringify(expected))
      return [400, { errors: ['invalid role or secret ID'] }];
    return [
      200,
      {
        ...{ request_id: 'b6a1f6a5-0000-4000-8000-000000000001', lease_id: '', renewable: false },
        ...{ lease_duration: 0, data: null, wrap_info: null, warnings: null },
        auth: {
          ...{ client_token: this.token, accessor: 'accessor-of-the-stand-in', policies: ['default'] },
          ...{ token_policies: ['default'], metadata: {}, lease_duration: 1200, renewable: true },
        },
      },
    ];
  }

  private readSecret(path: string, token: string | undefined): [number, unknown] {
    if (token !== this.token) return [403, { errors: ['permission denied'] }];
    if (!this.secrets.has(path)) return [404, { errors: [] }];
    const data = this.secrets.get(path) ?? null;
    const metadata = {
      ...{ created_time: '2026-03-22T02:24:06.945319214Z', custom_metadata: null },
      ...{ deletion_time: data === null ? '2026-03-23T00:00:00Z' : '', destroyed: false, version: 2 },
    };
    return [data === null ? 404 : 200, { data: { data, metadata } }];
  }
}
