import { readFileSync } from 'node:fs';
import { createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, TLSSocket } from 'node:tls';
import type { ListenContext } from '@caremesh/product';
import type { Certified } from '../senders.js';

const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost']);
const SETTINGS = ['MESH_MLLP_TLS_CERT_FILE', 'MESH_MLLP_TLS_KEY_FILE', 'MESH_MLLP_TLS_CA_FILE'];

/** How many connections there may be, and for how long one may be at something. */
type TransportLimits = { connectionsMax: number; stallMs: number };

/** Where senders come in. */
type Door = {
  server: Server;
  /** Lets go of those who have not proved who they are: the server does not close before they are gone. */
  dropStrangers: () => void;
};

/**
 * The socket server for the mode. MLLP knows no sign-in, so the network must: in production only peers with a
 * certificate of the named authority are let in, elsewhere only this machine.
 * @throws Error that names what is missing; the service then does not start.
 */
export function serverFor(
  { environment, host, settings }: Pick<ListenContext, 'environment' | 'host' | 'settings'>,
  { connectionsMax, stallMs }: TransportLimits,
  onSocket: (socket: Socket) => void,
): Door {
  const files = SETTINGS.map((name) => settings[name]);
  const missing = SETTINGS.filter((_, at) => !files[at]);
  if (missing.length > 0) {
    if (environment === 'production')
      throw new Error(`MLLP needs mutual TLS in production: set ${missing.join(', ')}`);
    if (!LOOPBACK.has(host))
      throw new Error(`MLLP without mutual TLS listens on this machine only, not on ${host}`);
    const server = createTcpServer({ keepAlive: true, noDelay: true }, onSocket);
    return { server, dropStrangers: () => undefined };
  }
  const [cert, key, ca] = files.map((file) => readFileSync(file!));
  const proof = { cert, key, ca, requestCert: true, rejectUnauthorized: true } as const;
  const server = createTlsServer(
    { ...proof, minVersion: 'TLSv1.2', handshakeTimeout: stallMs },
    onSocket,
  );
  return withFewStrangers(server, connectionsMax);
}

/**
 * Tells whether a peer's certificate is for a host (RFC 6125: its subjectAltName, or its common name if it has none; here
 * without wildcards). Undefined where peers need no certificate.
 */
export function certifiedBy(socket: Socket): Certified | undefined {
  if (!(socket instanceof TLSSocket)) return undefined;
  const certificate = socket.getPeerX509Certificate();
  return (host) => certificate?.checkHost(host, { wildcards: false }) !== undefined;
}

/** Anybody may begin a handshake, and be silent then: of so many that have not proved who they are, the one that began first goes. */
function withFewStrangers(server: Server, most: number): Door {
  const strangers = new Map<string, Socket>();
  const nameOf = ({ remoteAddress, remotePort }: Socket): string =>
    `${remoteAddress} ${remotePort}`;
  server.on('connection', (socket: Socket) => {
    const [first] = strangers.size >= most ? strangers.values() : [];
    first?.destroy();
    const name = nameOf(socket);
    strangers.set(name, socket);
    socket.once('close', () => strangers.get(name) === socket && strangers.delete(name));
  });
  server.on('secureConnection', (socket: Socket) => strangers.delete(nameOf(socket)));
  return {
    server,
    dropStrangers: () => {
      for (const socket of strangers.values()) socket.destroy();
    },
  };
}
