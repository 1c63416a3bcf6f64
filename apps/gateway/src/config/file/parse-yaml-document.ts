/**
 * Parses the text of the deployment file to a YAML document. Features that the file does not need are rejected: deep nesting, which
 * exhausts the stack of the parser, tags that create special values, and YAML 1.1.
 */
import {
  isAlias,
  isNode,
  Lexer,
  parseDocument,
  Parser,
  visit,
  type Alias,
  type Document,
  type LineCounter,
  type Node,
} from 'yaml';
import { explainYamlError } from './yaml-errors.js';

/**
 * The maximum number of entries on the stack of the parser. Deeper nesting is reported as a problem. A level of nesting needs up to three
 * entries, and a deployment file has about ten levels.
 */
const MAX_PARSER_STACK = 300;
/** Matches the tags of the types that YAML recognises without a tag. */
const PLAIN_TAG_PATTERN = /^tag:yaml\.org,2002:(?:str|int|float|bool|null|map|seq)$/;

export interface YamlDocument {
  document: Document;
  /** The node that each alias repeats. If an alias has no anchor, the map does not contain it. */
  anchors: ReadonlyMap<Alias, Node>;
  /** Syntax errors and features that are not allowed. `offset` is a position in the text. */
  problems: readonly { text: string; offset: number }[];
}

/** Parses the text of a deployment file. */
export function parseYamlDocument(text: string, lineCounter: LineCounter): YamlDocument {
  const deepOffset = findDeepNesting(text, lineCounter);
  if (deepOffset !== undefined) {
    const problem = { text: 'the values are nested too deeply', offset: deepOffset };
    return { document: parseDocument(''), anchors: new Map(), problems: [problem] };
  }
  const document = parseDocument(text, { prettyErrors: false, uniqueKeys: false });
  const { anchors, problems } = inspectNodes(document);
  const { errors, warnings, directives } = document;
  for (const { code, pos } of [...errors, ...warnings]) {
    problems.push({ text: explainYamlError(code), offset: pos[0] });
  }
  if (directives?.yaml.explicit && directives.yaml.version !== '1.2') {
    problems.push({ text: 'found a %YAML line of another version; expected YAML 1.2. Remove it', offset: 0 });
  }
  return { document, anchors, problems };
}

/**
 * Returns the position in the text at which the nesting becomes too deep. In contrast to `parseDocument`, this function does not use
 * recursion.
 */
function findDeepNesting(text: string, lineCounter: LineCounter): number | undefined {
  lineCounter.addNewLine(0);
  const parser = new Parser(lineCounter.addNewLine);
  for (const token of new Lexer().lex(text)) {
    const tokens = parser.next(token);
    while (!tokens.next().done);
    if (parser.stack.length > MAX_PARSER_STACK) return parser.offset;
  }
  return undefined;
}

/**
 * Finds the node of each alias, and reports tags. The function needs one pass, because the parser's own lookup would search the whole
 * document for each alias.
 */
function inspectNodes(document: Document) {
  const nodes = new Map<string, Node>();
  const anchors = new Map<Alias, Node>();
  const problems: { text: string; offset: number }[] = [];
  visit(document, {
    Node: (_key, node) => {
      if (isAlias(node)) {
        const target = nodes.get(node.source);
        if (target !== undefined) anchors.set(node, target);
      } else if (isNode(node) && node.anchor !== undefined) nodes.set(node.anchor, node);
      if (node.tag !== undefined && !PLAIN_TAG_PATTERN.test(node.tag)) {
        problems.push({ text: explainYamlError('TAG_RESOLVE_FAILED'), offset: node.range?.[0] ?? 0 });
      }
    },
  });
  return { anchors, problems };
}
