/** TypeScript text of an Avro record schema; `source` is the schema's path, named in the first line. */
export function recordTypes(schema: object, source: string): string;
