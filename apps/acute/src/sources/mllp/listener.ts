import type { AddressInfo } from 'node:net';
import {
  fault,
  type ItemOutcome,
  type ListenContext,
  type Listening,
  type Submit,
} from '@caremesh/product';
import { readMessage, type AdtMessage } from '../adt-message.js';
import type { Certified, Senders } from '../senders.js';
import { acknowledgement, codeOf } from './acknowledgement.js';
import { Connection, type ConnectionLimits } from './connection.js';
import type { Frame } from './framing.js';
import { certifiedBy, serverFor } from './transport.js';

export type ListenerLimits = ConnectionLimits & { connectionsMax: number };

const LIMITS: ListenerLimits = {
  frameMax: 1024 * 1024,
  stallMs: 30_000,
  // Hospital interface engines keep a connection open over a quiet night.
  idleMs: 24 * 3_600_000,
  pendingMax: 64,
  connectionsMax: 200,
};

/**
 * Listens for MLLP senders. Every complete frame is answered, in order, and no frame before what it brought is
 * durable: `submit` resolves after the commit.
 */
export async function listen(
  submit: Submit<AdtMessage>,
  context: ListenContext,
  senders: Senders,
  limits: ListenerLimits = LIMITS,
): Promise<Listening> {
  const connections = new Set<Connection>();
  const { server, dropStrangers } = serverFor(context, limits, (socket) => {
    if (connections.size >= limits.connectionsMax) silentest(connections)?.drop();
    const answer = answering(submit, context, senders, certifiedBy(socket));
    const connection = new Connection(socket, answer, limits);
    connections.add(connection);
    socket.on('close', () => connections.delete(connection));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(context.port, context.host, resolve);
  });
  // From here on a server error concerns one connection that could not be accepted.
  server.on('error', (error) => context.log.warn({ reason: error.name }, 'MLLP accept failed'));
  const { port } = server.address() as AddressInfo;
  if (context.environment === 'production' && senders.unbound.length > 0)
    context.log.warn(
      { facilities: senders.unbound },
      'Every peer with a certificate may send for these: MESH_SENDERS_FILE binds them to none',
    );
  return {
    address: `mllp://${context.host}:${port}`,
    close: () => {
      for (const connection of connections) connection.finish();
      dropStrangers();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** The one that has waited longest since its last message, best one with nothing under way. */
function silentest(connections: Set<Connection>): Connection | undefined {
  let found: Connection | undefined;
  for (const one of connections) {
    if (one.waiting === 0 && (!found || one.lastFrame < found.lastFrame)) found = one;
  }
  return found ?? connections.values().next().value;
}

/** From a frame to its acknowledgement. Never rejects: what cannot be stored now is an AR. */
function answering(
  submit: Submit<AdtMessage>,
  context: ListenContext,
  senders: Senders,
  certified: Certified | undefined,
) {
  return async (frame: Frame): Promise<Buffer> => {
    const reading = readMessage(frame.bytes, 0, senders, context.environment, certified);
    if (frame.tooLarge)
      return acknowledgement(reading.header, 'AR', [fault('itemTooLarge', 'MSH')]);
    if (reading.refused) return acknowledgement(reading.header, 'AR', [reading.refused]);
    const outcome = await submitted(submit, reading.item);
    return acknowledgement(reading.header, codeOf(outcome), outcome.errors);
  };
}

async function submitted(
  submit: Submit<AdtMessage>,
  item: Parameters<Submit<AdtMessage>>[0][number],
): Promise<ItemOutcome> {
  const failed: ItemOutcome = {
    index: 0,
    sourceId: item.sourceId,
    outcome: 'refused',
    errors: [fault('cannotStoreNow', 'MSH')],
  };
  return submit([item]).then(
    ([outcome]) => outcome ?? failed,
    () => failed,
  );
}
