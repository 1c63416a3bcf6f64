/** A mistake in the reference plugin, for mutation testing of the suite. */
export interface Mutation {
  description: string;
  file:
    'reference.client.ts' | 'reference.mapper.ts' | 'reference.psp.ts' | 'reference.config.ts' | 'index.ts';
  /** Source code that occurs exactly once in the file. `replacement` replaces it. */
  original: string;
  replacement: string;
  /** Further replacements in the same file that belong to the mutation. */
  additionalReplacements?: readonly (readonly [code: string, by: string])[];
  /** Name of a check that must fail. Other checks may fail, too. */
  detectedBy: string;
}
