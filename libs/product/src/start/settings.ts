import { loadConfig, serviceEnvironment } from '@caremesh/platform';
import { z } from 'zod';

import type { AnySource, Domain } from '../define/domain.js';
import type { Source } from '../define/source.js';

const milliseconds = (initial: number) => z.coerce.number().int().min(100).default(initial);
/** What a domain reads from the environment besides what every service does. */
const domainEnvironment = serviceEnvironment.extend({
  /** How often is looked whether something's retention is over. */
  retentionEveryMs: milliseconds(3_600_000),
  /** How often its numbers go to governance. */
  healthEveryMs: milliseconds(5_000),
  /** How often majors side by side are compared; once a day at the least, as a timer takes no more than 24 of them. */
  paritySeconds: z.coerce
    .number({ error: 'A number of seconds is expected.' })
    .min(0.1)
    .max(86_400)
    .default(60),
});
const port = z.coerce.number({ error: 'A port number is expected.' }).int().min(0).max(65_535);

type PortName = `${string}Port`;
type Named = Pick<Source, 'name' | 'method'>;
export type DomainEnvironment = z.output<typeof domainEnvironment> &
  Partial<Record<PortName, number>>;

type ListeningSource = Source & Required<Pick<Source, 'listen'>>;
/** Whether a source has a listener of its own, as MLLP has. */
export const listens = (source: AnySource): source is ListeningSource =>
  'listen' in source && source.listen !== undefined;

/** The settings of a domain and of its sources that listen. Throws MESH-5001 naming every variable that is missing or wrong. */
export function settingsOf({ sources }: Domain, env: NodeJS.ProcessEnv): DomainEnvironment {
  const names = sources.filter(listens).flatMap(portNames);
  const ports = z.object(Object.fromEntries(names.map((name) => [name, port.optional()])));
  return loadConfig(z.intersection(domainEnvironment, ports), env);
}

/** `MESH_<SOURCE>_PORT`, or the port named for the method (`MESH_MLLP_PORT`); 0 lets the system choose. */
export function portOf(source: Named, environment: DomainEnvironment): number {
  const [own, ofMethod] = portNames(source);
  return environment[own] ?? environment[ofMethod] ?? 0;
}

const portNames = ({ name, method }: Named): [own: PortName, ofMethod: PortName] => [
  `${camel(name)}Port`,
  `${camel(method)}Port`,
];

const camel = (name: string): string =>
  name.replace(/-+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
