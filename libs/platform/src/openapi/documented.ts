import { applyDecorators } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiQuery, ApiResponse } from '@nestjs/swagger';
import { z } from 'zod';

type Documentation = {
  summary: string;
  body?: z.ZodType;
  query?: z.ZodObject;
  status?: number;
  /** Media type of the answer, if it is not JSON. */
  produces?: string;
};

/** What the OpenAPI document says of a route; request shapes are those the edge itself checks by. */
export function Documented({ summary, body, query, status = 200, produces }: Documentation) {
  return applyDecorators(
    ApiOperation({ summary }),
    ApiResponse({
      status,
      description: 'Done',
      content: { [produces ?? 'application/json']: {} },
    }),
    ApiResponse({ status: '4XX', description: 'Refused: see docs/errors.md', ...problem }),
    ...(body ? [ApiBody({ schema: schemaOf(body) })] : []),
    ...(query ? queryOf(query) : []),
  );
}

const problem = {
  content: {
    'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } },
  },
};

function queryOf(query: z.ZodObject): MethodDecorator[] {
  const { properties = {}, required = [] } = z.toJSONSchema(query, { io: 'input' });
  return Object.entries(properties).map(([name, schema]) =>
    ApiQuery({ name, required: required.includes(name), schema: schema as never }),
  );
}

function schemaOf(schema: z.ZodType): never {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return rest as never;
}
