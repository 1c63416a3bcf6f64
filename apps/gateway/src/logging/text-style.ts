/** Adds colours to text on a terminal, or returns plain text. */

export interface TextStyle {
  dim(text: string): string;
  connector(text: string): string;
  /** @param level the level that determines the colour of `text` */
  level(level: string, text: string): string;
}

const LEVEL_COLORS: Readonly<Record<string, number>> = {
  info: 32,
  warn: 33,
  error: 31,
  fatal: 31,
  debug: 90,
};
const DIM = 2;
const CYAN = 36;

export const PLAIN_STYLE: TextStyle = {
  dim: (text) => text,
  connector: (text) => text,
  level: (_level, text) => text,
};

export const COLOR_STYLE: TextStyle = {
  dim: (text) => paint(DIM, text),
  connector: (text) => paint(CYAN, text),
  level: (level, text) => {
    const color = LEVEL_COLORS[level];
    return color === undefined ? text : paint(color, text);
  },
};

/** Wraps text in the ANSI escape sequences that start and end a colour. */
function paint(code: number, text: string): string {
  return `\u001b[${code}m${text}\u001b[0m`;
}
