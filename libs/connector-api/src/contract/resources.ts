/** The contract's resources as paths, for requests that no route took. */

export interface Resource {
  /** What stands before the contract's own path, without slashes around it: `acme/house-bank`. */
  connector: string;
  /** As in the header `Allow`. */
  allow: string;
}

const RESOURCES: readonly (readonly [RegExp, string])[] = [
  [/^(.+)\/(?:accounts|beneficiaries|transactions)$/, 'GET, HEAD, OPTIONS'],
  [/^(.+)\/accounts\/[^/]+\/balances$/, 'GET, HEAD, OPTIONS'],
  [/^(.+)\/(?:payouts|transfers)$/, 'POST, OPTIONS'],
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
  for (const [pattern, allow] of RESOURCES) {
    const connector = pattern.exec(plain)?.[1];
    if (connector !== undefined) return { connector, allow };
  }
  return undefined;
}
