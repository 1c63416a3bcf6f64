/** Faults that a `FakePsp` injects into chosen requests: error statuses, dropped connections, slow or broken responses. */
import type { FakeRequest, FakeResponse } from './fake-route.js';
import { matchPath } from './fake-route.js';

export type Fault =
  /**
   * Responds with this status. `retryAfter` is the value of the header `Retry-After`. Default of `body`: the result of the fake's
   * `createErrorBody`.
   */
  | { status: number; retryAfter?: string; body?: unknown }
  /** Sends this response without checking it, e.g. for an example in the document that violates the document's own schema. */
  | { response: FakeResponse }
  /** Resets the connection before the PSP processes the request. */
  | 'reset'
  /** Processes the request, then resets the connection before the response is sent. */
  | 'answer-lost'
  /** Processes the request, then resets the connection in the middle of the response body. */
  | 'truncated'
  /** Sends an HTML page with status 200, like a captive portal or a maintenance page. */
  | 'html'
  /** Sends truncated JSON with a matching `Content-Length`. */
  | 'broken-json'
  /** Delays the response by this number of milliseconds. */
  | { delayMs: number };

export interface FaultPlan {
  fault: Fault;
  method?: string;
  /** The path template: `/transaction/{id}`. Default: any path. */
  path?: string;
  /**
   * Returns true if the fault applies to a request with this method and path, e.g. depending on the query. Default: the fault applies to
   * every such request.
   */
  isTarget?: (request: FakeRequest) => boolean;
  /** The number of the first matching request that fails, counted from now. Default: 1, i.e. the next request. */
  nth?: number;
  /** The number of matching requests that fail. Default: 1. With `Infinity`, requests fail until `clearFaults` is called. */
  times?: number;
}

/** Stores the fault plans of one `FakePsp`, and counts the requests that match them. */
export class FaultInjector {
  private plans: (Required<Pick<FaultPlan, 'fault' | 'nth' | 'times'>> & FaultPlan & { seen: number })[] = [];

  add(plan: FaultPlan): void {
    this.plans.push({ ...plan, nth: plan.nth ?? 1, times: plan.times ?? 1, seen: 0 });
  }

  clear(): void {
    this.plans = [];
  }

  /** Returns the fault of the first plan that applies to a request. Every plan that matches the request counts it. */
  match(request: FakeRequest): Fault | undefined {
    let fault: Fault | undefined;
    for (const plan of this.plans) {
      if (plan.method !== undefined && plan.method !== request.method) continue;
      if (plan.path !== undefined && matchPath(plan.path, request.path) === undefined) continue;
      if (plan.isTarget?.(request) === false) continue;
      plan.seen += 1;
      if (plan.seen >= plan.nth && plan.seen < plan.nth + plan.times) fault ??= plan.fault;
    }
    return fault;
  }
}
