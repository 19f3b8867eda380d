import { join } from 'node:path';

import type { OpenAPIObject } from '@nestjs/swagger';
import ts from 'typescript';

import type { Handler } from './document.js';
import { inPascal, JsonShapes } from './json-shapes.js';
import type { Schema } from './json-shapes.js';

type Answer = { content?: Record<string, { schema?: Schema }> };
type Answering = Handler & { type: ts.Type };
type Operation = { operationId: string; responses: Record<string, Answer> };

/**
 * What handlers answer, as TypeScript knows it of their return types, written down or inferred. One program for all pages: to read
 * the sources is what takes long.
 */
export class Answers {
  readonly #program: ts.Program;
  readonly #checker: ts.TypeChecker;

  /** Reads `files` and what they import, with the settings in the folder's tsconfig.json. */
  constructor(files: readonly string[], folder: string) {
    const { config } = ts.readConfigFile(join(folder, 'tsconfig.json'), ts.sys.readFile) as {
      config: { compilerOptions: object };
    };
    const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, folder);
    this.#program = ts.createProgram({ rootNames: files, options });
    this.#checker = this.#program.getTypeChecker();
  }

  /**
   * Gives every successful JSON answer of a document its shape. `sources` are the folders where its controllers are. Throws for an
   * operation that is to answer JSON and does not say of what.
   */
  describe(
    document: OpenAPIObject,
    handlers: ReadonlyMap<string, Handler>,
    sources: readonly string[],
  ): void {
    const classes = this.#classesIn(sources);
    const { schemas } = (document.components ??= {});
    const shapes = new JsonShapes(this.#checker, Object.keys(schemas ?? {}));
    const operations = Object.values(document.paths)
      .flatMap((path) => [path.get, path.put, path.post, path.delete])
      .filter((one) => one !== undefined) as unknown as Operation[];
    const answers = operations.map((operation) => {
      const handler = handlers.get(operation.operationId)!;
      return { ...handler, operation, type: this.#answerOf(classes, handler) };
    });
    nameShared(shapes, answers);
    for (const { operation, type } of answers) this.#fill(operation, type, shapes);
    document.components.schemas = { ...schemas, ...shapes.components } as typeof schemas;
  }

  #classesIn(sources: readonly string[]): Map<string, ts.ClassDeclaration> {
    const files = this.#program
      .getSourceFiles()
      .filter(({ fileName }) => sources.some((folder) => fileName.startsWith(`${folder}/`)));
    const classes = files.flatMap(({ statements }) => statements.filter(ts.isClassDeclaration));
    return new Map(classes.map((one) => [one.name?.text ?? '', one]));
  }

  #answerOf(classes: ReadonlyMap<string, ts.ClassDeclaration>, { controller, method }: Handler) {
    const found = classes
      .get(controller)
      ?.members.filter(ts.isMethodDeclaration)
      .find(({ name }) => name.getText() === method);
    const signature = found && this.#checker.getSignatureFromDeclaration(found);
    if (!signature) throw new Error(`${controller}.${method} is not in the sources`);
    const answer = signature.getReturnType();
    return this.#checker.getAwaitedType(answer) ?? answer;
  }

  #fill({ operationId, responses }: Operation, type: ts.Type, shapes: JsonShapes): void {
    const isNothing = (type.flags & (ts.TypeFlags.Void | ts.TypeFlags.Undefined)) !== 0;
    for (const answer of Object.values(responses)) {
      for (const [media, content] of Object.entries(answer.content ?? {})) {
        // Of a refusal it is said already.
        if (!isJson(media) || content.schema) continue;
        if (isNothing) {
          delete answer.content;
          break;
        }
        const shape = jsonOf(type, shapes);
        if (!shape) throw new Error(`${operationId} does not say what it answers`);
        content.schema = shape;
      }
    }
  }
}

/** Null for what is no JSON: a text or a file, unless its type says of what it is written. */
function jsonOf(type: ts.Type, shapes: JsonShapes): Schema | null {
  const [written] = type.aliasSymbol?.name === 'WrittenJson' ? (type.aliasTypeArguments ?? []) : [];
  if (written) return shapes.of(written);
  const parts = type.isUnion() ? type.types : [type];
  const jsons = parts.filter((one) => !isFile(one) && !(one.flags & ts.TypeFlags.StringLike));
  const shape = jsons.length === parts.length ? shapes.of(type) : shapes.ofEither(jsons);
  return shape && Object.keys(shape).length > 0 ? shape : null;
}

/** What several operations answer and no type names is called after the handler that shows it, or the first that answers it. */
function nameShared(shapes: JsonShapes, answers: readonly Answering[]): void {
  for (const [type, given] of Map.groupBy(answers, (one) => one.type)) {
    if (given.length === 1 || !shapes.isNameless(type)) continue;
    const { controller, method } = given.find((one) => one.method === 'show') ?? given[0]!;
    shapes.name(type, `${controller.replace('Controller', '')}${inPascal(method)}`);
  }
}

const isFile = ({ symbol }: ts.Type): boolean => symbol?.name === 'StreamableFile';

const isJson = (media: string): boolean => /^application\/([a-z.]+\+)?json$/.test(media);
