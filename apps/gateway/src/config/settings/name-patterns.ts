/** Defines which names connectors and tenants may have. The names are segments of URLs. */
export const NAME_PATTERN = /^[a-z0-9][a-z0-9-]{0,62}$/;
export const NAME_RULE_MESSAGE =
  'must be 1 to 63 of the characters a-z, 0-9 and -, the first one not a -, e.g. house-bank';

/** Names that no connector or tenant may have, because the gateway's own URLs begin with them. */
export const RESERVED_NAMES: readonly string[] = [
  'console',
  'docs',
  'healthz',
  'livez',
  'metrics',
  'operator',
  'readyz',
];

export function isReservedName(name: string): boolean {
  return RESERVED_NAMES.includes(name);
}

/**
 * Names that no connector of a tenant may have. Otherwise `/acme/accounts/…` and `/acme/feed/…` could also be resources of a connector
 * `acme`.
 */
export const RESERVED_TENANT_CONNECTOR_NAMES: readonly string[] = ['accounts', 'docs', 'feed'];
