/** A mistake that is added to the reference plugin, to test that the suite detects it (mutation testing). */
export interface Mutation {
  description: string;
  file:
    | 'reference.client.ts'
    | 'reference.mapper.ts'
    | 'reference.plugin.ts'
    | 'reference.config.ts'
    | 'index.ts';
  /** Source code that occurs exactly once in the file. It is replaced by `replacement`. */
  original: string;
  replacement: string;
  /** Further replacements in the same file that belong to the mutation. */
  additionalReplacements?: readonly (readonly [code: string, by: string])[];
  /** The name of a check that must fail. Other checks may fail, too. */
  detectedBy: string;
}
