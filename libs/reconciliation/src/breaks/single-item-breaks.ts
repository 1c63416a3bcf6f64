/** Holds the breaks of single items until all of them are known, because a suggestion needs all breaks. */
import { addSuggestions } from '../matching/find-suggestions.js';
import type { Policy } from '../policy/policy.types.js';
import type { BreakDraft } from './break.types.js';

/** Maximum number of breaks of single items that are kept in memory. If a run has more, it makes no suggestions. */
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

  /** Passes on the held breaks with their suggestions. */
  async finish(): Promise<void> {
    if (!this.held) return;
    addSuggestions(this.policy, this.held);
    for (const each of this.held) await this.onBreak(each);
  }
}
