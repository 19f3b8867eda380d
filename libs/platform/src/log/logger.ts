import { pino } from 'pino';
import type { DestinationStream, Logger } from 'pino';

import { printableError, redactLine } from './redact.js';

export type { Logger } from 'pino';

// By name at any of the first two levels: headers and credentials that libraries hand about.
const NEVER_SHOWN = ['authorization', 'password', 'clientSecret', 'client_secret', 'access_token'];

/**
 * A logger of JSON lines on stdout, one object per line. Whatever is handed to it, the line holds no
 * credential, no `Sensitive` value and no run of digits that looks like a person's identifier.
 */
export function createLogger(
  service: string,
  level = 'info',
  destination: DestinationStream = output(),
): Logger {
  const options = {
    name: service,
    level,
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { err: printableError },
    redact: {
      paths: NEVER_SHOWN.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]),
      censor: '[redacted]',
    },
    hooks: { streamWrite: redactLine },
  };
  return pino(options, destination);
}

/** What waits for room on a disk that is full; more is lost. */
const MOST_BYTES_WAITING = 1_048_576;

/**
 * A line that cannot be written, because a disk is full, is lost and nothing more: no service ends for it. Written at once: what
 * waits to be written when a process ends would be tried for as long as there is no room.
 */
export function output(dest: number | string = process.stdout.fd): DestinationStream {
  const stream = pino.destination({ dest, sync: true, maxLength: MOST_BYTES_WAITING });
  stream.on('error', () => undefined);
  return stream;
}
