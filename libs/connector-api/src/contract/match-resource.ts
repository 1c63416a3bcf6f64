/** Finds the contract's resource for a URL. The gateway uses it for requests that matched no route, and for logs and metrics. */

/** A resource of the contract that the URL of a request names. */
export interface MatchedResource {
  /** The path of the connector, without a slash at its start and end: `acme/house-bank`. */
  connectorPath: string;
  /** The route as in the contract, relative to the connector's path: `/accounts/:accountId/balances`. */
  route: string;
  /** The value of the response header `Allow`: `GET, HEAD, OPTIONS`. */
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

/** Matches the path to which a PSP sends webhooks. The path belongs to a connector, but it is not a resource of the contract. */
const WEBHOOK_PATTERN = /^(.+)\/webhooks$/;

/**
 * Returns the connector's path: `/acme/house-bank/accounts` → `acme/house-bank`.
 * @returns `undefined` for a path that is not a resource of the contract and not the path for webhooks
 */
export function parseConnectorPathFromUrl(urlPath: string): string | undefined {
  return matchResource(urlPath)?.connectorPath ?? WEBHOOK_PATTERN.exec(urlPath.replace(/^\//, ''))?.[1];
}

/**
 * Finds the resource that a URL names: `/acme/house-bank/accounts?page=2`.
 * @returns `undefined` if the contract has no such path
 */
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
