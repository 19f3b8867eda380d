import { connect, type Socket } from 'node:net';
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
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: LOOK_MS,
    query_timeout: LOOK_MS,
  });
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

/** True when something listens there; what listens may hang all the same, since the system takes the connection for it. */
export function listens(port: number): Promise<boolean> {
  return look(port, (socket, answer) => socket.once('connect', () => answer(true)));
}

/**
 * A request for the versions it speaks (ApiVersions, Kafka protocol guide, "Retrieving Supported API versions"), which a broker answers
 * before anybody signs in: length 10; api key 18, version 0; correlation id 1; no client id.
 */
const WHICH_VERSIONS = Buffer.from('0000000a' + '0012' + '0000' + '00000001' + 'ffff', 'hex');

/** True when a broker takes a request from its queue there and answers it. */
export function answersAsBroker(port: number): Promise<boolean> {
  return answersTo(WHICH_VERSIONS, port);
}

/** SSLRequest (PostgreSQL 17, Frontend/Backend Protocol, "Message Formats"): length 8, code 80877103. */
const SPEAKS_TLS = Buffer.from('00000008' + '04d2162f', 'hex');

/**
 * True when PostgreSQL says there whether it speaks TLS. It does so before anybody signs in and also when every connection is taken: a
 * server that is busy, or full, is not helped by being ended.
 */
export function answersAsPostgresql(port: number): Promise<boolean> {
  return answersTo(SPEAKS_TLS, port);
}

function answersTo(request: Buffer, port: number): Promise<boolean> {
  return look(port, (socket, answer) => {
    socket.once('data', () => answer(true));
    socket.write(request);
  });
}

type Look = (socket: Socket, answer: (is: boolean) => void) => void;

function look(port: number, ask: Look): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    const late = setTimeout(() => answer(false), LOOK_MS);
    const answer = (is: boolean) => {
      clearTimeout(late);
      socket.destroy();
      resolve(is);
    };
    socket.once('error', () => answer(false));
    socket.once('close', () => answer(false));
    ask(socket, answer);
  });
}
