import { SetMetadata } from '@nestjs/common';
import type { z } from 'zod';

/** Where a handler keeps what the page says of it. */
export const DOCUMENTATION = 'caremesh:documentation';

export type Documentation = {
  summary: string;
  body?: z.ZodType;
  /** Media types of a body that is no JSON, with what is to be known of it. */
  takes?: { types: string[]; description: string };
  query?: z.ZodObject;
  /** Headers it may be sent with, and what each does. */
  headers?: Record<string, string>;
  status?: number;
  /** Further statuses of an answer that is no refusal, and when they are given. */
  also?: Record<number, string>;
  /** Media types of the answer, if it is not JSON alone. */
  produces?: string | string[];
};

/**
 * What the OpenAPI document says of a route; request shapes are those the edge itself checks by, the answer's that of the handler's
 * return type. Kept beside the handler and read when the page is written: a service that runs loads nothing for it.
 */
export const Documented = (about: Documentation): MethodDecorator =>
  SetMetadata(DOCUMENTATION, about);

/** JSON that is written already, as text or as a file: the type still says of what. */
export type WrittenJson<T, As = string> = As & { readonly written?: T };
