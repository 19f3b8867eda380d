import { avroType, SchemaRefused } from '../avro/type.js';
import type { FileRule } from './check.js';

/** The schema is Avro, has an end, and is of a sane size; and a type can be made of it. */
export const schemaValid: FileRule = {
  name: 'schema-valid',
  severity: 'blocks',
  run: ({ schema }) => {
    if (schema.schema === null) return schema.findings;
    try {
      avroType(schema.schema);
      return [];
    } catch (error) {
      if (error instanceof SchemaRefused) return error.findings;
      throw error;
    }
  },
};
