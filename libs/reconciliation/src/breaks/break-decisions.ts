/**
 * Records the decisions of people about breaks: accept, assign, comment, link and unlink. A break is a set of items that no rule could
 * match. Each decision is an event of the audit trail.
 */
import type { ReconciliationRepository, StoredRun } from '@tributary/feed';
import { readDecisions } from '../events/read-decisions.js';
import type { Decision, ItemReference } from '../events/event.types.js';
import type { Break } from './break.types.js';

/** The person who makes a decision, and the person's reason. */
export interface DecisionAuthor {
  by: string;
  note: string;
}

/** Thrown when a decision is not possible. The message contains the reason. */
export class DecisionError extends Error {
  override readonly name = 'DecisionError';
}

/** The break or the link of a decision does not exist. */
export class UnknownBreakError extends DecisionError {}

export class BreakDecisions {
  /** @param policies names of the policies in whose newest runs breaks are searched */
  constructor(
    private readonly repository: ReconciliationRepository,
    private readonly policies: readonly string[],
  ) {}

  /**
   * Finds a break in the newest runs of all policies.
   * @throws UnknownBreakError when none of these runs contains the break
   */
  async find(id: string): Promise<{ run: StoredRun; found: Break }> {
    for (const policy of this.policies) {
      const [run] = await this.repository.listRuns(policy, 1);
      const stored = run && (await this.repository.findBreak(run.id, id));
      if (stored) return { run, found: JSON.parse(stored.body) as Break };
    }
    throw new UnknownBreakError(
      `There is no break ${JSON.stringify(id)} in the newest runs; see tributary reconcile list`,
    );
  }

  /**
   * Accepts a break in its present state. If the class or an item of the break changes later, the break becomes open again.
   * @param until RFC 3339; time at which the acceptance ends
   */
  async accept(id: string, { until, ...author }: DecisionAuthor & { until?: string }): Promise<void> {
    const { run, found } = await this.find(id);
    const { fingerprint } = found;
    await this.append({
      ...{ kind: 'accept', policy: run.name, break: id, fingerprint, ...author },
      ...(until !== undefined && { until }),
    });
  }

  async assign(id: string, assignee: string, author: DecisionAuthor): Promise<void> {
    const { run } = await this.find(id);
    await this.append({ kind: 'assign', policy: run.name, break: id, assignee, ...author });
  }

  async comment(id: string, author: DecisionAuthor): Promise<void> {
    const { run } = await this.find(id);
    await this.append({ kind: 'comment', policy: run.name, break: id, ...author });
  }

  /**
   * Links the items of these breaks, so that the next run matches them although no rule does.
   * @returns the sequence number of the event; `unlink` needs this number
   * @throws DecisionError when the sums of both sides differ
   */
  async link(ids: readonly string[], author: DecisionAuthor): Promise<number> {
    const found = [];
    for (const id of new Set(ids)) found.push(await this.find(id));
    const names = new Set(found.map(({ run }) => run.name));
    const [policy = ''] = names;
    if (names.size !== 1)
      throw new DecisionError('The breaks belong to different policies; expected breaks of one policy.');
    assertLinkable(found.map((each) => each.found));
    assertBalanced(found.map((each) => each.found));
    const items = found.flatMap((each) => each.found.items.map(toReference));
    return this.append({
      kind: 'link',
      policy,
      breaks: found.map((each) => each.found.id),
      items,
      ...author,
    });
  }

  /**
   * Undoes a link.
   * @param link sequence number of the event that created the link
   * @throws UnknownBreakError when there is no such link
   */
  async unlink(link: number, author: DecisionAuthor): Promise<void> {
    const last = await this.repository.findLastEventSeq();
    for (const policy of this.policies) {
      const { links } = await readDecisions(this.repository, policy, last);
      if (links.every(({ seq }) => seq !== link)) continue;
      await this.append({ kind: 'unlink', policy, link, ...author });
      return;
    }
    throw new UnknownBreakError(
      `There is no link ${link}, or it was undone already; see tributary reconcile show`,
    );
  }

  private async append(decision: Decision): Promise<number> {
    return (await this.repository.appendEvent(decision)).seq;
  }
}

function assertLinkable(breaks: readonly Break[]): void {
  const found = breaks.find(({ leg }) => leg !== undefined);
  if (found)
    throw new DecisionError(
      `Break ${found.id} is not a row or a booking, so it cannot be linked. Accept it instead, or correct its cause.`,
    );
}

function assertBalanced(breaks: readonly Break[]): void {
  const sums = new Map<string, bigint>();
  for (const { id, differences, items, itemCount } of breaks) {
    if (items.length < itemCount)
      throw new DecisionError(
        `Break ${id} has ${itemCount} items; a link can have the first ${items.length} only.`,
      );
    for (const { account, asset, amount } of differences)
      sums.set(`${account} ${asset}`, (sums.get(`${account} ${asset}`) ?? 0n) + BigInt(amount));
  }
  const unequal = [...sums].find(([, sum]) => sum !== 0n);
  if (!unequal) return;
  const [account, asset] = unequal[0].split(' ');
  throw new DecisionError(
    `Rows and bookings of ${account} differ by ${unequal[1]} ${asset}; a link needs equal sums. Accept the breaks instead, or book the difference.`,
  );
}

function toReference({ side, source, recordId, account, asset }: ItemReference): ItemReference {
  return { side, source, recordId, account, asset };
}
