/** What can go wrong between a client and a PSP, to be planned for certain requests. */
import type { FakeAnswer } from './fake-route.js';
import { matchPath } from './fake-route.js';

export type Fault =
  /** This status instead of an answer. `retryAfter`: the header as it is sent. `body`: default the fake's `errorBody`. */
  | { status: number; retryAfter?: string; body?: unknown }
  /** This answer instead, unchecked: e.g. one of the document's own examples, which not even its own schema may accept. */
  | { answer: FakeAnswer }
  /** The connection breaks before the PSP has done anything. */
  | 'reset'
  /** The PSP does what it was asked, and the connection breaks before the answer. */
  | 'answer-lost'
  /** As `answer-lost`, in the middle of the answer's body. */
  | 'truncated'
  /** A page of HTML with status 200, as a captive portal or a maintenance page. */
  | 'html'
  /** JSON that ends in the middle, with a length that fits. */
  | 'broken-json'
  /** The answer comes so many milliseconds late. */
  | { slow: number };

export interface FaultPlan {
  fault: Fault;
  method?: string;
  /** A template: `/transaction/{id}`. Any path without it. */
  path?: string;
  /** Begins with the so manieth matching request from now on. Default 1, the next. */
  nth?: number;
  /** For so many matching requests. Default 1; `Infinity` until `clearFaults`. */
  times?: number;
}

export class PlannedFaults {
  private plans: (Required<Pick<FaultPlan, 'fault' | 'nth' | 'times'>> & FaultPlan & { seen: number })[] = [];

  plan(plan: FaultPlan): void {
    this.plans.push({ ...plan, nth: plan.nth ?? 1, times: plan.times ?? 1, seen: 0 });
  }

  clear(): void {
    this.plans = [];
  }

  /** The first plan that wants this request; all plans count it. */
  take(method: string, path: string): Fault | undefined {
    let fault: Fault | undefined;
    for (const plan of this.plans) {
      if (plan.method !== undefined && plan.method !== method) continue;
      if (plan.path !== undefined && matchPath(plan.path, path) === undefined) continue;
      plan.seen += 1;
      if (plan.seen >= plan.nth && plan.seen < plan.nth + plan.times) fault ??= plan.fault;
    }
    return fault;
  }
}
