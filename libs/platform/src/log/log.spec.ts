import { inspect } from 'node:util';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { createLogger, output } from './logger.js';
import { printableError, redactText } from './redact.js';
import { Sensitive } from './sensitive.js';

describe('a sensitive value', () => {
  const secret = new Sensitive('open sesame');

  it('is given back by reveal alone', () => {
    expect(secret.reveal()).toBe('open sesame');
  });

  it.each([
    ['a template', `${secret}`],
    ['concatenation', '' + String(secret)],
    ['JSON', JSON.stringify({ secret })],
    ['inspect', inspect({ secret })],
    ['spreading', JSON.stringify({ ...secret })],
    ['an error', String(new Error(`about ${secret}`))],
  ])('does not show in %s', (_, text) => {
    expect(text).not.toContain('sesame');
  });
});

describe('redaction of text', () => {
  it.each([
    ['seen 9434765919 today', 'seen [identifier] today'],
    ['seen 943 476 5919 today', 'seen [identifier] today'],
    ['seen 943-476-5919.', 'seen [identifier].'],
    ['header eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln end', 'header [token] end'],
  ])('masks %s', (text, masked) => {
    expect(redactText(text)).toBe(masked);
  });

  it.each(['1763776800123', '123456789', 'MESH-5001', '2026-11-22T02:00:00.000Z', '0.1234567890'])(
    'leaves %s as it is',
    (text) => {
      expect(redactText(text)).toBe(text);
    },
  );

  it('leaves no run of exactly ten digits anywhere', () => {
    const piece = fc.oneof(
      fc.string(),
      fc.stringMatching(/^[0-9]{10}$/),
      fc.stringMatching(/^[0-9]{3} [0-9]{3} [0-9]{4}$/),
    );
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        expect(redactText(pieces.join('|'))).not.toMatch(/(?<![\d.])\d{10}(?!\d)/);
      }),
    );
  });
});

describe('what is logged of an error', () => {
  it('keeps where and what kind, and masks what is quoted', () => {
    const parsing = (() => {
      try {
        return JSON.parse('{"name": Jane}') as unknown;
      } catch (error) {
        return error;
      }
    })();
    const shown = printableError(parsing);
    expect(shown['type']).toBe('SyntaxError');
    expect(shown['stack']).toContain('log.spec');
    expect(JSON.stringify(shown)).not.toContain('Jane');
  });

  it.each([
    ['{"name":"Jane","family":"Doe","x":}', 'Doe'],
    [`{"name":"Jane O'Hara","family":"Doe","x":}`, 'Hara'],
    [`{'name': "Jane"}`, 'Jane'],
  ])('masks the whole of a text that has quotation marks in it: %s', (text, part) => {
    const parsing = (() => {
      try {
        return JSON.parse(text) as unknown;
      } catch (error) {
        return error;
      }
    })();
    const { message } = printableError(parsing);
    expect(message).toContain('[…]');
    for (const one of [part, 'Jane', 'family']) expect(message).not.toContain(one);
  });

  it('leaves apostrophes within words alone', () => {
    const { message } = printableError(new Error("The peer's answer didn't come"));
    expect(message).toBe("The peer's answer didn't come");
  });

  it('keeps the codes of a database error and not its detail', () => {
    const error = Object.assign(new Error('duplicate key value violates constraint "k"'), {
      code: '23505',
      constraint: 'k',
      detail: 'Key (name)=(Jane) already exists.',
    });
    expect(printableError(error)).toMatchObject({
      code: '23505',
      constraint: 'k',
      message: 'duplicate key value violates constraint […]',
    });
    expect(JSON.stringify(printableError(error))).not.toContain('Jane');
  });

  it('tells what an aggregate is made of, and its cause', () => {
    const error = new AggregateError([new Error('one of "Jane"'), new Error('two')], 'all failed', {
      cause: new RangeError('far off'),
    });
    expect(printableError(error)).toMatchObject({
      type: 'AggregateError',
      message: 'all failed',
      cause: { type: 'RangeError', message: 'far off' },
      errors: [{ message: 'one of […]' }, { message: 'two' }],
    });
  });

  it('stays short however deep failures lie in one another', () => {
    const tried = (depth: number): Error =>
      depth === 0
        ? new Error('refused')
        : new AggregateError(
            [1, 2, 3, 4, 5].map(() => tried(depth - 1)),
            `failed at ${depth}`,
          );
    const shown = printableError(tried(4));
    expect(shown).toMatchObject({ message: 'failed at 4', stack: expect.stringContaining(' at ') });
    expect(JSON.stringify(shown).match(/failed at \d/g)).toEqual([
      'failed at 4',
      ...Array.from({ length: 3 }, () => [
        'failed at 3',
        ...Array<string>(3).fill('failed at 2'),
      ]).flat(),
    ]);
    expect(JSON.stringify(shown).match(/"stack"/g)).toHaveLength(1);
  });

  it('shows nothing of what is thrown without being an error', () => {
    expect(printableError('Jane')).toEqual({ type: 'string' });
  });
});

describe('the logger', () => {
  it('shows no identifier that is the name of something either', () => {
    expect(logged((log) => log.info({ counts: { 9434765919: 1, open: 2 } }, 'told'))).toMatchObject(
      [{ counts: { '[identifier]': 1, open: 2 } }],
    );
  });

  const logged = (write: (log: ReturnType<typeof createLogger>) => void) => {
    const lines: string[] = [];
    write(createLogger('spec', 'info', { write: (line) => void lines.push(line) }));
    return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  };

  it('writes one JSON object per line, with the level by name', () => {
    const [line] = logged((log) => log.info({ count: 2 }, 'Two of them'));
    expect(line).toMatchObject({ level: 'info', name: 'spec', count: 2, msg: 'Two of them' });
    expect(line?.['time']).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);
  });

  it('masks identifiers in the text, in fields and as numbers', () => {
    const [line] = logged((log) => {
      log.info({ id: 9434765919, list: ['943 476 5919'], offset: 17 }, 'of 9434765919');
    });
    expect(line).toMatchObject({
      id: '[identifier]',
      list: ['[identifier]'],
      offset: 17,
      msg: 'of [identifier]',
    });
  });

  it('masks credentials by the name of their field', () => {
    const [line] = logged((log) => {
      log.info({ headers: { authorization: 'Basic abc' }, config: { password: 'abc' } }, 'x');
    });
    expect(JSON.stringify(line)).not.toContain('abc');
  });

  it('writes nothing below its level', () => {
    expect(logged((log) => log.debug('quiet'))).toEqual([]);
  });
});

it('a line for which there is no room is lost, and the next one tried', () => {
  // Takes nothing, as a full disk does.
  const logger = createLogger('gp', 'info', output('/dev/full'));
  for (let line = 0; line < 3; line++) expect(() => logger.info({ line }, 'lost')).not.toThrow();
});
