import ts from 'typescript';

/** JSON Schema, as far as a type of TypeScript has it. */
export type Schema = Record<string, unknown>;

/**
 * What values of types are once they are JSON. A type with a name of its own stands under it in `components`, whoever
 * holds it; one without is written where it is held.
 */
export class JsonShapes {
  readonly components: Record<string, Schema> = {};
  readonly #checker: ts.TypeChecker;
  readonly #names = new Map<ts.Type, string>();
  readonly #holding: ts.Type[] = [];
  readonly #taken: readonly string[];

  /** `taken` are names that are another's. */
  constructor(checker: ts.TypeChecker, taken: readonly string[] = []) {
    this.#checker = checker;
    this.#taken = taken;
  }

  /** Gives a type a name that has none. */
  name(type: ts.Type, name: string): void {
    this.#names.set(type, name);
  }

  /** Has no name, and properties worth one. */
  isNameless(type: ts.Type): boolean {
    const hasProperties = isObject(type) || type.isIntersection();
    return hasProperties && !this.#isList(type) && !type.aliasSymbol && nameOf(type) === null;
  }

  /** Null for what JSON leaves out, as it does functions. */
  of(type: ts.Type): Schema | null {
    if (type.getCallSignatures().length > 0) return null;
    const name = this.#names.get(type) ?? nameOf(type);
    if (name === null) return this.#written(type);
    const known = this.#named(type, name);
    return { $ref: `#/components/schemas/${known}` };
  }

  /** What is one of several types. */
  ofEither(types: readonly ts.Type[]): Schema | null {
    return this.#union(types);
  }

  /** The name a type stands under: a second type of one name is told from the first by the room that it is of. */
  #named(type: ts.Type, name: string): string {
    const known = this.#names.get(type);
    if (known !== undefined && known in this.components) return known;
    const given = this.#isTaken(name) ? `${inPascal(roomOf(type))}${name}` : name;
    if (this.#isTaken(given)) throw new Error(`Two types are called ${given}: rename one`);
    this.#names.set(type, given);
    this.components[given] = {};
    this.components[given] = this.#written(type) ?? {};
    return given;
  }

  #isTaken(name: string): boolean {
    return name in this.components || this.#taken.includes(name);
  }

  #written(type: ts.Type): Schema | null {
    const { flags } = type;
    if (flags & (ts.TypeFlags.Any | ts.TypeFlags.Unknown)) return {};
    if (flags & NOTHING) return null;
    if (flags & ts.TypeFlags.Null) return { type: 'null' };
    if (type.isStringLiteral() || type.isNumberLiteral()) return { const: type.value };
    if (flags & ts.TypeFlags.BooleanLiteral) {
      return { const: this.#checker.typeToString(type) === 'true' };
    }
    if (flags & ts.TypeFlags.StringLike) return { type: 'string' };
    if (flags & ts.TypeFlags.NumberLike) return { type: 'number' };
    if (flags & ts.TypeFlags.NonPrimitive) return { type: 'object' };
    if (type.isUnion()) return this.#union(type.types);
    if (type.isIntersection()) {
      const plain = type.types.find((one) => !isObject(one));
      return plain ? this.of(plain) : this.#object(type);
    }
    if (isObject(type)) return this.#object(type);
    throw new Error(`JSON has no ${this.#checker.typeToString(type)}`);
  }

  #union(types: readonly ts.Type[]): Schema | null {
    const texts = types.filter((one) => one.isStringLiteral()).map(({ value }) => value);
    const truths = types.filter((one) => one.flags & ts.TypeFlags.BooleanLiteral);
    const hasNull = types.some((one) => one.flags & ts.TypeFlags.Null);
    const others = types.filter(
      (one) =>
        !one.isStringLiteral() &&
        !(one.flags & ts.TypeFlags.Null) &&
        !(truths.length === 2 && truths.includes(one)),
    );
    const shapes = others.map((one) => this.of(one)).filter((one) => one !== null);
    // In an order of their own: TypeScript's is that in which it met them.
    if (texts.length > 0) shapes.push({ type: 'string', enum: texts.toSorted(inOrder) });
    if (truths.length === 2) shapes.push({ type: 'boolean' });
    const distinct = new Map(shapes.map((one) => [JSON.stringify(one), one]));
    const kept = [...distinct].toSorted(([a], [b]) => inOrder(a, b)).map(([, one]) => one);
    const [only] = kept;
    if (!hasNull) return kept.length > 1 ? { anyOf: kept } : (only ?? null);
    if (kept.length === 1 && isPlain(only!)) return { ...only, type: [only!['type'], 'null'] };
    return kept.length === 0 ? { type: 'null' } : { anyOf: [...kept, { type: 'null' }] };
  }

  #object(type: ts.Type): Schema | null {
    if (type.symbol?.name === 'Date') return { type: 'string', format: 'date-time' };
    const own = type.getProperty('toJSON');
    const [said] = own ? this.#checker.getTypeOfSymbol(own).getCallSignatures() : [];
    if (said) return this.of(said.getReturnType());
    if (this.#holding.includes(type)) {
      throw new Error(`${this.#checker.typeToString(type)} holds itself: it needs a name`);
    }
    this.#holding.push(type);
    const shape = this.#isList(type) ? this.#list(type) : this.#record(type);
    this.#holding.pop();
    return shape;
  }

  #isList(type: ts.Type): boolean {
    return this.#checker.isArrayType(type) || this.#checker.isTupleType(type);
  }

  #list(type: ts.Type): Schema {
    const items = this.#checker
      .getTypeArguments(type as ts.TypeReference)
      // What JSON leaves out of an object is null in a list.
      .map((one) => this.of(one) ?? { type: 'null' });
    if (this.#checker.isArrayType(type)) return { type: 'array', items: items[0] };
    const { minLength, elementFlags } = (type as ts.TupleTypeReference).target;
    if (elementFlags.some((flag) => flag & ts.ElementFlags.Variable)) {
      return { type: 'array', minItems: minLength };
    }
    return { type: 'array', prefixItems: items, minItems: minLength, maxItems: items.length };
  }

  #record(type: ts.Type): Schema {
    const properties: Record<string, Schema> = {};
    const required: string[] = [];
    for (const property of this.#checker.getPropertiesOfType(type)) {
      // Symbols and `#private` ones, and what a class computes.
      if (property.name.startsWith('__') || property.flags & ts.SymbolFlags.Accessor) continue;
      const held = this.#checker.getTypeOfSymbol(property);
      const shape = this.of(held);
      if (shape === null) continue;
      properties[property.name] = shape;
      if (!(property.flags & ts.SymbolFlags.Optional) && !isOptional(held)) {
        required.push(property.name);
      }
    }
    const others = this.#checker.getIndexTypeOfType(type, ts.IndexKind.String);
    return {
      type: 'object',
      ...(Object.keys(properties).length > 0 && { properties: sorted(properties) }),
      ...(required.length > 0 && { required: required.toSorted(inOrder) }),
      ...(others && { additionalProperties: this.of(others) ?? {} }),
    };
  }
}

/** Left out of an object. */
const NOTHING =
  ts.TypeFlags.Undefined | ts.TypeFlags.Void | ts.TypeFlags.Never | ts.TypeFlags.ESSymbolLike;

const isObject = (type: ts.Type): boolean => (type.flags & ts.TypeFlags.Object) !== 0;

const isOptional = (type: ts.Type): boolean =>
  (type.isUnion() ? type.types : [type]).some(
    ({ flags }) => flags & (ts.TypeFlags.Undefined | ts.TypeFlags.Void | ts.TypeFlags.Unknown),
  );

const isPlain = (shape: Schema): boolean => typeof shape['type'] === 'string' && !('enum' in shape);

const inOrder = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** The order of a type made of others is that in which TypeScript met them. */
const sorted = (properties: Record<string, Schema>): Record<string, Schema> =>
  Object.fromEntries(Object.entries(properties).toSorted(([a], [b]) => inOrder(a, b)));

/** Under what a type is declared in a source file of ours, if it is one type and not one for each argument. */
function nameOf(type: ts.Type): string | null {
  if (type.aliasSymbol) return type.aliasTypeArguments ? null : ours(type.aliasSymbol);
  const named = ts.SymbolFlags.Interface | ts.SymbolFlags.Class;
  if (!type.symbol || !(type.symbol.flags & named)) return null;
  const taken = (type as Partial<ts.TypeReference>).typeArguments ?? [];
  return taken.length > 0 ? null : ours(type.symbol);
}

function ours({ name, declarations }: ts.Symbol): string | null {
  const [declared] = declarations ?? [];
  return declared && !declared.getSourceFile().isDeclarationFile ? name : null;
}

/** `key-changes` as `KeyChanges`. */
export const inPascal = (name: string): string =>
  name
    .split('-')
    .map((part) => `${part.charAt(0).toUpperCase()}${part.slice(1)}`)
    .join('');

/** The folder that a type is declared in. */
function roomOf({ aliasSymbol, symbol }: ts.Type): string {
  const [declared] = (aliasSymbol ?? symbol).declarations ?? [];
  return declared?.getSourceFile().fileName.split('/').at(-2) ?? '';
}
