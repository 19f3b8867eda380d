import type { Audience, Client } from '../clients/client.js';
import type { Person } from '../people/people.js';

/** What a token says of whom it was given to, beside issuer, audience and times. */
export type Claims = {
  sub: string;
  roles: string[];
  org: string | null;
  team: string | null;
  /** Who a machine is at the broker. A person's token has none, and the broker knows people by no other name. */
  principal?: string;
  groups?: string[];
};

/** The claims of a machine client. The right to register schemas is governance's alone. */
export function claimsOfClient(
  client: Pick<Client, 'sub' | 'kind' | 'roles' | 'org'>,
  audience: Audience,
): Claims {
  const registers = client.sub === 'svc-governance' && audience === 'mesh-registry';
  return {
    sub: client.sub,
    roles: client.roles,
    org: client.org,
    team: client.kind === 'domain' ? client.sub.replace(/^domain-/, '') : null,
    ...(audience === 'mesh-kafka' ? { principal: client.sub } : {}),
    ...(registers ? { groups: ['sr-admin'] } : {}),
  };
}

/** The claims of a person. The broker refuses a person's token; at the registry it carries no right at all. */
export function claimsOfPerson(person: Person): Claims {
  const { user, roles, org, team } = person;
  return { sub: `user-${user}`, roles, org, team };
}
