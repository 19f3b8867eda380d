import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

/**
 * A way to the database that breaks off once, when the first transaction that runs a statement of this name was committed, before
 * anybody is told: its answer is sent when it is ended, with the server ready again (`Z`) and in no transaction (`I`).
 */
export async function losingAnswers(url: string, statement: string) {
  const state = { lost: 0 };
  const clients = new Set<Socket>();
  const port = Number(new URL(url).port);
  const server = createServer((client) => {
    const database = connect(port, '127.0.0.1');
    const end = () => (client.destroy(), database.destroy());
    for (const socket of [client, database]) socket.on('error', end).on('close', end);
    clients.add(client);
    let isAsked = false;
    client.on('data', (bytes) => {
      isAsked ||= bytes.includes(statement);
      database.write(bytes);
    });
    database.on('data', (bytes) => {
      const isEnded = bytes.subarray(-6).toString() === 'Z\0\0\0\x05I';
      if (state.lost > 0 || !isAsked || !isEnded) return void client.write(bytes);
      state.lost += 1;
      end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const own = (server.address() as AddressInfo).port;
  return {
    url: url.replace(`:${port}/`, `:${own}/`),
    get lost() {
      return state.lost;
    },
    /** Breaks off now, whatever the database is doing. */
    cut: () => clients.forEach((client) => client.destroy()),
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}
