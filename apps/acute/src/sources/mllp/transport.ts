import { readFileSync } from 'node:fs';
import { createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { ListenContext } from '@caremesh/product';

const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost']);
const SETTINGS = ['MESH_MLLP_TLS_CERT_FILE', 'MESH_MLLP_TLS_KEY_FILE', 'MESH_MLLP_TLS_CA_FILE'];

/**
 * The socket server for the mode. MLLP knows no sign-in, so the network must: in production only peers with a
 * certificate of the named authority are let in, elsewhere only this machine.
 * @throws Error that names what is missing; the service then does not start.
 */
export function serverFor(
  { environment, host, settings }: Pick<ListenContext, 'environment' | 'host' | 'settings'>,
  onSocket: (socket: Socket) => void,
): Server {
  const files = SETTINGS.map((name) => settings[name]);
  const missing = SETTINGS.filter((_, at) => !files[at]);
  if (missing.length > 0) {
    if (environment === 'production')
      throw new Error(`MLLP needs mutual TLS in production: set ${missing.join(', ')}`);
    if (!LOOPBACK.has(host))
      throw new Error(`MLLP without mutual TLS listens on this machine only, not on ${host}`);
    return createTcpServer({ keepAlive: true, noDelay: true }, onSocket);
  }
  const [cert, key, ca] = files.map((file) => readFileSync(file!));
  return createTlsServer(
    { cert, key, ca, requestCert: true, rejectUnauthorized: true, minVersion: 'TLSv1.2' },
    onSocket,
  );
}
