import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:net';
import type { Io } from '../io.js';
import { until } from './waiting.js';

const PATIENCE_MS = 600_000;

/**
 * Does work on the mesh of this home while no other command does such: of two that are started at once, one waits for the other
 * and finds what that left. Throws MESH-6504 when the other does not come to an end.
 */
export async function alone<T>(io: Pick<Io, 'home'>, work: () => Promise<T>): Promise<T> {
  const place = await until('Another start of this mesh', () => take(io.home), PATIENCE_MS);
  try {
    return await work();
  } finally {
    place.close();
  }
}

/** A name that the system has for one process at a time and forgets with it, however it ends; nothing lies on a disk. */
function take(home: string): Promise<Server | null> {
  const digest = createHash('sha256').update(home).digest('hex').slice(0, 16);
  const server = createServer((socket) => socket.destroy()).unref();
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(null) : reject(error),
    );
    server.listen({ path: `\0caremesh-demonstration-${digest}` }, () => resolve(server));
  });
}
