/**
 * The limits for failed authentication attempts. Each client address has one token bucket. Only a failed attempt consumes a token, and only
 * a failed attempt is rejected with 429 if the bucket is empty. Successful requests are not limited, because many connectors of one
 * Formance installation share an address, and one wrong key must not block the other keys.
 */
export interface FailureLimits {
  /** The capacity of a bucket: the number of failures in a row before the first 429. */
  burst: number;
  /** The number of tokens that are added to a bucket per second. */
  refillPerSecond: number;
  /** The maximum number of buckets. If there are more, the bucket with the oldest failure is deleted. */
  maxAddresses: number;
}

const DEFAULT_FAILURE_LIMITS: FailureLimits = { burst: 60, refillPerSecond: 1, maxAddresses: 10_000 };

interface Bucket {
  tokens: number;
  /** The time at which `tokens` was calculated, in milliseconds of the limiter's clock. */
  updatedAt: number;
}

/** Counts failed attempts per client address, and calculates how long an address must wait. */
export class FailureLimiter {
  private readonly limits: FailureLimits;
  private readonly buckets = new Map<string, Bucket>();

  /**
   * Creates a limiter.
   * @param now returns the milliseconds of a monotonic clock
   */
  constructor(
    limits: Partial<FailureLimits> = {},
    private readonly now: () => number = () => performance.now(),
  ) {
    this.limits = { ...DEFAULT_FAILURE_LIMITS, ...limits };
  }

  /**
   * Records a failed attempt.
   * @returns 0 if the address has attempts left; otherwise the number of seconds until the next attempt is allowed
   */
  recordFailure(address: string): number {
    const bucketKey = getRateLimitKey(address);
    const { burst, refillPerSecond } = this.limits;
    const now = this.now();
    const { tokens, updatedAt } = this.buckets.get(bucketKey) ?? { tokens: burst, updatedAt: now };
    const available = Math.min(burst, tokens + ((now - updatedAt) / 1000) * refillPerSecond);
    const remaining = available >= 1 ? available - 1 : available;
    this.storeBucket(bucketKey, { tokens: remaining, updatedAt: now });
    return available >= 1 ? 0 : Math.ceil((1 - remaining) / refillPerSecond);
  }

  private storeBucket(bucketKey: string, bucket: Bucket): void {
    // The entry is deleted and inserted again, so that it moves to the end of the Map. The first entry is then always the one with the
    // oldest failure.
    this.buckets.delete(bucketKey);
    this.buckets.set(bucketKey, bucket);
    if (this.buckets.size <= this.limits.maxAddresses) return;
    const [oldest] = this.buckets.keys();
    if (oldest !== undefined) this.buckets.delete(oldest);
  }
}

/**
 * Returns the key of the bucket for an address. For IPv4, it is the address itself. For IPv6, it is the /64 prefix, e.g.
 * `2001:db8:0:7::/64`, because one IPv6 subscriber has 2^64 addresses.
 */
export function getRateLimitKey(address: string): string {
  const mappedIpv4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mappedIpv4 !== undefined) return mappedIpv4;
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
