/** Finds the connector in Formance that belongs to a connector of the gateway. */
import type { InstalledConnector } from '../payments/payments.types.js';
import type { DesiredConnector } from './desired-connector.js';

export type InstalledConnectorSearch =
  | { kind: 'absent' }
  /** `duplicates` are the other connectors in Formance that read the same endpoint. */
  | { kind: 'found'; connector: InstalledConnector; duplicates: readonly InstalledConnector[] }
  /** Several connectors in Formance could be this connector, so a person must choose. */
  | { kind: 'ambiguous'; reason: string };

/** Finds the connector in Formance that reads the same endpoint or has the same name. */
export function findInstalledConnector(
  { name, endpoint }: Pick<DesiredConnector, 'name' | 'endpoint'>,
  installed: readonly InstalledConnector[],
): InstalledConnectorSearch {
  const existing = installed.filter(({ isScheduledForDeletion }) => !isScheduledForDeletion);
  const foreign = existing.find((one) => one.name === name && one.provider !== 'generic');
  if (foreign)
    return {
      kind: 'ambiguous',
      reason: `Formance has a connector of the provider ${foreign.provider} with the name ${JSON.stringify(name)}. Choose another name with formanceName in the deployment file`,
    };
  const generic = existing.filter(({ provider }) => provider === 'generic');
  const isSameEndpoint = (one: InstalledConnector) => one.endpoint?.replace(/\/+$/, '') === endpoint;
  const candidates = generic.filter((one) => one.name === name || isSameEndpoint(one));
  const exact = candidates.find((one) => one.name === name && isSameEndpoint(one));
  const [first] = candidates;
  if (first === undefined) return { kind: 'absent' };
  if (candidates.length > 1 && exact === undefined)
    return {
      kind: 'ambiguous',
      reason: `Formance has ${candidates.length} connectors that could be this one: ${candidates.map(describe).join('; ')}. Uninstall or rename in Formance those that are not needed`,
    };
  const connector = exact ?? first;
  return {
    kind: 'found',
    connector,
    duplicates: generic.filter((one) => one !== connector && isSameEndpoint(one)),
  };
}

function describe({ name, endpoint, id }: InstalledConnector): string {
  return `${JSON.stringify(name)} (${id}), which reads ${endpoint ?? 'no endpoint'}`;
}
