/** Formats a JSON log line for people: `{"level":"info","time":"…","msg":"listening","url":"…"}` → `12:00:00.000 info  listening url=…`. */

const WIDEST_LEVEL = 5;

export function prettyLine(line: string): string {
  const parsed = parse(line);
  if (parsed === undefined) return line;
  const { level, time, msg, err, ...rest } = parsed;
  const clock = typeof time === 'string' ? time.slice(11, 23) : '';
  const members = Object.entries(rest).map(([name, value]) => `${name}=${shown(value)}`);
  const head = [
    clock,
    String(level).padEnd(WIDEST_LEVEL),
    ...(typeof msg === 'string' ? [msg] : []),
    ...members,
  ];
  return `${head.join(' ')}\n${stackOf(err)}`;
}

function parse(line: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    // Redaction can make a line invalid JSON. The line is then printed unchanged.
    return undefined;
  }
}

function shown(value: unknown): string {
  return typeof value === 'string' && /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value);
}

function stackOf(err: unknown): string {
  if (typeof err !== 'object' || err === null || !('stack' in err)) return '';
  return typeof err.stack === 'string' ? `${err.stack.replaceAll(/^/gm, '    ')}\n` : '';
}
