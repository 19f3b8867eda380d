import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { StackError, stackErrors } from '../errors.js';
import { readWhole, writeWhole } from './paths.js';

/** A seeded person of development and test mode. */
export type Person = {
  user: string;
  password: string;
  roles: string[];
  /** ODS code of the organisation they ask for data on behalf of. */
  organisation: string | null;
  /** The domain team they belong to. */
  team: string | null;
};

type Seed = Omit<Person, 'password'>;

function person(user: string, role: string, rest: Partial<Seed> = {}): Seed {
  return { user, roles: [role], organisation: null, team: null, ...rest };
}

/** Everybody who is there whatever the domains; QUY and QR1 are integrated care boards, RRK is a hospital trust. */
const STAFF: Seed[] = [
  person('governance-lead', 'governance-lead'),
  person('governance-lead-2', 'governance-lead'),
  person('ig-lead', 'ig-lead'),
  person('caldicott-guardian', 'caldicott-guardian'),
  person('analyst', 'analyst', { organisation: 'QUY' }),
  person('analyst-2', 'analyst', { organisation: 'QR1' }),
  person('auditor', 'auditor'),
  person('administrator', 'administrator'),
  person('clinician', 'care-professional', { organisation: 'RRK' }),
];

/** The people of a mesh with these domains: a publisher and an owner for each. */
function seeds(domains: readonly string[]): Seed[] {
  const teams = domains.flatMap((domain) => [
    person(`${domain}-publisher`, 'publisher', { team: domain }),
    person(`${domain}-owner`, 'owner', { team: domain }),
  ]);
  return [...teams, ...STAFF];
}

/**
 * Adds whoever is missing to people.json, each with a random password; nobody's password changes. Throws MESH-6017 when the
 * file holds something else.
 */
export function seedPeople(file: string, domains: readonly string[]): Person[] {
  const known = existsSync(file) ? peopleIn(file) : [];
  const missing = seeds(domains).filter(({ user }) => !known.some((one) => one.user === user));
  const people = [...known, ...missing.map((seed) => ({ ...seed, password: password() }))];
  if (missing.length > 0) writeWhole(file, `${JSON.stringify({ people }, null, 2)}\n`);
  return people;
}

function peopleIn(file: string): Person[] {
  const found = readWhole<{ people: Person[] }>(file);
  if (found !== null) return found.people;
  throw new StackError(stackErrors.peopleUnreadable, `${file} holds no JSON.`);
}

function password(): string {
  return randomBytes(15).toString('base64url');
}
