import { labelledAreRefused } from '@caremesh/testing';
import { source } from './sources/cld/cld.js';

labelledAreRefused('social-care', async ({ contentType }, body) => {
  const codes: string[][] = [];
  for await (const item of source.read({ contentType, body: body(), environment: 'test' }))
    codes.push(item.outcome === 'quarantined' ? item.errors.map(({ code }) => code) : []);
  return codes;
});
