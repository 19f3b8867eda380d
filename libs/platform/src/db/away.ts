/**
 * PostgreSQL: connection lost (08), no room or no connection left (53), shut down, starting or ended by its operator (57P, without
 * a database that is gone for good), a disk that fails (58); and one that takes no writes (25006), as the former first of several
 * does when another has taken over. That somebody else's transaction came first (40) is not of these: there the database is at hand.
 */
const STATES = /^(08...|53...|57P0[1235]|58...|25006)$/;
const SOCKET = /^(ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_|EHOST|ENET)/;
/** What the driver says without a code. */
const WORDS =
  /^connection terminated|timeout exceeded when trying to connect|^client (has encountered a connection error|was closed)/i;

/**
 * The database, or whatever else is reached by a socket, is only away and will come back: the error says nothing about what was to be
 * done, and trying again is right.
 */
export function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = stateOf(error);
  if (code !== undefined) return STATES.test(code) || SOCKET.test(code);
  return WORDS.test(innermost(error).message);
}

/** The code of a database's or a socket's error. */
export function stateOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code } = innermost(error);
  return typeof code === 'string' ? code : undefined;
}

// TypeORM wraps what the driver threw.
function innermost(error: Error): Error & { code?: unknown } {
  const { driverError } = error as Error & { driverError?: unknown };
  return driverError instanceof Error ? driverError : error;
}
