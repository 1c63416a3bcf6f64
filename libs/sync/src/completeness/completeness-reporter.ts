/**
 * Reports the results of completeness checks in the log, the metrics and data warnings. If balance and rows of an account differ, the
 * warning lists the rows and records that may explain the difference.
 */
import { formatAmount, formatTime, type DataWarning } from '@tributary/connector-api';
import { toAccountAssetKey, type CompletenessRepository, type Store } from '@tributary/feed';
import { MAX_QUARANTINE_ENTRIES_READ } from '../reporting/new-issue-logger.js';
import type { SyncContext } from '../sync-context.js';
import type { AccountJudgement } from './account-judgement.js';
import { createGapWarningId } from './gap-warning-id.js';

/** The values of the label `state` of the metric `tributary_completeness_gap`. */
type GapState = 'suspected' | 'confirmed';

export class CompletenessReporter {
  /** The balances that did not agree with the rows at their last check, by account and asset. */
  private readonly disagreeing = new Map<string, { accountId: string; state: GapState }>();
  /** The differences that this process has reported, by account and asset. */
  private readonly reportedGaps = new Map<string, bigint>();

  constructor(
    private readonly path: string,
    private readonly store: Store,
    private readonly repository: CompletenessRepository,
    private readonly context: SyncContext,
  ) {}

  /** The ids of the accounts whose balance did not agree with the rows at the last check. */
  get disagreeingAccounts(): string[] {
    return [...new Set([...this.disagreeing.values()].map(({ accountId }) => accountId))];
  }

  countUnmade(): void {
    this.context.metrics.completenessChecks.inc({ connector: this.path, result: 'not-made' });
  }

  countQuiet(accounts: number): void {
    this.context.metrics.completenessChecks.inc({ connector: this.path, result: 'agreed' }, accounts);
    this.updateGauge();
  }

  /** Clears the results in memory, because another process now checks the connector. */
  clear(): void {
    if (this.disagreeing.size === 0) return;
    this.disagreeing.clear();
    this.updateGauge();
  }

  /**
   * Reports the results of one check.
   * @param hasReread true if the rows were read again from the PSP before this check
   */
  async report(judgements: readonly AccountJudgement[], hasReread: boolean): Promise<void> {
    const { metrics } = this.context;
    for (const [result, { length }] of Map.groupBy(judgements, ({ verdict }) => verdict))
      metrics.completenessChecks.inc({ connector: this.path, result }, length);
    for (const judgement of judgements) {
      this.updateState(judgement);
      if (judgement.before.gap && !judgement.check.gap) this.logClosedGap(judgement);
    }
    if (hasReread) this.logReread(judgements);
    this.updateGauge();
    await this.warnOfGaps(judgements.filter((each) => this.isNewGap(each)));
  }

  /** Returns a data warning if the difference of a balance changes at every check, so that it can never be confirmed as a gap. */
  toUnsteadyWarning(judgement: AccountJudgement): DataWarning[] {
    const { verdict, check, at, accountId, asset } = judgement;
    if (verdict !== 'unsteady') return [];
    const since = formatTime(check.suspect?.since ?? at);
    const message =
      `the balance of account ${accountId} in ${asset} cannot be compared with the rows: since ${since} ` +
      'the difference is another one at each check';
    return [{ id: createGapWarningId(judgement), message }];
  }

  toResolvedIds(judgement: AccountJudgement): string[] {
    const { verdict, before } = judgement;
    const mayHaveWarning = before.gap !== undefined || before.suspect !== undefined;
    return verdict === 'agreed' && mayHaveWarning ? [createGapWarningId(judgement)] : [];
  }

  private updateState({ verdict, accountId, asset, check }: AccountJudgement): void {
    const key = toAccountAssetKey(accountId, asset);
    if (verdict === 'agreed' || verdict === 'learning') this.disagreeing.delete(key);
    else this.disagreeing.set(key, { accountId, state: check.gap ? 'confirmed' : 'suspected' });
  }

  private updateGauge(): void {
    const states = [...this.disagreeing.values()];
    for (const state of ['suspected', 'confirmed'] as const) {
      const count = states.filter((each) => each.state === state).length;
      this.context.metrics.completenessGap.set({ connector: this.path, state }, count);
    }
  }

  private isNewGap({ accountId, asset, check }: AccountJudgement): boolean {
    const key = toAccountAssetKey(accountId, asset);
    const isNew = check.gap !== undefined && this.reportedGaps.get(key) !== check.gap.amount;
    if (check.gap) this.reportedGaps.set(key, check.gap.amount);
    else this.reportedGaps.delete(key);
    return isNew;
  }

  /** Logs confirmed gaps, and stores data warnings that list possible explanations. */
  private async warnOfGaps(gaps: readonly AccountJudgement[]): Promise<void> {
    if (gaps.length === 0) return;
    const entries = await this.store.listQuarantine(this.path, MAX_QUARANTINE_ENTRIES_READ);
    const rejected = entries.filter(({ stream, kind }) => stream === 'transactions' && kind === 'refusal');
    const warnings: DataWarning[] = [];
    for (const gap of gaps) {
      const { accountId, asset, check } = gap;
      const open = await this.repository.describeOpenRows(accountId, asset, check.agreed?.seq ?? 0);
      const message = describeGap(gap, open, rejected.length);
      warnings.push({ id: createGapWarningId(gap), message });
      this.context.logger.warn(
        {
          ...{ connector: this.path, accountId, asset, difference: gap.difference.toString() },
          ...{ openRows: open.count, rejectedRecords: rejected.length },
        },
        `${this.path}: the rows do not explain a balance: ${message}`,
      );
    }
    await this.repository.update([], () => ({ checks: [], warnings, resolvedIds: [] }));
  }

  private logClosedGap({ accountId, asset }: AccountJudgement): void {
    this.context.logger.info(
      { connector: this.path, accountId, asset },
      `${this.path}: the balance of account ${accountId} in ${asset} agrees with the rows again`,
    );
  }

  private logReread(judgements: readonly AccountJudgement[]): void {
    const healed = judgements.filter(({ before, verdict }) => before.suspect && verdict === 'agreed');
    const result = healed.length > 0 ? 'healed' : 'unchanged';
    this.context.metrics.completenessRereads.inc({ connector: this.path, result });
    for (const { accountId, asset } of healed) {
      this.context.logger.warn(
        { connector: this.path, accountId, asset },
        `${this.path}: the listing had left out rows of account ${accountId} in ${asset}; the span was read again, and now they are there`,
      );
    }
  }
}

function describeGap(
  { accountId, asset, balance, difference, at, check }: AccountJudgement,
  open: { count: number; ids: readonly string[] },
  rejectedRecords: number,
): string {
  const format = (amount: bigint) => `${formatAmount({ amount, asset })} ${asset.split('/')[0]}`;
  const size = difference < 0n ? -difference : difference;
  const since = check.agreed
    ? `since ${formatTime(check.agreed.at)}, when they agreed last`
    : 'since the first row';
  const causes = [
    ...(open.count > 0 ? [`${open.count} rows that moved no money yet (${open.ids.join(', ')})`] : []),
    ...(rejectedRecords > 0 ? [`${rejectedRecords} rejected records in the quarantine`] : []),
  ];
  return (
    `the balance of account ${accountId} is ${format(size)} ${difference < 0n ? 'lower' : 'higher'} than its rows say ${since}: ` +
    `expected ${format(balance - difference)}, found ${format(balance)} at ${formatTime(at)}. The span was read again, and the difference stayed. ` +
    `What may explain it: ${causes.length > 0 ? causes.join('; ') : 'no row is open, and no record was rejected'}`
  );
}
