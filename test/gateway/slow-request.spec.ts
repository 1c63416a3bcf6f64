/**
 * Tests a request that arrives too slowly. Its client must get a 408. The test waits for the real time limit of a request, which is 20 s.
 */
import { connect } from 'node:net';
import { startGateway, type TestGateway } from './test-gateway.js';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway({ connectors: [{ path: 'bank' }] });
});
afterAll(() => gateway.stop());

it('gets a 408 soon after the time for a whole request', async () => {
  const { hostname, port } = new URL(gateway.url);
  const startMs = performance.now();
  const answer = await new Promise<string>((resolve, reject) => {
    let received = '';
    const head = `POST /bank/payouts HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${gateway.key('bank')}`;
    const socket = connect(Number(port), hostname, () =>
      socket.write(`${head}\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{`),
    );
    const drip = setInterval(() => socket.write(' '), 1000);
    socket.on('data', (chunk) => (received += chunk.toString()));
    socket.on('error', reject);
    socket.on('close', () => {
      clearInterval(drip);
      resolve(received);
    });
  });
  const [head = '', body = ''] = answer.split('\r\n\r\n');
  expect(head).toMatch(/^HTTP\/1.1 408 /);
  expect(head.toLowerCase()).toContain('content-type: application/json\r\n');
  expect(JSON.parse(body)).toEqual({ Title: expect.stringMatching(/./), Detail: expect.stringMatching(/./) });
  const durationMs = performance.now() - startMs;
  expect(durationMs).toBeGreaterThan(19_000);
  expect(durationMs).toBeLessThan(26_000);
}, 60_000);
