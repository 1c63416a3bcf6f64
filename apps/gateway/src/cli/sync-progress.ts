/** How a `sync` shows how far it is: bars on a terminal, lines of text elsewhere. */
import type { SyncProgress } from '@tributary/sync';
import { MultiBar, Presets, type SingleBar } from 'cli-progress';
import { count, printable } from './terminal.js';

export interface ProgressView {
  show(progress: SyncProgress): void;
  end(): void;
}

/** Between two lines about a stream that is not done. */
const PAUSE = 5000;

export class ProgressLines implements ProgressView {
  readonly #lastAt = new Map<string, number>();

  constructor(private readonly print: (line: string) => void) {}

  show(progress: SyncProgress): void {
    const name = nameOf(progress);
    const now = Date.now();
    const lastAt = this.#lastAt.get(name);
    if (lastAt === undefined) this.#lastAt.set(name, now);
    if (!progress.finished && now - (lastAt ?? now) < PAUSE) return;
    this.#lastAt.set(name, now);
    this.print(`${name}: ${describe(progress)}`);
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

  /** @param longestPath characters of the longest path of a connector: the bars begin in one column */
  constructor(private readonly longestPath: number) {}

  show(progress: SyncProgress): void {
    const name = nameOf(progress).padEnd(this.longestPath + '/ beneficiaries'.length);
    const bar = this.#byStream.get(name) ?? this.#bars.create(1, 0, { name, text: '' });
    this.#byStream.set(name, bar);
    const { done, total } = progress.listing ?? { done: 0, total: 0 };
    const full = progress.finished && progress.error === undefined;
    // Where the plugin does not know how much there is, the bar fills when it is done.
    bar.setTotal(Math.max(total, 1));
    bar.update(full ? Math.max(total, 1) : Math.min(done, total), { name, text: describe(progress) });
  }

  end(): void {
    this.#bars.stop();
  }
}

function nameOf({ connector, stream }: SyncProgress): string {
  return `/${connector} ${stream}`;
}

function describe(progress: SyncProgress): string {
  const { records, pages, added, changed, refused, finished, error, listing } = progress;
  const counts = `${count(records, 'record')} in ${count(pages, 'page')}, ${added} new, ${changed} changed, ${refused} refused`;
  if (error !== undefined) return `${counts}; FAILED: ${printable(error)}`;
  if (finished) return `${counts}; caught up`;
  return listing ? `${counts}; ${listing.done} of ${listing.total} ${listing.unit}` : counts;
}
