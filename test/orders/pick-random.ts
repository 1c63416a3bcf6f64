export function pickRandom<T>(values: readonly T[], random: () => number): T {
  return values[Math.floor(random() * values.length)]!;
}
