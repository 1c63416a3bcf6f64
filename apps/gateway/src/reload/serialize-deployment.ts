/** Converts a deployment to text, to find out whether two loads of the deployment file are equal. */
import type { Deployment } from '../config/index.js';

/** Returns a text that is equal for equal deployments. It contains secrets, so it must stay in memory. */
export function serializeDeployment({ connectors, ...others }: Deployment): string {
  const named = connectors.map(({ plugin, ...connector }) => ({ plugin: plugin.name, ...connector }));
  return JSON.stringify({ ...others, connectors: named }, (_key, value: unknown) => {
    if (value instanceof Map) return [...value.entries()];
    return typeof value === 'bigint' ? String(value) : value;
  });
}
