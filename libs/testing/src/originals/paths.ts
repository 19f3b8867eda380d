type Node = { type?: unknown; items?: unknown; fields?: { name: string; type: unknown }[] };

/** The paths that values of an Avro schema may have: `status`, `activities[].procedure`. */
export function pathsOf(schema: unknown, at = ''): string[] {
  if (Array.isArray(schema)) return schema.flatMap((branch) => pathsOf(branch, at));
  if (typeof schema !== 'object' || schema === null) return [at];
  const { type, items, fields } = schema as Node;
  if (type === 'record')
    return (fields ?? []).flatMap((field) =>
      pathsOf(field.type, at ? `${at}.${field.name}` : field.name),
    );
  if (type === 'array') return pathsOf(items, `${at}[]`);
  return typeof type === 'object' ? pathsOf(type, at) : [at];
}

/** Every text in a decoded value, with the path it stands at. */
export function* textsOf(value: unknown, at = ''): Generator<[path: string, text: string]> {
  if (typeof value === 'string') yield [at, value];
  else if (Array.isArray(value)) for (const item of value) yield* textsOf(item, `${at}[]`);
  else if (typeof value === 'object' && value !== null)
    for (const [name, inner] of Object.entries(value))
      yield* textsOf(inner, at ? `${at}.${name}` : name);
}
