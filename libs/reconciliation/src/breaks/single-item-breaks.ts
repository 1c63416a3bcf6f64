/**
 * Collects the breaks that have only one item until all of them are known. A suggestion can be made only then, because it must be the only
 * possible one.
 */
import { addSuggestions } from '../matching/add-suggestions.js';
import type { Policy } from '../policy/policy.types.js';
import type { BreakDraft } from './break.types.js';

/** The maximum number of collected breaks. If a run has more, the breaks are passed on without suggestions. */
const MAX_HELD_BREAKS = 50_000;

export class SingleItemBreaks {
  private held: BreakDraft[] | undefined = [];

  constructor(
    private readonly policy: Policy,
    private readonly onBreak: (draft: BreakDraft) => Promise<void>,
  ) {}

  async add(draft: BreakDraft): Promise<void> {
    if (!this.held) return this.onBreak(draft);
    this.held.push(draft);
    if (this.held.length <= MAX_HELD_BREAKS) return;
    const held = this.held;
    this.held = undefined;
    for (const each of held) await this.onBreak(each);
  }

  /** Adds the suggestions to the collected breaks, and passes the breaks on. */
  async finish(): Promise<void> {
    if (!this.held) return;
    addSuggestions(this.policy, this.held);
    for (const each of this.held) await this.onBreak(each);
  }
}
