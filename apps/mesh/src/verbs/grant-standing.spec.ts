import { expect, it } from 'vitest';
import { grantCard } from './grant-text.js';
import type { GrantBody, ViewStanding } from './grant-text.js';

const topic = 'share.k3v9.gp.medication-statement.v1';
const grant = {
  ...{ id: 'k3v9', legalBasis: {}, fields: [], steps: [], topics: [], timeline: [] },
} as unknown as GrantBody;
const following: ViewStanding = {
  ...{ topic, state: 'following', nationalOptOut: 'applies', held: null, trouble: null },
  listedAt: '2026-11-25T12:00:00.000Z',
};
const trouble = { since: '2026-11-25T14:00:00.000Z', code: 'MESH-4405', why: 'It was cut short' };
const shown = (standing: ViewStanding) => grantCard({ ...grant, disclosure: [standing] });

it('shows since when no newer list can be used, and which is in use, though the view goes on', () => {
  const text = shown({ ...following, trouble });
  expect(text).toContain(`${topic}: following; the national data opt-out applies`);
  expect(text).toMatch(
    /no newer list +since 2026-11-25T14:00:00.000Z: It was cut short \(MESH-4405\)/,
  );
  expect(text).toMatch(/list in use +since 2026-11-25T12:00:00.000Z/);
});

it('says nothing of lists where nothing is wrong, and what holds a view only once', () => {
  expect(shown(following)).not.toMatch(/list in use|no newer list/);
  const held = shown({ ...following, state: 'held', listedAt: null, held: trouble, trouble });
  expect(held.match(/MESH-4405/g)).toHaveLength(1);
});
