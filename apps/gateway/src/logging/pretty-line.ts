/** Formats a JSON log line for people: `{"level":"info","time":"…","msg":"listening","url":"…"}` → `12:00:00.000 info  listening url=…`. */

const MAX_LEVEL_WIDTH = 5;

export function formatPrettyLine(line: string): string {
  const parsed = parseLine(line);
  if (parsed === undefined) return line;
  const { level, time, msg, err, ...rest } = parsed;
  const clock = typeof time === 'string' ? time.slice(11, 23) : '';
  const properties = Object.entries(rest).map(([name, value]) => `${name}=${formatValue(value)}`);
  const head = [
    clock,
    String(level).padEnd(MAX_LEVEL_WIDTH),
    ...(typeof msg === 'string' ? [msg] : []),
    ...properties,
  ];
  return `${head.join(' ')}\n${formatStack(err)}`;
}

function parseLine(line: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    // Redaction can make a line invalid JSON. The line is then printed unchanged.
    return undefined;
  }
}

function formatValue(value: unknown): string {
  return typeof value === 'string' && /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value);
}

function formatStack(err: unknown): string {
  if (typeof err !== 'object' || err === null || !('stack' in err)) return '';
  return typeof err.stack === 'string' ? `${err.stack.replaceAll(/^/gm, '    ')}\n` : '';
}
