/** The completeness check of one pull. It compares the balances that were read before the pull with the rows in the feed after the pull. */
import type { CompletenessDeclaration, Cursor, ValidatedBalances } from '@tributary/connector-api';
import { INITIAL_ACCOUNT_CHECK, toAccountAssetKey } from '@tributary/feed';
import type {
  AccountSum,
  CompletenessChange,
  CompletenessRepository,
  CompletenessState,
  Lease,
  TimedEffects,
} from '@tributary/feed';
import type { AccountJudgement } from './account-judgement.js';
import type { CompletenessReporter } from './completeness-reporter.js';
import { hasCheckChanged, judgeObservation } from './judge-observation.js';
import type { LastAgreedBalance } from './last-agreed-balance.js';

/**
 * The minimum time in ms between two stored agreements. Balances agree with the rows at nearly every pull, so an agreement is stored only
 * after this time, or after `MAX_UNSTORED_ROWS` rows. If rows must be read again, the reading begins at the last stored agreement.
 */
const MIN_AGREEMENT_INTERVAL_MS = 10 * 60_000;
const MAX_UNSTORED_ROWS = 2_500;

/** A request to read all rows after this cursor again from the PSP. */
export interface RereadRequest {
  since: Cursor | undefined;
}

export type ComparableDeclaration = Required<Extract<CompletenessDeclaration, { isComparable: true }>>;

/** The objects that all checks of one connector share. */
export interface PullCompletenessCheckContext {
  declaration: ComparableDeclaration;
  repository: CompletenessRepository;
  reporter: CompletenessReporter;
  lastAgreement: LastAgreedBalance;
}

export class PullCompletenessCheck {
  private readonly startSeq: number;
  private readonly startCursor: Cursor | undefined;
  /** The sums of the rows of this pull that the PSP booked after the balances were read, by account and asset. */
  private readonly after = new Map<string, bigint>();
  private readonly observedAt: ReadonlyMap<string, number>;
  private readonly firstObservedAt: number;
  private hasReread = false;
  /**
   * True if the pull changed a sum. The number of the last row does not show this: a row that waits for its original changes a sum, but is
   * not in the feed yet.
   */
  private hasEffects = false;

  constructor(
    private readonly context: PullCompletenessCheckContext,
    private readonly lease: Lease,
    private readonly observed: readonly ValidatedBalances[],
  ) {
    this.startSeq = lease.headSeq;
    this.startCursor = lease.cursor;
    this.observedAt = new Map(observed.map(({ accountId, at }) => [accountId, at]));
    this.firstObservedAt = Math.min(...this.observedAt.values());
    lease.preloadSums([...this.observedAt.keys()]);
  }

  /** Adds the amounts of the rows that a page of the pull appended. */
  addEffects(changes: readonly TimedEffects[]): void {
    this.hasEffects ||= changes.length > 0;
    for (const { effects, at } of changes) {
      // Most rows were booked before the balances were read. The balances contain these rows, so they are not added here.
      if (at <= this.firstObservedAt) continue;
      for (const { accountId, asset, amount } of effects) {
        if (at <= (this.observedAt.get(accountId) ?? Infinity)) continue;
        const key = toAccountAssetKey(accountId, asset);
        this.after.set(key, (this.after.get(key) ?? 0n) + amount);
      }
    }
  }

  /**
   * Compares the balances with the rows, after the pull has read all rows.
   * @returns a request to read rows again, at most once for each pull. The caller must then call `conclude` a second time
   */
  async conclude(): Promise<RereadRequest | undefined> {
    const { lease, observed } = this;
    const { repository, reporter, lastAgreement } = this.context;
    if (
      !this.hasReread &&
      !this.hasEffects &&
      lease.headSeq === this.startSeq &&
      lastAgreement.isUnchanged(this.startSeq, observed)
    ) {
      reporter.countQuiet(observed.length);
      return undefined;
    }
    lastAgreement.forget();
    const judgements = await this.judgeAndStore(observed.map(({ accountId }) => accountId));
    await reporter.report(judgements, this.hasReread);
    if (judgements.every(({ verdict }) => verdict === 'agreed'))
      lastAgreement.remember(this.startSeq, observed);
    const unexplained = judgements.filter(({ verdict }) => verdict === 'reread');
    if (unexplained.length === 0) return undefined;
    this.hasReread = true;
    const seq = Math.min(...unexplained.map(({ before }) => before.agreed?.seq ?? 0));
    return { since: (await repository.findCheckpoint(seq)).cursor };
  }

  /**
   * Compares the balances with the rows, and stores the results. The function first compares without a lock, because most checks agree and
   * store nothing. If the last append has read the sums, no statement is needed for this.
   */
  private async judgeAndStore(accountIds: readonly string[]): Promise<AccountJudgement[]> {
    const { repository } = this.context;
    let judgements = this.judge(this.lease.findSums(accountIds) ?? (await repository.read(accountIds)));
    if (!this.toChange(judgements)) return judgements;
    await repository.update(accountIds, (state) => this.toChange((judgements = this.judge(state))));
    return judgements;
  }

  private judge({ sums, startsAtFirstRow }: CompletenessState): AccountJudgement[] {
    const { declaration } = this.context;
    const options = {
      maxLatenessMs: declaration.maxLatenessMs,
      hasZeroOpening: declaration.opening === 'zero' && startsAtFirstRow,
      seq: this.startSeq,
      hasReread: this.hasReread,
    };
    const sumsByAccount = Map.groupBy(sums, ({ accountId }) => accountId);
    return this.observed.flatMap(({ accountId, at, amounts }) => {
      const ofAccount = sumsByAccount.get(accountId) ?? [];
      const assets = new Set([...amounts.keys(), ...ofAccount.map(({ asset }) => asset)]);
      return [...assets].map((asset) => {
        const sum = ofAccount.find((each) => each.asset === asset) ?? {
          total: 0n,
          check: INITIAL_ACCOUNT_CHECK,
        };
        // If the PSP does not return an asset, its balance is zero.
        const balance = amounts.get(asset) ?? 0n;
        const after = this.after.get(toAccountAssetKey(accountId, asset)) ?? 0n;
        const judgement = judgeObservation(sum, { at, balance, after }, options);
        return { ...judgement, accountId, asset, balance, at, before: sum.check };
      });
    });
  }

  private toChange(judgements: readonly AccountJudgement[]): CompletenessChange | undefined {
    const { reporter } = this.context;
    const isIdle = this.lease.headSeq === this.startSeq;
    const checks = judgements.filter(({ before, check }) => isWorthStoring(before, check, isIdle));
    const allAgreed = judgements.every(({ check }) => check.agreed?.seq === this.startSeq);
    const change: CompletenessChange = {
      checks,
      warnings: judgements.flatMap((each) => reporter.toUnsteadyWarning(each)),
      resolvedIds: judgements.flatMap((each) => reporter.toResolvedIds(each)),
      ...(allAgreed && checks.length > 0
        ? { checkpoint: { seq: this.startSeq, cursor: this.startCursor } }
        : {}),
    };
    const isEmpty = checks.length + change.warnings.length + change.resolvedIds.length === 0;
    return isEmpty ? undefined : change;
  }
}

/**
 * Returns true if the result of a check must be stored.
 * @param isIdle true if the pull found no new rows; the next pulls will then probably store nothing either
 */
function isWorthStoring(before: AccountSum['check'], after: AccountSum['check'], isIdle: boolean): boolean {
  if (hasCheckChanged(before, after)) return true;
  if (before.agreed === undefined || after.agreed === undefined) return false;
  const newRows = after.agreed.seq - before.agreed.seq;
  const isOld = after.agreed.at - before.agreed.at >= MIN_AGREEMENT_INTERVAL_MS;
  return newRows > 0 && (isIdle || isOld || newRows >= MAX_UNSTORED_ROWS);
}
