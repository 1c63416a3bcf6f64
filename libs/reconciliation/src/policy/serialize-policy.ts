/** Serializes a policy, and derives the id of the policy's version from the serialized text. */
import { createHash } from 'node:crypto';
import type { Policy } from './policy.types.js';

/**
 * Serializes a policy. Equal policies give the same string. A changed policy gives another string, and so is a new version with its own
 * items and runs.
 */
export function serializePolicy({ name, ledger, sign, accounts, rules, grace }: Policy): string {
  return JSON.stringify(
    {
      name,
      ledger,
      sign,
      accounts: accounts.map(sortKeys),
      rules: rules.map(sortKeys),
      grace: sortKeys(grace),
    },
    (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value),
  );
}

/** Parses a policy that `serializePolicy` serialized. */
export function parsePolicy(text: string): Policy {
  const policy = JSON.parse(text) as Policy;
  const rules = policy.rules.map((rule) =>
    rule.kind === 'tolerance'
      ? {
          ...rule,
          bound: Object.fromEntries(
            Object.entries(rule.bound).map(([asset, amount]) => [asset, BigInt(amount)]),
          ),
        }
      : rule,
  );
  return { ...policy, rules };
}

/** Returns the id of a policy version: the SHA-256 of the serialized policy. */
export function toPolicyId(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function sortKeys(value: object): object {
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
