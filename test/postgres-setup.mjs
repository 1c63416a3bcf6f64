/** Starts one PostgreSQL server for all tests of a run, when the first test requests it. */
import { createServer } from 'node:net';
import { PostgresServer } from '../libs/feed/src/testing/postgres-server.ts';

export default async function setup() {
  let server;
  const desk = createServer((socket) => {
    socket.on('error', () => undefined);
    server ??= PostgresServer.create();
    server.then(
      (started) => socket.end(JSON.stringify({ url: started.url('postgres') })),
      (error) =>
        socket.end(JSON.stringify({ error: `${error.message}: ${error.cause?.stderr ?? error.cause}` })),
    );
  });
  await new Promise((resolve) => desk.listen(0, '127.0.0.1', resolve));
  process.env.TRIBUTARY_TEST_POSTGRES = String(desk.address().port);
  globalThis.endTestPostgres = async () => {
    desk.close();
    await (await server?.catch(() => undefined))?.remove();
  };
}
