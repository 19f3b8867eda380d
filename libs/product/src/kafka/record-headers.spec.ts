import fc from 'fast-check';
import { expect, it } from 'vitest';

import { HeaderNames, RecordHeaders } from './record-headers.js';
import type { HeaderEntry } from './record-headers.js';

const name = fc.oneof(fc.constantFrom('ce_id', 'ce_type', 'ce_time', ''), fc.string());
const entries = fc.array(fc.tuple(name, fc.option(fc.string())), { maxLength: 12 });

it('headers are those of a map of them, the last of a name, asked by name or read one after the other', () => {
  fc.assert(
    fc.property(entries, name, (texts, asked) => {
      const map = new Map(texts.map(([own, value]) => [own, Buffer.from(value ?? '')]));
      const headers = RecordHeaders.of(
        texts.map(([own, value]): HeaderEntry => [
          Buffer.from(own),
          value === null ? null : Buffer.from(value),
        ]),
      );
      expect([...headers]).toEqual([...map]);
      const all = [...new Set([...map.keys(), asked])];
      const found = all.map((own) => map.get(own)?.toString() ?? null);
      expect(new HeaderNames(all).textsIn(headers)).toEqual(found);
    }),
    { examples: [[[['', '']], '']] },
  );
});
