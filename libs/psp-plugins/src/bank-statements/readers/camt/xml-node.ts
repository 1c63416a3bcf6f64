/** A small XML tree of one entry, one balance or one account. */
export interface XmlNode {
  /** The name of the element, without the namespace prefix. */
  name: string;
  /** The element's own text. White space at its ends is kept. */
  text: string;
  /** The value of the attribute `Ccy`. Statements use no other attribute. */
  currency?: string;
  children: XmlNode[];
}

export function findChild(node: XmlNode | undefined, name: string): XmlNode | undefined {
  if (!node) return undefined;
  for (const child of node.children) if (child.name === name) return child;
  return undefined;
}

export function findChildren(node: XmlNode | undefined, name: string): XmlNode[] {
  return node ? node.children.filter((child) => child.name === name) : [];
}

/** Returns the element at a path: `findNode(entry, 'BookgDt', 'Dt')`. */
export function findNode(node: XmlNode | undefined, ...path: string[]): XmlNode | undefined {
  let found = node;
  for (const name of path) found = findChild(found, name);
  return found;
}

/** Returns the trimmed text at a path, or `undefined` if the element is absent or empty. */
export function findText(node: XmlNode | undefined, ...path: string[]): string | undefined {
  const text = findNode(node, ...path)?.text.trim();
  return text === '' ? undefined : text;
}

/** Returns the code at a path. It is in the element `Cd` (ISO) or `Prtry` (proprietary). */
export function findCode(node: XmlNode | undefined, ...path: string[]): string | undefined {
  const choice = findNode(node, ...path);
  return findText(choice, 'Cd') ?? findText(choice, 'Prtry');
}

/** Returns a copy without the properties whose value is `undefined`. */
export function omitUndefined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const result = {} as { [K in keyof T]: Exclude<T[K], undefined> };
  for (const key in value) if (value[key] !== undefined) result[key] = value[key] as never;
  return result;
}
