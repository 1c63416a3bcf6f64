/** Finds the contract's resource for a URL. The gateway needs it for requests that matched no route, and for logs and metrics. */

/** A resource of the contract in the URL of a connector. */
export interface Resource {
  /** The path of the connector, without slashes around it: `acme/house-bank`. */
  connector: string;
  /** The route after the connector's path, as in the contract: `/accounts/:accountId/balances`. */
  route: string;
  /** The value of the header `Allow`: `GET, HEAD, OPTIONS`. */
  allow: string;
}

const READ = 'GET, HEAD, OPTIONS';
const ORDER = 'POST, OPTIONS';
const RESOURCES: readonly (readonly [path: RegExp, route: string, allow: string])[] = [
  [/^(.+)\/accounts$/, '/accounts', READ],
  [/^(.+)\/beneficiaries$/, '/beneficiaries', READ],
  [/^(.+)\/transactions$/, '/transactions', READ],
  [/^(.+)\/accounts\/[^/]+\/balances$/, '/accounts/:accountId/balances', READ],
  [/^(.+)\/payouts$/, '/payouts', ORDER],
  [/^(.+)\/transfers$/, '/transfers', ORDER],
];

/** The path for webhooks. It is a path of a connector, but not a resource of the contract. */
const WEBHOOKS = /^(.+)\/webhooks$/;

/** Returns the connector's path: `/acme/house-bank/accounts` → `acme/house-bank`. @returns `undefined` for any other URL path */
export function connectorOf(route: string): string | undefined {
  return contractResource(route)?.connector ?? WEBHOOKS.exec(route.replace(/^\//, ''))?.[1];
}

/** Finds the resource of a URL: `/acme/house-bank/accounts?page=2`. @returns `undefined` if the URL is not a path of the contract */
export function contractResource(url: string): Resource | undefined {
  const [path = ''] = url.split('?', 1);
  const plain = path
    .split('/')
    .filter((segment) => segment !== '')
    .join('/');
  for (const [pattern, route, allow] of RESOURCES) {
    const connector = pattern.exec(plain)?.[1];
    if (connector !== undefined) return { connector, route, allow };
  }
  return undefined;
}
