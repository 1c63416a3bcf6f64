/** Finds the contract's resource for a URL. The gateway uses it for requests that matched no route, and for logs and metrics. */

/** A resource of the contract in the URL of a connector. */
export interface MatchedResource {
  /** The path of the connector, without a slash at its start and end: `acme/house-bank`. */
  connectorPath: string;
  /** The route after the connector's path, as in the contract: `/accounts/:accountId/balances`. */
  route: string;
  /** The value of the header `Allow`: `GET, HEAD, OPTIONS`. */
  allowedMethods: string;
}

const READ_METHODS = 'GET, HEAD, OPTIONS';
const ORDER_METHODS = 'POST, OPTIONS';
const RESOURCE_PATTERNS: readonly (readonly [path: RegExp, route: string, allow: string])[] = [
  [/^(.+)\/feed\/[^/]+$/, '/feed/:stream', READ_METHODS],
  [/^(.+)\/accounts$/, '/accounts', READ_METHODS],
  [/^(.+)\/beneficiaries$/, '/beneficiaries', READ_METHODS],
  [/^(.+)\/transactions$/, '/transactions', READ_METHODS],
  [/^(.+)\/accounts\/[^/]+\/balances$/, '/accounts/:accountId/balances', READ_METHODS],
  [/^(.+)\/payouts$/, '/payouts', ORDER_METHODS],
  [/^(.+)\/transfers$/, '/transfers', ORDER_METHODS],
];

/** The path for webhooks. It belongs to a connector, but it is not a resource of the contract. */
const WEBHOOK_PATTERN = /^(.+)\/webhooks$/;

/** Returns the connector's path: `/acme/house-bank/accounts` → `acme/house-bank`. @returns `undefined` for any other URL path */
export function parseConnectorPathFromUrl(urlPath: string): string | undefined {
  return matchResource(urlPath)?.connectorPath ?? WEBHOOK_PATTERN.exec(urlPath.replace(/^\//, ''))?.[1];
}

/** Finds the resource of a URL: `/acme/house-bank/accounts?page=2`. @returns `undefined` if the contract has no such path */
export function matchResource(url: string): MatchedResource | undefined {
  const [path = ''] = url.split('?', 1);
  const plain = path
    .split('/')
    .filter((segment) => segment !== '')
    .join('/');
  for (const [pattern, route, allowedMethods] of RESOURCE_PATTERNS) {
    const connectorPath = pattern.exec(plain)?.[1];
    if (connectorPath !== undefined) return { connectorPath, route, allowedMethods };
  }
  return undefined;
}
