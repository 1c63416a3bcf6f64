/** Names of connectors and tenants: they become segments of URLs. */
export const NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;
export const NAME_RULE =
  'must be 1 to 63 of the characters a-z, 0-9 and -, the first one not a -, e.g. house-bank';

/** First segments of URLs that belong to the gateway itself. */
export const RESERVED_NAMES: readonly string[] = ['docs', 'healthz', 'livez', 'metrics', 'readyz'];

export function isReserved(name: string): boolean {
  return RESERVED_NAMES.includes(name);
}

/** Behind a tenant these could be a connector's or a resource of the contract: `/acme/accounts/…`. */
export const RESOURCE_NAMES: readonly string[] = ['accounts', 'docs'];
