import { timingSafeEqual } from 'node:crypto';
import { readFile } from 'node:fs/promises';

import { z } from 'zod';

import { hashOfSecret } from '../clients/client.js';

const person = z.object({
  user: z.string().regex(/^[a-z0-9][a-z0-9-]*$/),
  password: z.string().min(1),
  roles: z.array(z.string()),
  organisation: z.string().nullish(),
  team: z.string().nullish(),
});
const file = z.object({ people: z.array(person) });

/** A seeded person, without the password. */
export type Person = { user: string; roles: string[]; org: string | null; team: string | null };

/**
 * The seeded people of a development mesh, read from their file at each sign-in, so that people who
 * were added while this process runs can sign in.
 */
export class People {
  readonly #file: string;

  constructor(path: string) {
    this.#file = path;
  }

  /** The person of that name and password, or null. */
  async signIn(user: string, password: string): Promise<Person | null> {
    const { people } = file.parse(JSON.parse(await readFile(this.#file, 'utf8')));
    const found = people.find((one) => one.user === user);
    if (!found || !same(found.password, password)) return null;
    const { roles, organisation, team } = found;
    return { user, roles, org: organisation ?? null, team: team ?? null };
  }
}

function same(one: string, other: string): boolean {
  return timingSafeEqual(Buffer.from(hashOfSecret(one)), Buffer.from(hashOfSecret(other)));
}
