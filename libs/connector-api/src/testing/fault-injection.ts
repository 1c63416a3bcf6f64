/** Faults that a `FakePsp` injects into chosen requests: error statuses, dropped connections, slow or broken responses. */
import type { FakeRequest, FakeResponse } from './fake-route.js';
import { matchPath } from './fake-route.js';

export type Fault =
  /** Responds with this status. `retryAfter` is the raw header value. `body` defaults to the fake's `createErrorBody`. */
  | { status: number; retryAfter?: string; body?: unknown }
  /** Sends this response without checking it, e.g. an example from the document that violates the document's own schema. */
  | { response: FakeResponse }
  /** Resets the connection before the PSP processes the request. */
  | 'reset'
  /** Processes the request, then resets the connection before the response. */
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
  /** Path template, e.g. `/transaction/{id}`. Default: any path. */
  path?: string;
  /**
   * Returns true if the fault applies to a request with this method and path, e.g. depending on its query. Default: it applies to every
   * request.
   */
  isTarget?: (request: FakeRequest) => boolean;
  /** Number of the first matching request that fails, counted from now. Default 1: the next request. */
  nth?: number;
  /** Number of matching requests that fail. Default 1. `Infinity` lasts until `clearFaults`. */
  times?: number;
}

/** Holds the fault plans of one `FakePsp` and counts the requests that match them. */
export class FaultInjector {
  private plans: (Required<Pick<FaultPlan, 'fault' | 'nth' | 'times'>> & FaultPlan & { seen: number })[] = [];

  add(plan: FaultPlan): void {
    this.plans.push({ ...plan, nth: plan.nth ?? 1, times: plan.times ?? 1, seen: 0 });
  }

  clear(): void {
    this.plans = [];
  }

  /** Returns the fault of the first plan that applies to this request. Every plan counts the request. */
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
