/**
 * How many failed attempts an address has left: a token bucket each. Only failures take tokens and only failures are refused
 * for want of them: many connectors of one Formance share an address, and one wrong key must not lock out the others.
 */
export interface FailureLimits {
  /** Failures in a row before the first refusal. */
  burst: number;
  /** Failures that become possible again each second. */
  perSecond: number;
  /** Addresses remembered; the one that failed longest ago is forgotten first. */
  addresses: number;
}

const DEFAULTS: FailureLimits = { burst: 60, perSecond: 1, addresses: 10_000 };

interface Bucket {
  tokens: number;
  /** When `tokens` was true, milliseconds. */
  at: number;
}

export class FailureLimiter {
  private readonly limits: FailureLimits;
  private readonly buckets = new Map<string, Bucket>();

  /** @param now milliseconds of a clock that never goes back */
  constructor(
    limits: Partial<FailureLimits> = {},
    private readonly now: () => number = () => performance.now(),
  ) {
    this.limits = { ...DEFAULTS, ...limits };
  }

  /**
   * Counts a failed attempt.
   * @returns 0 while the address has attempts left, else the seconds until it has one
   */
  fail(address: string): number {
    const group = addressGroup(address);
    const { burst, perSecond } = this.limits;
    const now = this.now();
    const { tokens, at } = this.buckets.get(group) ?? { tokens: burst, at: now };
    const available = Math.min(burst, tokens + ((now - at) / 1000) * perSecond);
    const left = available >= 1 ? available - 1 : available;
    this.remember(group, { tokens: left, at: now });
    return available >= 1 ? 0 : Math.ceil((1 - left) / perSecond);
  }

  private remember(group: string, bucket: Bucket): void {
    // Deleted first: a Map keeps the order of insertion, so the oldest failure stays in front.
    this.buckets.delete(group);
    this.buckets.set(group, bucket);
    if (this.buckets.size <= this.limits.addresses) return;
    const [oldest] = this.buckets.keys();
    if (oldest !== undefined) this.buckets.delete(oldest);
  }
}

/** One subscriber of IPv6 has 2^64 addresses: they count as one. */
export function addressGroup(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.split('::');
  const front = head === '' ? [] : head.split(':');
  const back = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : 8 - front.length - back.length;
  const groups = [...front, ...Array<string>(Math.max(0, zeros)).fill('0'), ...back];
  return `${groups
    .slice(0, 4)
    .map((group) => parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}
