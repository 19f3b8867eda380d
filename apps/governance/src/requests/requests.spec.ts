import { describe, expect, it } from 'vitest';
import { fingerprintOf } from './answers.js';
import { names, tagOf } from './if-match.interceptor.js';

describe('a request', () => {
  it('is the same only with the same method, path and body', () => {
    const one = fingerprintOf('POST', '/v1/proposals', { reason: 'a' });
    expect(fingerprintOf('POST', '/v1/proposals', { reason: 'a' })).toBe(one);
    const others = [
      fingerprintOf('POST', '/v1/grants', { reason: 'a' }),
      fingerprintOf('DELETE', '/v1/proposals', { reason: 'a' }),
      fingerprintOf('POST', '/v1/proposals', { reason: 'b' }),
      fingerprintOf('POST', '/v1/proposals', undefined),
    ];
    expect(others).not.toContain(one);
  });

  it('is based on what stands if one of its tags is the one of that', () => {
    const tag = tagOf({ state: 'proposed' });
    expect(tag).toMatch(/^"[\w-]{27}"$/);
    expect(names(tag, tag)).toBe(true);
    expect(names(`"other", W/${tag}`, tag)).toBe(true);
    expect(names('*', tag)).toBe(true);
    expect(names(tagOf({ state: 'approved' }), tag)).toBe(false);
  });
});
