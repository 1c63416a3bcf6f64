/** Converts the section `reconciliation:` of the deployment or of a tenant to policies, and reports all problems in it. */
import type { MatchingRule, Policy, PolicyAccount } from '@tributary/reconciliation';
import type { ConfigPath } from '../file/value-path.js';
import { parseDuration } from './duration.js';
import { parseAmounts } from './order-settings.js';
import {
  PolicyAccountEntry,
  PolicyEntry,
  RuleEntry,
  type ReconciliationSettings,
} from './reconciliation-settings.js';
import type { SettingsBinder } from './settings-binder.js';
import { suggestSimilarName } from './suggest-similar-name.js';

/** A reconciliation policy, with the URL and the credentials of its ledger. */
export interface ReconciliationPolicyConfig {
  policy: Policy;
  ledger: { url: string; name: string; token?: string };
  /** The time from the end of one run to the start of the next, in milliseconds; absent for a policy that gateways do not run. */
  everyMs?: number;
  /**
   * The maximum time of the comparison of one connector with Formance Payments, in milliseconds. Absent for a policy that is not compared
   * with Payments.
   */
  paymentsTimeoutMs?: number;
}

/** The owner of policies: a tenant, or the default tenant. */
export interface PolicyOwner {
  /** The name of the tenant; absent for the default tenant. */
  tenant?: string;
  /** The names of the owner's connectors. */
  connectors: readonly string[];
}

export function parsePolicies(
  { policies }: ReconciliationSettings,
  owner: PolicyOwner,
  binder: SettingsBinder,
  path: ConfigPath,
): ReconciliationPolicyConfig[] {
  if (!Array.isArray(policies)) return [];
  const names = new Set<string>();
  return policies.map((value: unknown, index) => {
    const policyPath = [...path, 'policies', index];
    const entry = binder.bind(PolicyEntry, value, policyPath);
    if (names.has(entry.name)) binder.reportProblem([...policyPath, 'name'], 'another policy has this name');
    names.add(entry.name);
    return parsePolicy(entry, owner, binder, policyPath);
  });
}

function parsePolicy(
  entry: PolicyEntry,
  owner: PolicyOwner,
  binder: SettingsBinder,
  path: ConfigPath,
): ReconciliationPolicyConfig {
  const { url, name, token, sign } = entry.ledger;
  const everyMs = entry.every === undefined ? undefined : parseDuration(String(entry.every));
  const base = String(url).replace(/\/+$/, '');
  return {
    ...(everyMs !== undefined && { everyMs }),
    ...(entry.payments.compare && {
      paymentsTimeoutMs: parseDuration(String(entry.payments.timeout)) ?? 0,
    }),
    ledger: { url: base, name, ...(token !== undefined && { token }) },
    policy: {
      name: toPath(owner, entry.name),
      ledger: `${base}/${name}`,
      sign,
      accounts: parseAccounts(entry.accounts, owner, binder, [...path, 'accounts']),
      rules: parseRules(entry.rules, binder, [...path, 'rules']),
      grace: {
        bookingMs: parseDuration(String(entry.grace.booking)) ?? 0,
        settlementMs: parseDuration(String(entry.grace.settlement)) ?? 0,
      },
    },
  };
}

function toPath({ tenant }: PolicyOwner, name: string): string {
  return tenant === undefined ? name : `${tenant}/${name}`;
}

function parseAccounts(
  values: unknown,
  owner: PolicyOwner,
  binder: SettingsBinder,
  path: ConfigPath,
): PolicyAccount[] {
  if (!Array.isArray(values)) return [];
  const seen = new Set<string>();
  return values.map((value: unknown, index) => {
    const accountPath = [...path, index];
    const { connector, account, ledgerAccount } = binder.bind(PolicyAccountEntry, value, accountPath);
    if (typeof connector === 'string' && !owner.connectors.includes(connector))
      binder.reportProblem(
        [...accountPath, 'connector'],
        `${binder.describeFound(connector, [...accountPath, 'connector'])}; there is no such connector.${suggestSimilarName(connector, owner.connectors)}`,
      );
    for (const [key, text] of [
      ['account', `${connector} ${account}`],
      ['ledgerAccount', ledgerAccount],
    ] as const) {
      if (seen.has(`${key} ${text}`))
        binder.reportProblem(
          [...accountPath, key],
          'another entry of the policy has the same; expected pairs of one account each',
        );
      seen.add(`${key} ${text}`);
    }
    return { connector: toPath(owner, connector), account, address: ledgerAccount };
  });
}

function parseRules(values: unknown, binder: SettingsBinder, path: ConfigPath): MatchingRule[] {
  if (!Array.isArray(values)) return [];
  return values.flatMap((value: unknown, index) => {
    const rulePath = [...path, index];
    const rule = parseRule(binder.bind(RuleEntry, value, rulePath), binder, rulePath);
    return rule ? [rule] : [];
  });
}

/** The keys that each kind of rule requires. Other keys are not allowed. */
const RULE_KEYS: Readonly<Record<RuleEntry['kind'], readonly (keyof RuleEntry)[]>> = {
  exact: ['psp', 'ledger'],
  group: ['psp', 'ledger'],
  settlement: ['psp', 'ledger'],
  tolerance: ['psp', 'ledger', 'account', 'bound'],
  window: ['days'],
};
const OPTIONAL_KEYS = ['psp', 'ledger', 'account', 'bound', 'days'] as const;

/**
 * Converts one rule of a policy.
 * @returns `undefined` when the kind is unknown; the problem has already been reported
 */
function parseRule(entry: RuleEntry, binder: SettingsBinder, path: ConfigPath): MatchingRule | undefined {
  if (!Object.hasOwn(RULE_KEYS, entry.kind)) return undefined;
  const keys = RULE_KEYS[entry.kind];
  for (const key of OPTIONAL_KEYS) {
    if (keys.includes(key) && entry[key] === undefined)
      binder.reportProblem(
        path,
        `the rule ${entry.kind} has no ${key}; expected the keys ${keys.join(', ')}`,
      );
    if (!keys.includes(key) && entry[key] !== undefined)
      binder.reportNameProblem(
        [...path, key],
        `the rule ${entry.kind} has no ${key}; its keys are ${keys.join(', ')}`,
      );
  }
  const fields = { psp: entry.psp as 'id', ledger: entry.ledger as 'reference' };
  switch (entry.kind) {
    case 'exact':
    case 'group':
    case 'settlement':
      return { kind: entry.kind, ...fields };
    case 'tolerance': {
      const bound = Object.fromEntries(parseAmounts(entry.bound, binder, [...path, 'bound']));
      return { kind: 'tolerance', ...fields, account: entry.account ?? '', bound };
    }
    case 'window':
      return { kind: 'window', days: entry.days ?? 0 };
  }
}
