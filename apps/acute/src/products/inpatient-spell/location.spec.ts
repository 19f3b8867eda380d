import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readMessage } from '../../sources/adt-message.js';
import type { Senders } from '../../sources/senders.js';
import { toInpatientSpell } from './map.js';

const ADMISSION = readFileSync(new URL('fixtures/admission/source.hl7', import.meta.url), 'utf8');
const ITK = 'RCB^W27^BAY2-6^RCB55';

/** Ward, bed and site of an admission with this PV1-3, of a sender that stands for RCB. */
function placeOf(location: string, facility = 'RCB'): unknown {
  const senders: Senders = { odsOf: () => 'RCB', unbound: [] };
  const sent = ADMISSION.replace('|PAS|RCB|', `|PAS|${facility}|`).replace(ITK, location);
  const { item } = readMessage(Buffer.from(sent), 0, senders, 'test');
  if (!item || item.outcome !== undefined) throw new Error('not read');
  const [change] = toInpatientSpell(item.record) as {
    content: { wardCode?: string; bedCode?: string; siteOds?: string };
  }[];
  const { wardCode, bedCode, siteOds } = change!.content;
  return [wardCode, bedCode, siteOds];
}

describe('the ward is the point of care, as the standard has it', () => {
  it.each([
    ['W27^BAY2^06^RCB55', ['W27', '06', 'RCB55']],
    ['A^BAY2^06^RCB55', ['A', '06', 'RCB55']],
    ['W27^BAY2^06', ['W27', '06', null]],
    ['W27^^06^RCB', ['W27', '06', 'RCB']],
    ['W27', ['W27', null, null]],
    // Names a trust elsewhere, but the place is in a site of the sender's.
    ['RHU^BAY2^06^RCB55', ['RHU', '06', 'RCB55']],
    ['RHU', ['RHU', null, null]],
    // As everywhere: of parts of a component the first, and a separator in a name is spelt as an escape.
    ['W27&WARD 27&L^BAY2^06^RCB55', ['W27', '06', 'RCB55']],
    ['A\\T\\E^MAJORS^C3^RCB', ['A&E', 'C3', 'RCB']],
  ])('%s', (location, expected) => {
    expect(placeOf(location)).toEqual(expected);
  });
});

describe('the ward is the second part where the first names an organisation, as the ITK profile has it', () => {
  it.each([
    [ITK, ['W27', 'BAY2-6', 'RCB55']],
    ['RCB^W5', ['W5', null, null]],
    ['rcb^W5', ['W5', null, null]],
    ['RCB55^W27^BAY2-6', ['W27', 'BAY2-6', null]],
    ['RHU^W27^BAY2-6^RHU02', ['W27', 'BAY2-6', 'RHU02']],
    ['RHU^W27^BAY2-6', ['W27', 'BAY2-6', null]],
    ['YORK^W27^BAY2-6^YORK', ['W27', 'BAY2-6', null]],
    ['^W27^BAY2-6^RCB55', ['W27', 'BAY2-6', 'RCB55']],
    ['""^W27^BAY2-6^RCB55', ['W27', 'BAY2-6', 'RCB55']],
    ['RCB^""^BAY2-6', [null, 'BAY2-6', null]],
    ['RCB^^^RCB55', [null, null, 'RCB55']],
    ['""', [null, null, null]],
  ])('%s', (location, expected) => {
    expect(placeOf(location)).toEqual(expected);
  });

  it('by the name that the sender goes by', () => {
    expect(placeOf('YORKPAS^W27^BAY2-6', 'YORKPAS')).toEqual(['W27', 'BAY2-6', null]);
  });
});
