/** The contract's resources as paths, for requests that no route took. */

export interface Resource {
  /** What stands before the contract's own path, without slashes around it: `acme/house-bank`. */
  connector: string;
  /** Behind the connector, as the contract writes it: `/accounts/:accountId/balances`. */
  route: string;
  /** As in the header `Allow`. */
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

/** No resource of the contract, but a path of a connector all the same. */
const WEBHOOKS = /^(.+)\/webhooks$/;

/** @param route of a connector: `/acme/house-bank/accounts`. @returns `acme/house-bank`; `undefined` for any other path. */
export function connectorOf(route: string): string | undefined {
  return contractResource(route)?.connector ?? WEBHOOKS.exec(route.replace(/^\//, ''))?.[1];
}

/** @param url `/acme/house-bank/accounts?page=2`. @returns `undefined` for what is no path of the contract. */
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
