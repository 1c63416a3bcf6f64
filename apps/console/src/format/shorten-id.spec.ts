import { shortenId } from './shorten-id';

it('shows an id of a PSP as a whole, and the beginning of a long text', () => {
  expect(shortenId('order-bc2f5cecbc3f2edbe1525f101f52ab58')).toBe('order-bc2f5cecbc3f2edbe1525f101f52ab58');
  expect(shortenId('é'.repeat(60))).toBe('é'.repeat(60));
  expect(shortenId('😀'.repeat(61))).toBe(`${'😀'.repeat(59)}…`);
});
