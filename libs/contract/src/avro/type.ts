import avsc from 'avsc';
import { CONTRACT_ERRORS, finding, type Finding } from '../errors.js';
import { countedType } from './counted.js';
import { readSchema } from './read-schema.js';

/** Thrown when a schema cannot become a type; `findings` says why, in the words of the closed list. */
export class SchemaRefused extends Error {
  constructor(readonly findings: Finding[]) {
    super(findings[0]?.message ?? 'The schema was refused.');
  }
}

type Made = { raw?: avsc.Type; text?: avsc.Type };
const made = new WeakMap<object, Made>();

/**
 * The avsc type of a schema, made once for each schema object: it must not be changed afterwards. Logical types stay numbers (dates: days, timestamps: milliseconds), which is what maps
 * and the publishing path use; `{ text: true }` gives and takes ISO 8601 text instead, for people, examples and JSON.
 * @throws SchemaRefused for a schema that is hostile, recursive or not Avro
 */
export function avroType(schema: object, options: { text?: boolean } = {}): avsc.Type {
  const known = made.get(schema) ?? {};
  made.set(schema, known);
  return options.text
    ? (known.text ??= make(schema, TEXT_TYPES))
    : (known.raw ??= make(schema, {}));
}

function make(schema: object, logicalTypes: avsc.ForSchemaOptions['logicalTypes']): avsc.Type {
  const { root, findings } = readSchema(schema);
  if (root === null) throw new SchemaRefused(findings);
  try {
    return avsc.Type.forSchema(schema as avsc.Schema, {
      wrapUnions: false,
      logicalTypes,
      typeHook: countedType,
    });
  } catch {
    // What our own reader let pass and avsc does not: a default that is no value of its field's type.
    throw new SchemaRefused([
      finding(
        CONTRACT_ERRORS.schemaInvalid,
        'schema.avsc',
        'The schema is not valid Avro: a default does not fit the type of its field, or a type is used wrongly.',
      ),
    ]);
  }
}

const DAY = 86_400_000;
const DATE = /^\d{4}-\d{2}-\d{2}$/;
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,3})?Z$/;

/** Milliseconds of ISO text that exists in the calendar; undefined for 31 February and for other shapes. */
function parse(value: unknown, shape: RegExp): number | undefined {
  if (typeof value !== 'string' || !shape.test(value)) return undefined;
  const time = Date.parse(value);
  if (Number.isNaN(time) || new Date(time).toISOString().slice(0, 10) !== value.slice(0, 10))
    return undefined;
  return time;
}

/** Undefined outside the quarter of a million years that JavaScript's calendar has. */
function isoText(time: number): string | undefined {
  return Math.abs(time) <= 8.64e15 ? new Date(time).toISOString() : undefined;
}

class DateText extends avsc.types.LogicalType {
  protected override _fromValue(value: number): string {
    return isoText(value * DAY)?.slice(0, 10) ?? String(value);
  }
  protected override _toValue(value: unknown): number | undefined {
    const time = parse(value, DATE);
    return time === undefined ? undefined : time / DAY;
  }
  protected override _resolve(type: avsc.Type): ((value: number) => string) | undefined {
    return avsc.Type.isType(type, 'int', 'logical:date') ? this._fromValue : undefined;
  }
}

class TimestampText extends avsc.types.LogicalType {
  protected override _fromValue(value: number): string {
    return isoText(value) ?? String(value);
  }
  protected override _toValue(value: unknown): number | undefined {
    return parse(value, INSTANT);
  }
  protected override _resolve(type: avsc.Type): ((value: number) => string) | undefined {
    return avsc.Type.isType(type, 'long', 'logical:timestamp-millis') ? this._fromValue : undefined;
  }
}

const TEXT_TYPES = { date: DateText, 'timestamp-millis': TimestampText };
