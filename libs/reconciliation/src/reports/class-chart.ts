/** Draws the number of breaks of each class as a bar chart in SVG. */
import { BREAK_CLASSES } from '../breaks/break.types.js';
import type { RunSummary } from '../runs/run.types.js';

const ROW_HEIGHT = 20;
const LABEL_WIDTH = 180;
const MAX_BAR_WIDTH = 400;
const COLORS = { open: '#b3261e', pending: '#b8860b', accepted: '#5f6b76' } as const;
const STATES = ['open', 'pending', 'accepted'] as const;

/**
 * Draws the chart.
 * @returns an `<svg>` element, or a sentence if there are no breaks
 */
export function drawClassChart(classes: RunSummary['classes']): string {
  const present = BREAK_CLASSES.filter((name) => classes[name]);
  if (present.length === 0) return '<p>There are no breaks.</p>';
  const totals = present.map((name) => STATES.reduce((sum, state) => sum + (classes[name]?.[state] ?? 0), 0));
  const scale = MAX_BAR_WIDTH / Math.max(...totals);
  const rows = present.map((name, index) => {
    const y = index * ROW_HEIGHT;
    let x = LABEL_WIDTH;
    const bars = STATES.map((state) => {
      const width = (classes[name]?.[state] ?? 0) * scale;
      const bar =
        width > 0
          ? `<rect x="${x}" y="${y + 3}" width="${width.toFixed(1)}" height="14" fill="${COLORS[state]}"/>`
          : '';
      x += width;
      return bar;
    });
    return `<text x="0" y="${y + 14}">${name}</text>${bars.join('')}<text x="${(x + 6).toFixed(1)}" y="${y + 14}">${totals[index]}</text>`;
  });
  const height = present.length * ROW_HEIGHT + 30;
  const legend = STATES.map(
    (state, index) =>
      `<rect x="${LABEL_WIDTH + index * 90}" y="${height - 18}" width="10" height="10" fill="${COLORS[state]}"/><text x="${LABEL_WIDTH + 14 + index * 90}" y="${height - 9}">${state}</text>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="Number of breaks by class" width="${LABEL_WIDTH + MAX_BAR_WIDTH + 60}" height="${height}" font-size="12">${rows.join('')}${legend.join('')}</svg>`;
}
