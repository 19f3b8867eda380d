import { names, noticesSchema, renamingsSchema, withdrawalsSchema } from '@caremesh/contract';

const SCHEMAS: Partial<Record<string, (grantId: string) => object>> = {
  notices: noticesSchema,
  withdrawals: withdrawalsSchema,
  renamings: renamingsSchema,
};

/** The schema of what a grant's holder is told on a topic beside its views; null for any other topic. */
export function toldSchemaOf(topic: string): object | null {
  const name = names.parseTopic(topic);
  const schema = name === null ? undefined : SCHEMAS[name.kind];
  return schema && name && 'grant' in name ? schema(name.grant) : null;
}
