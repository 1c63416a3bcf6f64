import { waitUntilSolved } from './wait-until.js';

/** Creates a clock whose time changes only in `sleep`. */
function createClock() {
  let time = 0;
  return {
    now: () => time,
    sleep: (milliseconds: number) => {
      time += milliseconds;
      return Promise.resolve();
    },
  };
}

it('repeats the check until it finds nothing, and takes an error for a problem', async () => {
  const answers = [
    () => Promise.reject(new Error('refused')),
    () => Promise.resolve(['late']),
    () => Promise.resolve([]),
  ];
  const clock = createClock();
  expect(await waitUntilSolved(() => answers.shift()!(), 60_000, clock)).toEqual([]);
  expect(answers).toEqual([]);
});

it('returns the last problems when the time is over', async () => {
  const clock = createClock();
  let count = 0;
  expect(await waitUntilSolved(() => Promise.resolve([`problem ${++count}`]), 3000, clock)).toEqual([
    'problem 4',
  ]);
});
