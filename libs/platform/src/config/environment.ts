import { isAbsolute } from 'node:path';
import { z } from 'zod';

import { Sensitive } from '../log/sensitive.js';

const absolutePath = z.string().refine(isAbsolute, 'An absolute path is expected.');
const url = z.url({ protocol: /^https?$/, error: 'An http or https address is expected.' });
const withoutSlash = url.transform((text) => text.replace(/\/+$/, ''));
const port = z.coerce.number({ error: 'A port number is expected.' }).int().min(0).max(65_535);
const addresses = z
  .string()
  .regex(/^[^,\s:]+:\d+(,[^,\s:]+:\d+)*$/, 'A list host:port,host:port is expected.')
  .transform((text) => text.split(','));

/** What kind of installation this is; checks that protect real people are off in no mode. */
export const modeOf = z.enum(['development', 'test', 'production']).default('development');

/**
 * The variables that the stack sets for every service. Extend it for a variable of one's own
 * (`serviceEnvironment.extend({ mllpPort: ... })` reads `MESH_MLLP_PORT`), pick from it where a service
 * needs less.
 */
export const serviceEnvironment = z.object({
  mode: modeOf,
  home: absolutePath,
  service: z.string().min(1),
  host: z.string().min(1).default('127.0.0.1'),
  port,
  databaseUrl: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'A postgresql:// address is expected.')
    .transform((text) => new Sensitive(text)),
  kafkaBrokers: addresses,
  kafkaSecurity: z.enum(['SASL_PLAINTEXT', 'SASL_SSL']).optional(),
  registryUrl: withoutSlash,
  oidcIssuer: withoutSlash,
  governanceUrl: withoutSlash,
  clientId: z.string().min(1),
  clientSecretFile: absolutePath,
  keyFile: absolutePath,
  schemasDir: absolutePath,
  logLevel: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
});

/** The parsed environment of a service. */
export type ServiceEnvironment = z.output<typeof serviceEnvironment>;

/**
 * How clients speak with the broker: what `MESH_KAFKA_SECURITY` says, else TLS in production and not elsewhere.
 * TLS trusts what Node does; an authority of the site's own is named in `NODE_EXTRA_CA_CERTS`.
 */
export function brokerSecurity({
  mode,
  kafkaSecurity,
}: Pick<ServiceEnvironment, 'mode' | 'kafkaSecurity'>): 'SASL_PLAINTEXT' | 'SASL_SSL' {
  return kafkaSecurity ?? (mode === 'production' ? 'SASL_SSL' : 'SASL_PLAINTEXT');
}
