/** Compares a connector of the deployment file with the connector in Formance, and plans the action. The functions are pure. */
import { isSameDuration, parseGoDuration } from '../payments/go-duration.js';
import type { GenericConfig } from '../payments/payments.types.js';
import type { ConnectorKeys, DesiredConnector } from './desired-connector.js';

/** A property that differs. API keys are only described and never shown. */
export interface ConfigChange {
  property: 'name' | 'endpoint' | 'apiKey' | 'pollingPeriod';
  from: string;
  to: string;
}

export interface PlanOptions {
  /**
   * The minimum polling period of the Formance server: `20m0s`. It comes from the rejection of a shorter period. `undefined` if no period
   * was rejected.
   */
  minimumPeriod: string | undefined;
  /** A function that creates an API key; `undefined` if creating keys is not allowed. */
  createKey: (() => string) | undefined;
  /** If true, the first key of the deployment file replaces another key in Formance, even if the gateway accepts the other key. */
  isRotatingKeys: boolean;
  /** If true, the plan is only shown, so no key is created. */
  isDryRun: boolean;
}

export type InstallationPlan =
  | { action: 'install'; config: GenericConfig; notes: string[] }
  | { action: 'update'; config: GenericConfig; changes: ConfigChange[]; notes: string[] }
  | { action: 'none'; config: GenericConfig; notes: string[] }
  /** The action is not possible until a person has acted. */
  | { action: 'blocked'; reason: string };

/**
 * Plans the installation or the update of one connector.
 * @param current the present configuration in Formance; `undefined` if the connector is not installed
 */
export function planInstallation(
  desired: DesiredConnector,
  current: GenericConfig | undefined,
  { minimumPeriod, ...keyOptions }: PlanOptions,
): InstallationPlan {
  const key = chooseKey(desired, current?.apiKey, keyOptions);
  if ('blocked' in key) return { action: 'blocked', reason: key.blocked };
  const notes = [...key.notes];
  const pollingPeriod = raisePeriod(desired.pollingPeriod, minimumPeriod, notes);
  const config: GenericConfig = {
    others: current?.others ?? {},
    ...{ name: desired.name, endpoint: desired.endpoint, apiKey: key.apiKey, pollingPeriod },
  };
  if (current === undefined) return { action: 'install', config, notes };
  const changes = compareConfigs(current, config, desired.keys);
  return changes.length === 0
    ? { action: 'none', config: current, notes }
    : { action: 'update', config, changes, notes };
}

type KeyChoice = { apiKey: string; notes: string[] } | { blocked: string };

/**
 * Chooses the key for Formance. The key that Formance has is kept if the gateway accepts it. Otherwise a key in clear text is taken from
 * the deployment file, or a new key is created.
 */
function chooseKey(
  { keys, path }: DesiredConnector,
  present: string | undefined,
  { createKey, isDryRun, isRotatingKeys }: Omit<PlanOptions, 'minimumPeriod'>,
): KeyChoice {
  const isKept = !isRotatingKeys || keys.plainKey === undefined;
  if (present !== undefined && keys.isAccepted(present) && isKept) return { apiKey: present, notes: [] };
  if (keys.plainKey !== undefined) return { apiKey: keys.plainKey, notes: [] };
  // An earlier run created this key, but its hash is not in the deployment file yet. Another new key would not change this.
  if (present !== undefined && keys.isGenerated(present))
    return { apiKey: present, notes: [adviseHash(path, keys.formatHash(present))] };
  if (createKey === undefined)
    return {
      blocked:
        `the deployment file has only hashes of the keys of ${path}, and Formance needs the key itself. ` +
        'Run the command again with --create-keys, or put a key in clear text (a reference such as ${FORMANCE_KEY}) into apiKeys',
    };
  if (isDryRun)
    return { apiKey: '', notes: ['a new key would be created, whose hash you would add to apiKeys'] };
  const apiKey = createKey();
  return { apiKey, notes: [adviseHash(path, keys.formatHash(apiKey))] };
}

function adviseHash(path: string, hash: string): string {
  return `add "${hash}" to apiKeys of ${path} in the deployment file and restart the gateway: Formance has a new key of this hash, and the gateway answers it 401 until then`;
}

function raisePeriod(period: string, minimum: string | undefined, notes: string[]): string {
  const [periodMs, minimumMs] = [parseGoDuration(period), parseGoDuration(minimum ?? '')];
  if (minimum === undefined || periodMs === undefined || minimumMs === undefined || periodMs >= minimumMs)
    return period;
  notes.push(
    `Formance accepts no polling period under ${minimum}, so it polls every ${minimum} and not every ${period}. Change pollingPeriod in the deployment file, or lower the minimum of the Formance server`,
  );
  return minimum;
}

function compareConfigs(current: GenericConfig, next: GenericConfig, keys: ConnectorKeys): ConfigChange[] {
  const changes: ConfigChange[] = [];
  if (current.name !== next.name) changes.push({ property: 'name', from: current.name, to: next.name });
  if (current.endpoint !== next.endpoint)
    changes.push({ property: 'endpoint', from: current.endpoint, to: next.endpoint });
  if (current.apiKey !== next.apiKey)
    changes.push({
      property: 'apiKey',
      from: keys.isAccepted(current.apiKey)
        ? 'another key of the deployment file'
        : 'a key that the gateway does not accept',
      to: keys.isAccepted(next.apiKey) ? 'the first key of the deployment file' : 'a new key',
    });
  if (!isSameDuration(current.pollingPeriod, next.pollingPeriod))
    changes.push({ property: 'pollingPeriod', from: current.pollingPeriod, to: next.pollingPeriod });
  return changes;
}
