import { connect } from 'node:net';
import pg from 'pg';

const LOOK_MS = 3_000;

/** GET of an address: the status and the body, or null when there is no answer. */
export async function answerOf(url: string): Promise<{ status: number; text: string } | null> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(LOOK_MS) });
    return { status: response.status, text: await response.text() };
  } catch {
    return null;
  }
}

/** True when PostgreSQL signs us in and answers. */
export async function accepts(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: LOOK_MS });
  // A connection cut while it opens is reported as an event too; without a listener it would end us.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('SELECT 1');
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** True when something listens there. */
export function listens(port: number, host = '127.0.0.1'): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host, timeout: LOOK_MS });
    const answer = (is: boolean) => {
      socket.destroy();
      resolve(is);
    };
    socket.once('connect', () => answer(true));
    socket.once('error', () => answer(false));
    socket.once('timeout', () => answer(false));
  });
}
