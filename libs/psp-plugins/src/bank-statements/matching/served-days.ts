/**
 * Stores for each account the days for which the feed may contain movements. Entries of other days are certainly new, so no lookup in the
 * feed is needed for them. The served days are part of the cursor of the transactions.
 */
import type { GroupCriterion } from '../identity/entry-identity.js';

/** A period of days, including its first and its last day: `['2026-03-02', '2026-03-31']`. */
type Period = [from: string, to: string];

interface AccountDays {
  booked?: Period[];
  value?: Period[];
  hasPending?: true;
  /** True if the account has a movement without a booking date and without a value date. */
  hasUndated?: true;
}

/** The served days, by account id. */
export type StoredServedDays = Record<string, AccountDays>;

/** The maximum number of days between two periods that are joined, so that a weekend does not begin a new period. */
const MAX_GAP_DAYS = 7;
/**
 * The maximum number of periods of an account. If there are more, the nearest periods are joined, although the days between them may have
 * no movements.
 */
const MAX_PERIODS = 12;
/**
 * The maximum number of accounts. With more accounts, the cursor would be too large. Then no days are stored, and every entry is looked up.
 */
const MAX_ACCOUNTS = 2000;
const DAY_MS = 86_400_000;

export class ServedDays {
  /**
   * Creates the served days from a cursor.
   * @param stored the days in the cursor; `undefined` if the served days are unknown, e.g. in a cursor of an earlier version
   */
  constructor(private accounts: StoredServedDays | undefined) {}

  get stored(): StoredServedDays | undefined {
    return this.accounts;
  }

  /**
   * Returns false only if the feed certainly contains no movement of the account in groups of this kind and day. Then no lookup is needed.
   */
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

  /** Returns a copy that contains only this account. Later additions to the original do not change the copy. */
  copyAccount(accountId: string): ServedDays {
    if (!this.accounts) return new ServedDays(undefined);
    const copy: StoredServedDays = {};
    setOwn(copy, accountId, structuredClone(getOwn(this.accounts, accountId) ?? {}));
    return new ServedDays(copy);
  }
}

/**
 * The days that were served before a statement of a file. If reading is interrupted and the file is read again, these days stay the same,
 * although the cursor then also contains the days of the file itself.
 */
export class DaysBeforeStatement {
  private readonly accounts = new Map<string, ServedDays>();
  /** The last added movement. Consecutive entries of a day have the same criterion, which needs to be added only once. */
  private last: { accountId: string; criterion: GroupCriterion } | undefined;

  /**
   * Begins a file.
   * @param served all served days, including the days of this file. The class adds further days
   * @param beforeFile the days that were served before this file, by account. It is part of the cursor. The class adds further accounts
   */
  constructor(
    private readonly served: ServedDays,
    private readonly beforeFile: StoredServedDays,
  ) {}

  /** Returns the days before a statement. It must be called when a statement of the account begins. */
  open(accountId: string): ServedDays {
    this.last = undefined;
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
    if (this.last?.criterion === criterion && this.last.accountId === accountId) return;
    this.last = { accountId, criterion };
    this.served.add(accountId, criterion);
    this.accounts.get(accountId)?.add(accountId, criterion);
  }
}

function getOwn(accounts: StoredServedDays, accountId: string): AccountDays | undefined {
  return Object.hasOwn(accounts, accountId) ? accounts[accountId] : undefined;
}

/** Sets an own property of the object. An assignment is not suitable, because an account may have any id, even `__proto__`. */
function setOwn(accounts: StoredServedDays, accountId: string, account: AccountDays): void {
  Object.defineProperty(accounts, accountId, {
    value: account,
    configurable: true,
    enumerable: true,
    writable: true,
  });
}

/** Joins periods with small gaps between them. After that, the nearest periods are joined until at most `MAX_PERIODS` remain. */
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
