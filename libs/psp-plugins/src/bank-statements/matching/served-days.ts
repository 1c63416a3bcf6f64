/**
 * Stores for which days of each account the feed may contain movements. Entries of other days are certainly new, so they need no lookup in
 * the feed. The served days are part of the cursor of the transactions.
 */
import type { GroupCriterion } from '../identity/entry-identity.js';

/** Sorted periods of days, which include the first and the last day: `['2026-03-02', '2026-03-31']`. */
type Period = [from: string, to: string];

interface AccountDays {
  booked?: Period[];
  value?: Period[];
  hasPending?: true;
  /** True if the account has a movement without a booking date and without a value date. */
  hasUndated?: true;
}

/** Served days by account id. */
export type StoredServedDays = Record<string, AccountDays>;

/** Two periods are joined if at most this number of days is between them, so that a weekend does not start a new period. */
const MAX_GAP_DAYS = 7;
/** If an account has more periods, the nearest periods are joined. A period may contain days without movements. */
const MAX_PERIODS = 12;
/** If there are more accounts, the cursor would be too large. Then no days are stored and every entry is looked up. */
const MAX_ACCOUNTS = 2000;
const DAY_MS = 86_400_000;

export class ServedDays {
  /** @param stored `undefined` if the served days are unknown, e.g. in a cursor of an earlier version */
  constructor(private accounts: StoredServedDays | undefined) {}

  get stored(): StoredServedDays | undefined {
    return this.accounts;
  }

  /** Returns false only if the feed certainly has no movement of the account in groups of this kind and day. */
  mayInclude(accountId: string, [kind, day]: GroupCriterion): boolean {
    if (!this.accounts) return true;
    const account = getOwn(this.accounts, accountId);
    switch (kind) {
      case 'pending':
        return account?.hasPending === true;
      case 'booked':
      case 'value':
        if (day === undefined) return account?.hasUndated === true;
        return account?.[kind]?.some(([from, to]) => from <= day && day <= to) ?? false;
      case 'information':
        return true;
      default:
        return kind satisfies never;
    }
  }

  add(accountId: string, criterion: GroupCriterion): void {
    if (!this.accounts || this.mayInclude(accountId, criterion)) return;
    const account = getOwn(this.accounts, accountId) ?? {};
    const [kind, day] = criterion;
    if (kind === 'pending') account.hasPending = true;
    else if (day === undefined) account.hasUndated = true;
    else if (kind !== 'information') account[kind] = joinPeriods([...(account[kind] ?? []), [day, day]]);
    setOwn(this.accounts, accountId, account);
    if (Object.keys(this.accounts).length > MAX_ACCOUNTS) this.accounts = undefined;
  }

  /** Returns a copy with this account only. Later additions do not change it. */
  copyAccount(accountId: string): ServedDays {
    if (!this.accounts) return new ServedDays(undefined);
    const copy: StoredServedDays = {};
    setOwn(copy, accountId, structuredClone(getOwn(this.accounts, accountId) ?? {}));
    return new ServedDays(copy);
  }
}

/**
 * The days that were served before a statement of a file. They stay the same if the file is read again after an interruption, although the
 * cursor then contains the file's own days.
 */
export class DaysBeforeStatement {
  private readonly accounts = new Map<string, ServedDays>();

  /**
   * @param served all served days, including the days of this file; extended here
   * @param beforeFile the days that were served before this file, by account. Part of the cursor; extended here
   */
  constructor(
    private readonly served: ServedDays,
    private readonly beforeFile: StoredServedDays,
  ) {}

  /** Must be called when a statement of the account begins. */
  open(accountId: string): ServedDays {
    let days = this.accounts.get(accountId);
    if (!days) {
      days = this.served.copyAccount(accountId);
      if (days.stored && Object.hasOwn(this.beforeFile, accountId))
        days = new ServedDays(this.beforeFile).copyAccount(accountId);
      else if (days.stored)
        setOwn(
          this.beforeFile,
          accountId,
          getOwn(this.served.copyAccount(accountId).stored ?? {}, accountId) ?? {},
        );
      this.accounts.set(accountId, days);
    }
    return days.copyAccount(accountId);
  }

  /** Adds a movement of the current statement. */
  add(accountId: string, criterion: GroupCriterion): void {
    this.served.add(accountId, criterion);
    this.accounts.get(accountId)?.add(accountId, criterion);
  }
}

function getOwn(accounts: StoredServedDays, accountId: string): AccountDays | undefined {
  return Object.hasOwn(accounts, accountId) ? accounts[accountId] : undefined;
}

/** Sets an own property, because an account may have any id, even `__proto__`. */
function setOwn(accounts: StoredServedDays, accountId: string, account: AccountDays): void {
  Object.defineProperty(accounts, accountId, {
    value: account,
    configurable: true,
    enumerable: true,
    writable: true,
  });
}

/** Joins periods that have small gaps between them. Then joins the nearest periods until at most `MAX_PERIODS` remain. */
function joinPeriods(periods: readonly Period[]): Period[] {
  const sorted = [...periods].sort(([a], [b]) => (a < b ? -1 : 1));
  const joined: Period[] = [];
  for (const [from, to] of sorted) {
    const last = joined.at(-1);
    if (last && daysBetween(last[1], from) <= MAX_GAP_DAYS) last[1] = to > last[1] ? to : last[1];
    else joined.push([from, to]);
  }
  while (joined.length > MAX_PERIODS) {
    const gaps = joined.slice(1).map(([from], n) => daysBetween(joined[n]?.[1] ?? from, from));
    const nearest = gaps.indexOf(Math.min(...gaps));
    const [next] = joined.splice(nearest + 1, 1);
    const before = joined[nearest];
    if (next && before) before[1] = next[1];
  }
  return joined;
}

function daysBetween(from: string, to: string): number {
  return (Date.parse(to) - Date.parse(from)) / DAY_MS;
}
