/** Reads the YAML of the deployment file into plain values. Resolves references, and records the location of each value. */
import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  type Alias,
  type Document,
  type Node,
  type Pair,
  type Scalar,
  type YAMLMap,
} from 'yaml';
import { formatPath, type Path } from './path.js';
import type { Position, Problems } from './problems.js';
import { resolveReferences, UnresolvedError, type Environment } from './references.js';
import { showText } from './shown-value.js';
import { explainYamlError } from './yaml-errors.js';

/** Limits the number of values after alias expansion, so that nested aliases cannot exhaust memory. */
const MOST_VALUES = 20_000;
const MERGE_KEY = '<<';

export interface ReadValue {
  value: unknown;
  /** Keys are paths in the format of `formatPath`. */
  places: ReadonlyMap<string, Place>;
}

/** A node after its alias has been resolved. */
type Value = Exclude<Node, Alias>;

export interface Place extends Position {
  /** Position of the property name; absent for the elements of a list. */
  key?: Position;
  /** Sources of the value, e.g. `environment variable PORT`; empty for a value that is written in the file. */
  origins: string[];
  secrets: string[];
}

/**
 * Reads the YAML and adds a problem for each error.
 * @returns the value, which is `undefined` for an empty file or after a syntax error. Values after a syntax error would be guesses.
 */
export function readYaml(text: string, environment: Environment, problems: Problems): ReadValue {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false });
  const reader = new YamlReader(document, lines, environment, problems);
  for (const { code, pos } of [...document.errors, ...document.warnings]) {
    reader.complain(explainYamlError(code), pos[0]);
  }
  const value = problems.count === 0 && document.contents ? reader.read(document.contents, []) : undefined;
  return { value, places: reader.places };
}

class YamlReader {
  readonly places = new Map<string, Place>();
  /** Nodes that are being read. An alias to one of them would cause an endless recursion. */
  readonly #open = new Set<Node>();
  /** Caches the node of each alias, because the parser searches the whole document for its anchor. */
  readonly #targets = new Map<Node, Value | undefined>();

  constructor(
    private readonly document: Document,
    private readonly lines: LineCounter,
    private readonly environment: Environment,
    private readonly problems: Problems,
  ) {}

  complain(text: string, offset: number): void {
    this.problems.addLine(text, this.#position(offset));
  }

  read(node: Node, path: Path): unknown {
    const offset = node.range?.[0] ?? 0;
    const place: Place = { ...this.#position(offset), origins: [], secrets: [] };
    this.places.set(formatPath(path), place);
    const target = this.#target(node);
    if (!target || this.#open.has(target)) {
      this.problems.add(path, LOST_ALIAS, place);
      return undefined;
    }
    if (this.places.size > MOST_VALUES) {
      this.problems.add([], TOO_MUCH, undefined);
      return undefined;
    }
    if (isScalar(target)) return this.#scalar(target, path, place);
    this.#open.add(target);
    const value = isSeq(target)
      ? target.items.map((item, index) => this.read(item as Node, [...path, index]))
      : this.#mapping(target, path);
    this.#open.delete(target);
    return value;
  }

  #scalar(scalar: Scalar, path: Path, place: Place): unknown {
    if (scalar.value === null) {
      this.problems.add(path, NOTHING, place);
      return undefined;
    }
    if (typeof scalar.value !== 'string') return scalar.value;
    try {
      const { text, origins, secrets } = resolveReferences(scalar.value, this.environment);
      Object.assign(place, { origins, secrets });
      return text;
    } catch (error) {
      if (!(error instanceof UnresolvedError)) throw error;
      this.problems.add(path, error.message, place);
      return undefined;
    }
  }

  #mapping(map: YAMLMap, path: Path): object {
    const pairs = new Map<string, { node: Node; key: Node | undefined }>();
    for (const pair of map.items as Pair<Node, Node | null>[]) {
      if (isScalar(pair.key) && pair.key.value === MERGE_KEY) continue;
      const name = this.#key(pair.key, path);
      if (name === undefined) continue;
      const first = pairs.get(name);
      if (first) this.#duplicate(name, path, pair.key, first.key);
      else pairs.set(name, { key: pair.key, node: pair.value ?? pair.key });
    }
    for (const [name, node] of this.#merged(map, path)) {
      if (!pairs.has(name)) pairs.set(name, { key: undefined, node });
    }
    // `Object.fromEntries` keeps `__proto__` as an ordinary property, so that it is reported as unknown.
    return Object.fromEntries(
      [...pairs].map(([name, { key, node }]) => [name, this.#entry([...path, name], key, node)]),
    );
  }

  #entry(path: Path, key: Node | undefined, node: Node): unknown {
    if (node !== key) {
      const value = this.read(node, path);
      const place = this.places.get(formatPath(path));
      if (place && key?.range) place.key = this.#position(key.range[0]);
      return value;
    }
    // `{ port: }` has no node for the value.
    const place = { ...this.#position(key.range?.[0] ?? 0), origins: [], secrets: [] };
    this.places.set(formatPath(path), place);
    this.problems.add(path, NOTHING, place);
    return undefined;
  }

  /** Returns the properties that `<<: *defaults` takes from one or several other mappings. */
  #merged(map: YAMLMap, path: Path): [string, Node][] {
    const merges = (map.items as Pair<Node, Node | null>[]).filter(
      ({ key }) => isScalar(key) && key.value === MERGE_KEY,
    );
    return merges
      .flatMap(({ value }) => (isSeq(value) ? (value.items as Node[]) : [value]))
      .flatMap((node) => {
        const source = node ? this.#target(node) : undefined;
        if (isMap(source) && !this.#open.has(source)) return this.#pairsOf(source, path);
        this.complain(
          'found "<<" without a mapping; expected an alias like *defaults',
          node?.range?.[0] ?? 0,
        );
        return [];
      });
  }

  #pairsOf(map: YAMLMap, path: Path): [string, Node][] {
    this.#open.add(map);
    const own = (map.items as Pair<Node, Node | null>[]).flatMap(({ key, value }): [string, Node][] =>
      isScalar(key) && key.value !== MERGE_KEY && value ? [[String(key.value), value]] : [],
    );
    const all = [...own, ...this.#merged(map, path)];
    this.#open.delete(map);
    return all;
  }

  #key(node: Node, path: Path): string | undefined {
    if (isScalar(node)) return typeof node.value === 'string' ? node.value : (node.source ?? '');
    const position = this.#position(node.range?.[0] ?? 0);
    this.problems.add([...path, '?'], 'found a key that is not a plain text', position);
    return undefined;
  }

  #duplicate(name: string, path: Path, key: Node, first: Node | undefined): void {
    const line = this.#position(first?.range?.[0] ?? 0).line;
    this.complain(
      `found the key ${showText(formatPath([...path, name]))} a second time; the first is on line ${line}. Remove one`,
      key.range?.[0] ?? 0,
    );
  }

  #target(node: Node): Value | undefined {
    if (!isAlias(node)) return node;
    if (!this.#targets.has(node)) this.#targets.set(node, node.resolve(this.document));
    return this.#targets.get(node);
  }

  #position(offset: number): Position {
    const { line, col } = this.lines.linePos(offset);
    return { line, column: col };
  }
}

const NOTHING = 'found nothing; give it a value, or leave the key out';
const LOST_ALIAS = 'found an alias (*…) without its anchor (&…) above it, or inside what it repeats';
const TOO_MUCH = `found more than ${MOST_VALUES} values, all aliases written out`;
