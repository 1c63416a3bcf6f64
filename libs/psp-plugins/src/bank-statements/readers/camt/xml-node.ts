/** A tiny tree: one entry, one balance or one account at a time. */
export interface XmlNode {
  /** Without the prefix. */
  name: string;
  /** Its own text, untrimmed. */
  text: string;
  /** `@Ccy`: the one attribute that statements use. */
  currency?: string;
  children: XmlNode[];
}

export function childOf(node: XmlNode | undefined, name: string): XmlNode | undefined {
  if (!node) return undefined;
  for (const child of node.children) if (child.name === name) return child;
  return undefined;
}

export function childrenOf(node: XmlNode | undefined, name: string): XmlNode[] {
  return node ? node.children.filter((child) => child.name === name) : [];
}

/** `nodeAt(entry, 'BookgDt', 'Dt')` */
export function nodeAt(node: XmlNode | undefined, ...path: string[]): XmlNode | undefined {
  let found = node;
  for (const name of path) found = childOf(found, name);
  return found;
}

/** The trimmed text there; an empty element counts as absent. */
export function textAt(node: XmlNode | undefined, ...path: string[]): string | undefined {
  const text = nodeAt(node, ...path)?.text.trim();
  return text === '' ? undefined : text;
}

/** A choice of a code and a bank's own word: `Cd` or `Prtry`. */
export function codeAt(node: XmlNode | undefined, ...path: string[]): string | undefined {
  const choice = nodeAt(node, ...path);
  return textAt(choice, 'Cd') ?? textAt(choice, 'Prtry');
}

/** Leaves out what is undefined, so that an absent fact is an absent key. */
export function defined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const result = {} as { [K in keyof T]: Exclude<T[K], undefined> };
  for (const key in value) if (value[key] !== undefined) result[key] = value[key] as never;
  return result;
}
