/**
 * The order in which Jest starts the spec files. In a fresh clone, Jest knows no durations and sorts the files by size. Some long specs are
 * small files. They would begin last, and the other worker would wait for their end.
 */
import sequencerModule from '@jest/test-sequencer';

const Sequencer = sequencerModule.default ?? sequencerModule;

/** The long specs that are started first. All others follow in the order of Jest. */
const LONG_SPECS_IN_SMALL_FILES = [
  'test/generator/generator.spec.ts',
  'libs/connector-api/src/testing/suite/mutations.spec.ts',
];

export default class LongestFirstSequencer extends Sequencer {
  sort(tests) {
    const isFirst = ({ path }) => LONG_SPECS_IN_SMALL_FILES.some((spec) => path.endsWith(`/${spec}`));
    const sorted = super.sort(tests);
    return [...sorted.filter(isFirst), ...sorted.filter((test) => !isFirst(test))];
  }
}
