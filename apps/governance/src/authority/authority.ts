import type { Caller } from '@caremesh/platform';

/** As much of a person as decides what they may do. */
export type Person = Pick<Caller, 'sub' | 'kind' | 'roles' | 'team'>;

/** Somebody who proposed or asked for something, as it was recorded then. */
export type Author = { sub: string; team: string | null };

/** A publisher of the domain: holds `<domain>-publisher`, or `publisher` on the domain's team. */
export function isPublisherOf(person: Person, domain: string): boolean {
  return holdsFor(person, domain, 'publisher');
}

/** An owner of the domain's products: holds `<domain>-owner`, or `owner` on the domain's team. */
export function isOwnerOf(person: Person, domain: string): boolean {
  return holdsFor(person, domain, 'owner');
}

function holdsFor(person: Person, domain: string, role: string): boolean {
  if (person.kind !== 'user') return false;
  if (person.roles.includes(`${domain}-${role}`)) return true;
  return person.roles.includes(role) && person.team === domain;
}

/**
 * Does the person hold the role a decision needs? `<domain>-owner` is met as isOwnerOf says. Decisions
 * are people's: a service, a domain or a grant's client decides nothing, whatever roles its token names.
 */
export function holds(person: Person, role: string): boolean {
  if (person.kind !== 'user') return false;
  const owned = /^([a-z0-9-]+)-owner$/.exec(role)?.[1];
  return owned ? isOwnerOf(person, owned) : person.roles.includes(role);
}

/**
 * On the team: as their token says, or because they publish for the domain whose team it is. A token may name the
 * role and no team, or another team. An owner is not on it for being that: owners decide what its people ask for.
 */
export function isOnTeam(person: Person, team: string): boolean {
  return person.team === team || isPublisherOf(person, team);
}

/**
 * Separation of duties: may the person decide on something these authors made? Not if they are one of
 * them, nor if they are on the team of one of them.
 */
export function isIndependentOf(person: Person, authors: readonly Author[]): boolean {
  return authors.every(
    ({ sub, team }) => sub !== person.sub && (team === null || !isOnTeam(person, team)),
  );
}
