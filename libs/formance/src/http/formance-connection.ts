/** Opens connections to the services of one Formance installation. Their configuration contains the URLs and the credentials. */
import { createBearerAuth, createOAuth, PspHttp } from '@tributary/connector-api/http';
import type { Authentication, HttpClock } from '@tributary/connector-api/http';
import { FormanceHttp } from './formance-http.js';

/** The credentials for Formance: none, a fixed token, or OAuth client credentials. */
export type FormanceCredentials =
  | { kind: 'none' }
  | { kind: 'token'; token: string }
  | { kind: 'client'; clientId: string; clientSecret: string; tokenUrl: string };

export type FormanceService = 'payments' | 'ledger' | 'reconciliation';

export interface FormanceConnectionOptions {
  /** The URL of each service, without the path of the API version: `https://stack.example.com/api/payments`. */
  urls: Readonly<Partial<Record<FormanceService, string>>>;
  credentials: FormanceCredentials;
  /** Strings that must not appear in errors, in addition to the credentials. */
  secrets?: readonly string[];
  /** The clock of the HTTP client. Default: the system clock. */
  clock?: HttpClock;
}

const SERVICE_NAMES: Readonly<Record<FormanceService, string>> = {
  payments: 'Formance Payments',
  ledger: 'Formance Ledger',
  reconciliation: 'Formance Reconciliation',
};

/** The OAuth scopes that the commands and reconciliation need. Source: Formance's stack, `/api/auth`. */
const SCOPES =
  'openid payments:read payments:write ledger:read ledger:write reconciliation:read reconciliation:write';

/** The timeout of one attempt in milliseconds. */
const TIMEOUT_MS = 15_000;

/** Opens the HTTP clients of Formance's services. All services of a connection share one access token. */
export class FormanceConnection {
  readonly #options: FormanceConnectionOptions;
  readonly #authentication: Authentication | undefined;
  readonly #secrets: string[];
  readonly #clients: PspHttp[] = [];

  /**
   * Creates a connection. No request is sent yet.
   * @throws Error for an invalid URL
   */
  constructor(options: FormanceConnectionOptions) {
    this.#options = options;
    this.#secrets = [...(options.secrets ?? []), ...listSecrets(options.credentials)];
    this.#authentication = this.#createAuthentication(options.credentials);
  }

  /**
   * Returns the HTTP client of a service.
   * @throws Error if the connection has no URL for this service
   */
  open(service: FormanceService): FormanceHttp {
    const name = SERVICE_NAMES[service];
    const url = this.#options.urls[service];
    if (url === undefined)
      throw new Error(
        `the deployment file has no URL of ${name}; set formance.url or formance.${service}Url`,
      );
    const http = this.#createClient(name, url, this.#authentication);
    return new FormanceHttp(name, http, (secret) => {
      if (!this.#secrets.includes(secret)) this.#secrets.push(secret);
    });
  }

  /** Closes the HTTP clients of all services. */
  close(): void {
    for (const client of this.#clients) client.onApplicationShutdown();
  }

  #createAuthentication(credentials: FormanceCredentials): Authentication | undefined {
    switch (credentials.kind) {
      case 'none':
        return undefined;
      case 'token':
        return createBearerAuth(credentials.token);
      case 'client':
        return this.#createClientAuthentication(credentials);
    }
  }

  /**
   * Creates the authentication with client credentials. The token endpoint belongs to another service, so its requests use a separate HTTP
   * client.
   */
  #createClientAuthentication(credentials: Extract<FormanceCredentials, { kind: 'client' }>): Authentication {
    const { pathname, origin } = new URL(credentials.tokenUrl);
    const tokenHttp = this.#createClient('Formance Auth', origin, undefined);
    const oauth = createOAuth({
      createTokenRequest: () => ({
        method: 'POST',
        path: pathname,
        headers: { authorization: `Basic ${encodeBasic(credentials)}` },
        form: { grant_type: 'client_credentials', scope: SCOPES },
      }),
    });
    return {
      createHeaders: ({ clock }) =>
        oauth.createHeaders({ clock, send: (request) => tokenHttp.send(request) }),
      handleUnauthorized: (headers) => oauth.handleUnauthorized(headers),
    };
  }

  #createClient(name: string, baseUrl: string, authentication: Authentication | undefined): PspHttp {
    const { clock } = this.#options;
    const client = new PspHttp({
      name,
      baseUrl,
      isPlainHttpAllowed: true,
      timeoutMs: TIMEOUT_MS,
      // `FormanceHttp.protectSecret` adds secrets to this array later. The HTTP client therefore gets the array itself, and reads it for
      // every error.
      secrets: this.#secrets,
      extractErrorMessage: (body) => body.optionalString('errorMessage') ?? body.optionalString('error'),
      ...(authentication === undefined ? {} : { authentication }),
      ...(clock === undefined ? {} : { clock }),
    });
    this.#clients.push(client);
    return client;
  }
}

function encodeBasic({ clientId, clientSecret }: { clientId: string; clientSecret: string }): string {
  return Buffer.from(`${clientId}:${clientSecret}`).toString('base64');
}

function listSecrets(credentials: FormanceCredentials): string[] {
  switch (credentials.kind) {
    case 'none':
      return [];
    case 'token':
      return [credentials.token];
    case 'client':
      return [credentials.clientSecret, encodeBasic(credentials)];
  }
}
