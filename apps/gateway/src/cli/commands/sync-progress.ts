/** Shows the progress of `tributary sync` as progress bars on a terminal, and as lines in any other output. */
import type { SyncProgress } from '@tributary/sync';
import { MultiBar, Presets, type SingleBar } from 'cli-progress';
import { pluralize, replaceControlCharacters } from '../shared/terminal.js';

export interface ProgressView {
  show(progress: SyncProgress): void;
  end(): void;
}

/** The minimum time in ms between two progress lines of one stream. */
const MIN_LINE_INTERVAL_MS = 5000;

export class ProgressLines implements ProgressView {
  readonly #lastPrintedAt = new Map<string, number>();

  constructor(private readonly print: (line: string) => void) {}

  show(progress: SyncProgress): void {
    const name = formatStreamName(progress);
    const now = Date.now();
    const lastPrintedAt = this.#lastPrintedAt.get(name);
    if (lastPrintedAt === undefined) this.#lastPrintedAt.set(name, now);
    if (!progress.finished && now - (lastPrintedAt ?? now) < MIN_LINE_INTERVAL_MS) return;
    this.#lastPrintedAt.set(name, now);
    this.print(`${name}: ${[formatCounts(progress), ...formatState(progress)].join('; ')}`);
  }

  end(): void {}
}

export class ProgressBars implements ProgressView {
  readonly #bars = new MultiBar(
    {
      format: '{name} |{bar}| {text}',
      hideCursor: true,
      barsize: 24,
      emptyOnZero: true,
      stopOnComplete: false,
    },
    Presets.shades_grey,
  );
  readonly #byStream = new Map<string, SingleBar>();
  readonly #failures: string[] = [];

  /**
   * @param maxPathLength number of characters of the longest connector path, so that all bars begin in the same column
   * @param print prints the errors of failed streams, which are too long for a bar
   */
  constructor(
    private readonly maxPathLength: number,
    private readonly print: (line: string) => void,
  ) {}

  show(progress: SyncProgress): void {
    const name = formatStreamName(progress).padEnd(this.maxPathLength + '/ beneficiaries'.length);
    const bar = this.#byStream.get(name) ?? this.#bars.create(1, 0, { name, text: '' });
    this.#byStream.set(name, bar);
    const { done, total } = progress.listing ?? { done: 0, total: 0 };
    const hasFailed = progress.error !== undefined;
    const isComplete = progress.finished && !hasFailed;
    if (hasFailed) this.#failures.push(`${formatStreamName(progress)}: ${formatState(progress).join()}`);
    // The state comes first in the line, because a narrow terminal cuts off the end of the line.
    const text = [...(hasFailed ? ['FAILED'] : formatState(progress)), formatCounts(progress)].join('; ');
    // If the plugin does not report a total, the bar becomes full only at the end.
    bar.setTotal(Math.max(total, 1));
    bar.update(isComplete ? Math.max(total, 1) : Math.min(done, total), { name, text });
  }

  end(): void {
    this.#bars.stop();
    for (const failure of this.#failures) this.print(failure);
  }
}

function formatStreamName({ connector, stream }: SyncProgress): string {
  return `/${connector} ${stream}`;
}

function formatCounts({ records, pages, added, changed, refused }: SyncProgress): string {
  return `${pluralize(records, 'record')} in ${pluralize(pages, 'page')}, ${added} new, ${changed} changed, ${refused} rejected`;
}

/** Describes the state of a stream, or returns an empty list if the plugin reports no total. */
function formatState({ connector, stream, error, finished, listing }: SyncProgress): string[] {
  if (error !== undefined)
    return [`FAILED: ${replaceControlCharacters(error).replace(`${connector} ${stream}: `, '')}`];
  if (finished) return ['caught up'];
  return listing ? [`${listing.done} of ${listing.total} ${listing.unit}`] : [];
}
