import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { AUDIENCES, seededClient } from '../clients/client.js';
import type { Client } from '../clients/client.js';
import { audienceAsked, resourceOf } from './audience.js';
import { claimsOfClient, claimsOfPerson } from './claims.js';

describe('the audience that a token request asks for', () => {
  it.each([
    [{}, undefined],
    [{ scope: '' }, undefined],
    [{ scope: 'openid' }, undefined],
    [{ resource: 'urn:caremesh:mesh-kafka' }, 'mesh-kafka'],
    [{ audience: 'mesh-registry' }, 'mesh-registry'],
    [{ audience: 'urn:caremesh:mesh-registry' }, 'mesh-registry'],
    [{ scope: 'mesh-kafka' }, 'mesh-kafka'],
    [{ scope: 'openid mesh-kafka' }, 'mesh-kafka'],
    [{ resource: 'urn:caremesh:mesh-api', audience: 'mesh-kafka' }, 'mesh-api'],
    [{ resource: 'urn:caremesh:everything' }, null],
    [{ resource: ['urn:caremesh:mesh-api', 'urn:caremesh:mesh-kafka'] }, null],
    [{ audience: 'everything' }, null],
    [{ scope: 'mesh-kafka mesh-api' }, null],
  ])('of %j is %s', (request, audience) => {
    expect(audienceAsked(request)).toBe(audience);
  });

  it('is one of the three or none, whatever is sent', () => {
    const anything = fc.record({ resource: fc.anything(), audience: fc.anything() });
    fc.assert(
      fc.property(anything, (request) => {
        expect([undefined, null, ...AUDIENCES]).toContain(audienceAsked(request));
      }),
    );
  });

  it('is found again in its resource indicator', () => {
    for (const audience of AUDIENCES) {
      expect(audienceAsked({ resource: resourceOf(audience) })).toBe(audience);
    }
  });
});

describe('what a token says', () => {
  const governance = seededClient('svc-governance', 's') as Client;
  const gp = seededClient('domain-gp', 's') as Client;

  it('lets governance register schemas, at the registry', () => {
    expect(claimsOfClient(governance, 'mesh-registry').groups).toEqual(['sr-admin']);
  });

  it.each(AUDIENCES)('gives nobody else a group at %s', (audience) => {
    const others = [gp, seededClient('svc-disclosure', 's') as Client];
    for (const client of others)
      expect(claimsOfClient(client, audience)).not.toHaveProperty('groups');
    const person = { user: 'svc-governance', roles: [], org: null, team: null };
    expect(claimsOfPerson(person)).toEqual({
      sub: 'user-svc-governance',
      roles: [],
      org: null,
      team: null,
    });
  });

  it.each(['mesh-api', 'mesh-kafka'] as const)('gives governance no group at %s', (audience) => {
    expect(claimsOfClient(governance, audience)).not.toHaveProperty('groups');
  });

  it('names a machine, and no person, to the broker', () => {
    expect(claimsOfClient(gp, 'mesh-kafka').principal).toBe('domain-gp');
    expect(claimsOfClient(gp, 'mesh-api')).not.toHaveProperty('principal');
    const person = { user: 'gp-owner', roles: [], org: null, team: null };
    expect(claimsOfPerson(person)).not.toHaveProperty('principal');
  });

  it('names the team of a domain', () => {
    expect(claimsOfClient(gp, 'mesh-api')).toEqual({
      sub: 'domain-gp',
      roles: [],
      org: null,
      team: 'gp',
    });
  });
});
