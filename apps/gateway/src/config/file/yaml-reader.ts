/** Converts the YAML of the deployment file to plain values. It resolves references, and records the location of each value. */
import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Alias,
  type Node,
  type Pair,
  type Scalar,
  type YAMLMap,
} from 'yaml';
import { formatPath, formatPathForMessage, type ConfigPath } from './value-path.js';
import type { LineColumn, ConfigProblems } from './config-problems.js';
import type { RemoteSecrets } from '../secrets/remote-secrets.js';
import type { SecretReference } from '../secrets/secret-reference.js';
import { resolveReferences, type Environment } from './references.js';
import { UnresolvedReferenceError } from './unresolved-reference-error.js';
import { parseYamlDocument } from './parse-yaml-document.js';

/**
 * The maximum number of values after aliases were expanded. More values are reported as a problem, so that nested aliases cannot exhaust
 * memory.
 */
const MAX_VALUES = 20_000;
/**
 * The maximum number of properties that `<<` copies, including properties that the mapping then overrides. More properties are reported as
 * a problem.
 */
const MAX_MERGED_PROPERTIES = 100_000;
/** The maximum nesting after aliases were expanded. Deeper nesting is reported as a problem. A deployment file has about ten levels. */
const MAX_DEPTH = 100;
const MERGE_KEY = '<<';

export interface YamlReadResult {
  value: unknown;
  /** The location of each value. The key is the path of the value in the format of `formatPath`. */
  locations: ReadonlyMap<string, SourceLocation>;
}

/** A node that is not an alias. */
type ResolvedNode = Exclude<Node, Alias>;

export interface SourceLocation extends LineColumn {
  /** The position of the property name; absent for the elements of a list. */
  namePosition?: LineColumn;
  /** Where the value comes from, e.g. `environment variable PORT`. The list is empty for a value that is written in the file. */
  origins: string[];
  secrets: string[];
  /** The reference whose secret was not requested. The rules of the property do not apply to its value. */
  unread?: SecretReference;
}

/**
 * Reads the YAML, and adds a problem for each error.
 * @returns the value. It is `undefined` for an empty file and after a syntax error, because the values after a syntax error are uncertain
 */
export function readYaml(
  text: string,
  environment: Environment,
  problems: ConfigProblems,
  remoteSecrets?: RemoteSecrets,
): YamlReadResult {
  const lines = new LineCounter();
  const { document, anchors, problems: syntaxProblems } = parseYamlDocument(text, lines);
  const reader = new YamlReader(anchors, lines, environment, problems, remoteSecrets);
  for (const problem of syntaxProblems) reader.reportSyntaxProblem(problem.text, problem.offset);
  const value =
    problems.count === 0 && document.contents ? reader.readNode(document.contents, []) : undefined;
  return { value, locations: reader.locations };
}

class YamlReader {
  readonly locations = new Map<string, SourceLocation>();
  /** The nodes that are being read. An alias to one of these nodes would cause an endless recursion. */
  readonly #nodesInProgress = new Set<Node>();
  /** The properties of each mapping that other mappings repeat with `<<`. They are kept, so that nested merges are expanded only once. */
  readonly #mergedProperties = new Map<YAMLMap, ReadonlyMap<string, Node>>();
  #mergedCount = 0;

  constructor(
    private readonly anchors: ReadonlyMap<Alias, Node>,
    private readonly lines: LineCounter,
    private readonly environment: Environment,
    private readonly problems: ConfigProblems,
    private readonly remoteSecrets: RemoteSecrets | undefined,
  ) {}

  reportSyntaxProblem(text: string, offset: number): void {
    this.problems.addLineProblem(text, this.#toPosition(offset));
  }

  readNode(node: Node, path: ConfigPath): unknown {
    const offset = node.range?.[0] ?? 0;
    const location: SourceLocation = { ...this.#toPosition(offset), origins: [], secrets: [] };
    this.locations.set(formatPath(path), location);
    const target = this.#resolveAlias(node);
    if (!target || this.#nodesInProgress.has(target)) {
      this.problems.add(path, INVALID_ALIAS_MESSAGE, location);
      return undefined;
    }
    if (path.length > MAX_DEPTH) {
      this.problems.add([], TOO_DEEP_MESSAGE, undefined);
      return undefined;
    }
    if (this.locations.size > MAX_VALUES) {
      this.problems.add([], TOO_MANY_VALUES_MESSAGE, undefined);
      return undefined;
    }
    if (isScalar(target)) return this.#readScalar(target, path, location);
    this.#nodesInProgress.add(target);
    const value = isSeq(target)
      ? target.items.map((item, index) => this.readNode(item as Node, [...path, index]))
      : this.#readMapping(target, path);
    this.#nodesInProgress.delete(target);
    return value;
  }

  #readScalar(scalar: Scalar, path: ConfigPath, location: SourceLocation): unknown {
    if (scalar.value === null) {
      this.problems.add(path, EMPTY_VALUE_MESSAGE, location);
      return undefined;
    }
    if (typeof scalar.value !== 'string') return scalar.value;
    try {
      const { text, ...sources } = resolveReferences(scalar.value, this.environment, this.remoteSecrets);
      Object.assign(location, sources);
      if (sources.unread !== undefined && path[0] === 'secrets')
        this.problems.add(path, SOURCE_REFERENCE_MESSAGE, location);
      return text;
    } catch (error) {
      if (!(error instanceof UnresolvedReferenceError)) throw error;
      this.problems.add(path, error.message, location);
      return undefined;
    }
  }

  #readMapping(map: YAMLMap, path: ConfigPath): object {
    const pairs = new Map<string, { node: Node; key: Node | undefined }>();
    for (const pair of map.items as Pair<Node, Node | null>[]) {
      if (isScalar(pair.key) && pair.key.value === MERGE_KEY) continue;
      const name = this.#readName(pair.key, path);
      if (name === undefined) continue;
      const first = pairs.get(name);
      if (first) this.#reportDuplicate(name, path, pair.key, first.key);
      else pairs.set(name, { key: pair.key, node: pair.value ?? pair.key });
    }
    for (const [name, node] of this.#readMergedProperties(map, path)) {
      if (!pairs.has(name)) pairs.set(name, { key: undefined, node });
    }
    // `Object.fromEntries` keeps `__proto__` as an ordinary property, so that it is reported as unknown.
    return Object.fromEntries(
      [...pairs].map(([name, { key, node }]) => [name, this.#readProperty([...path, name], key, node)]),
    );
  }

  #readProperty(path: ConfigPath, key: Node | undefined, node: Node): unknown {
    if (node !== key) {
      const value = this.readNode(node, path);
      const place = this.locations.get(formatPath(path));
      if (place && key?.range) place.namePosition = this.#toPosition(key.range[0]);
      return value;
    }
    // The text `{ port: }` has no node for the value, so the position of the name is used.
    const place = { ...this.#toPosition(key.range?.[0] ?? 0), origins: [], secrets: [] };
    this.locations.set(formatPath(path), place);
    const isSpaceMissing = String(path.at(-1)).includes(':');
    this.problems.add(path, isSpaceMissing ? MISSING_SPACE_MESSAGE : EMPTY_VALUE_MESSAGE, place);
    return undefined;
  }

  /**
   * Returns the properties that `<<: *defaults` copies from one or more other mappings. If a name occurs several times, its first value is
   * used.
   */
  #readMergedProperties(map: YAMLMap, path: ConfigPath): ReadonlyMap<string, Node> {
    const merged = new Map<string, Node>();
    for (const node of listMergeSources(map)) {
      const source = node ? this.#resolveAlias(node) : undefined;
      if (!isMap(source) || this.#nodesInProgress.has(source)) {
        this.reportSyntaxProblem(
          'found "<<" without a mapping; expected an alias like *defaults',
          node?.range?.[0] ?? 0,
        );
        continue;
      }
      const properties = this.#listProperties(source, path);
      this.#mergedCount += properties.size;
      if (this.#mergedCount > MAX_MERGED_PROPERTIES) {
        this.problems.add([], TOO_MANY_VALUES_MESSAGE, undefined);
        break;
      }
      for (const [name, value] of properties) if (!merged.has(name)) merged.set(name, value);
    }
    return merged;
  }

  /** Returns the properties of a mapping, including those that it copies from other mappings. */
  #listProperties(map: YAMLMap, path: ConfigPath): ReadonlyMap<string, Node> {
    const known = this.#mergedProperties.get(map);
    if (known !== undefined) return known;
    this.#nodesInProgress.add(map);
    const all = new Map<string, Node>();
    for (const { key, value } of map.items as Pair<Node, Node | null>[]) {
      if (isScalar(key) && key.value !== MERGE_KEY && value) all.set(String(key.value), value);
    }
    for (const [name, value] of this.#readMergedProperties(map, path)) {
      if (!all.has(name)) all.set(name, value);
    }
    this.#nodesInProgress.delete(map);
    this.#mergedProperties.set(map, all);
    return all;
  }

  #readName(node: Node, path: ConfigPath): string | undefined {
    if (isScalar(node)) return typeof node.value === 'string' ? node.value : (node.source ?? '');
    const position = this.#toPosition(node.range?.[0] ?? 0);
    this.problems.add([...path, '?'], 'found a key that is not a plain text', position);
    return undefined;
  }

  #reportDuplicate(name: string, path: ConfigPath, key: Node, first: Node | undefined): void {
    const line = this.#toPosition(first?.range?.[0] ?? 0).line;
    this.reportSyntaxProblem(
      `found the key "${formatPathForMessage([...path, name])}" a second time; the first is on line ${line}. Remove one`,
      key.range?.[0] ?? 0,
    );
  }

  #resolveAlias(node: Node): ResolvedNode | undefined {
    const target = isAlias(node) ? this.anchors.get(node) : node;
    return isAlias(target) ? undefined : target;
  }

  #toPosition(offset: number): LineColumn {
    const { line, col } = this.lines.linePos(offset);
    return { line, column: col };
  }
}

/** Returns the values of all `<<`: mappings, or aliases of them. */
function listMergeSources(map: YAMLMap): (Node | null)[] {
  return (map.items as Pair<Node, Node | null>[])
    .filter(({ key }) => isScalar(key) && key.value === MERGE_KEY)
    .flatMap(({ value }) => (isSeq(value) ? (value.items as Node[]) : [value]));
}

const SOURCE_REFERENCE_MESSAGE =
  'found a reference to a secret source in the settings of secret sources; expected a variable, a file or the value itself';
const EMPTY_VALUE_MESSAGE = 'found nothing; give it a value, or leave the key out';
const MISSING_SPACE_MESSAGE =
  'found a key that contains a colon and has no value; write a space after the colon, like "key: value"';
const INVALID_ALIAS_MESSAGE =
  'found an alias (*…) without its anchor (&…) above it, or inside what it repeats';
const TOO_DEEP_MESSAGE = 'the values are nested too deeply, all aliases written out';
const TOO_MANY_VALUES_MESSAGE = `found more than ${MAX_VALUES} values, all aliases written out`;
