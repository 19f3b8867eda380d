import { describe, expect, it } from 'vitest';
import { isReserved } from './shapes.js';

describe('an entry that a service writes about itself', () => {
  it.each(['standard.approved', 'waiver.approved', 'grant.approved', 'major.retire-approved'])(
    'is never called %s, which governance alone says',
    (action) => expect(isReserved(action)).toBe(true),
  );

  it.each(['quarantine.revealed', 'sign-in.refused', 'waivers.counted'])('may be %s', (action) =>
    expect(isReserved(action)).toBe(false),
  );
});
