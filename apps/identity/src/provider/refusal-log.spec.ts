import { expect, it } from 'vitest';

import { RefusalLog } from './refusal-log.js';

const HOUR_MS = 3_600_000;

it('has a refusal for news when its reason changes, and once an hour', () => {
  const refusals = new RefusalLog();
  const asked = [
    ['domain-gp', 'unauthorized_client', 0],
    ['domain-gp', 'unauthorized_client', 250],
    ['domain-acute', 'unauthorized_client', 300],
    [undefined, 'invalid_client', 400],
    [undefined, 'invalid_client', 500],
    ['domain-gp', 'invalid_client', 600],
    ['domain-gp', 'invalid_client', HOUR_MS + 599],
    ['domain-gp', 'invalid_client', HOUR_MS + 600],
    ['domain-gp', 'invalid_client', HOUR_MS + 700],
  ] as const;
  expect(asked.map(([client, reason, at]) => refusals.isNews(client, reason, at))).toEqual([
    ...[true, false, true, true, false, true, false, true, false],
  ]);
});

it('remembers so many clients and no more, the latest', () => {
  const refusals = new RefusalLog();
  for (let at = 0; at <= 1_000; at += 1) refusals.isNews(`grant-${at}`, 'invalid_client', at);
  expect(refusals.isNews('grant-1000', 'invalid_client', 2_000)).toBe(false);
  expect(refusals.isNews('grant-0', 'invalid_client', 2_000)).toBe(true);
});
