import { isDeepStrictEqual } from 'node:util';
import { problem, ownTokens } from '@caremesh/platform';
import type { TokenSource } from '@caremesh/platform';
import { Inject, Injectable } from '@nestjs/common';
import { governanceErrors } from '../errors.js';
import { SETTINGS } from '../settings.js';
import type { Settings } from '../settings.js';

const MEDIA_TYPE = 'application/vnd.schemaregistry.v1+json';
// The listing is of Apicurio's own interface, which knows plain JSON alone.
const ACCEPTED = `${MEDIA_TYPE}, application/json;q=0.5`;
const PATIENCE_MS = 10_000;
// Within a major, every version reads what every other wrote, and the other way round.
const COMPATIBILITY = 'FULL_TRANSITIVE';

/** A schema under its id. */
export type RegisteredSchema = { id: number; schema: string };

type Answer = { status: number; body: unknown };

/** Where Apicurio has its own interface beside the one it shares with others, and how many versions it lists at a time. */
const COMPATIBLE = /\/apis\/ccompat\/v7$/;
const LISTED = 500;
type Listed = {
  groupId?: string;
  artifactId: string;
  version: string;
  globalId: number;
  contentId: number;
  state: string;
};

/**
 * The Confluent-compatible schema registry, as the one client that may write to it. What the registry
 * says no to is refused with its own words (MESH-3013); what it cannot answer now is MESH-3014.
 */
@Injectable()
export class Registry {
  readonly #base: string;
  readonly #tokens: TokenSource;

  constructor(@Inject(SETTINGS) settings: Settings) {
    this.#base = settings.registryUrl;
    this.#tokens = ownTokens(settings, 'mesh-registry');
  }

  /**
   * Registers `schema` under `subject`, with the compatibility of a major version, and reads back that
   * the registry holds this schema under the id it gave. Registering the same schema again gives the same
   * id. Throws MESH-3013, MESH-3014, or MESH-3015 if what is held is not what was sent.
   */
  async register(subject: string, schema: string): Promise<number> {
    const existed = await this.#setCompatibility(subject);
    const { body } = await this.#call('POST', `/subjects/${encode(subject)}/versions`, {
      schema,
      schemaType: 'AVRO',
    });
    const id = (body as { id: number }).id;
    if (!existed) await this.#setCompatibility(subject);
    await this.#readBack(id, schema);
    return id;
  }

  /** Makes sure the subject is still held to the compatibility of a major, after `before`; answers whether it had to. */
  async repair(subject: string, before: () => Promise<void>): Promise<boolean> {
    const { status, body } = await this.#call(
      'GET',
      `/config/${encode(subject)}`,
      undefined,
      [404],
    );
    const level = (body as { compatibilityLevel?: string }).compatibilityLevel;
    if (status !== 404 && level === COMPATIBILITY) return false;
    await before();
    await this.#setCompatibility(subject);
    return true;
  }

  /** Every subject the registry shows. */
  async subjects(): Promise<string[]> {
    const { body } = await this.#call('GET', '/subjects');
    return body as string[];
  }

  /**
   * What tells apart the versions that each subject has, of all of them in one listing: numbers that are given to a version
   * and a content once and for ever. Null from a registry that has no such listing: there each subject is looked at.
   */
  async marks(): Promise<Map<string, string> | null> {
    if (!COMPATIBLE.test(this.#base)) return null;
    // Not there, or not for this client: the subjects themselves can still be read.
    const refusals = [400, 403, 404, 406];
    const marks = new Map<string, string>();
    for (let from = 0, more = true; more; from += LISTED) {
      const search = `search/versions?orderby=globalId&order=asc&limit=${LISTED}&offset=${from}`;
      const { status, body } = await this.#call(
        'GET',
        `/../../registry/v3/${search}`,
        undefined,
        refusals,
      );
      if (refusals.includes(status)) return null;
      const { versions } = body as { versions: Listed[] };
      for (const { groupId, artifactId, version, globalId, contentId, state } of versions) {
        if (groupId !== undefined) continue;
        const mark = `${version} ${globalId} ${contentId} ${state}`;
        marks.set(artifactId, `${marks.get(artifactId) ?? ''},${mark}`);
      }
      more = versions.length === LISTED;
    }
    return marks;
  }

  /** Numbers of all versions the subject shows, oldest first; none if there is no such subject. */
  async versionsOf(subject: string): Promise<number[]> {
    const path = `/subjects/${encode(subject)}/versions`;
    const { status, body } = await this.#call('GET', path, undefined, [404]);
    return status === 404 ? [] : (body as number[]);
  }

  /** One version: its id, and its schema as the registry holds it. Null if it went meanwhile. */
  async version(subject: string, version: number): Promise<RegisteredSchema | null> {
    const path = `/subjects/${encode(subject)}/versions/${version}`;
    const { status, body } = await this.#call('GET', path, undefined, [404]);
    if (status === 404) return null;
    const { id, schema } = body as { id: number; schema: string };
    return { id, schema };
  }

  /**
   * Takes away a subject, or one version of it, that nobody decided. Deleted softly first, then for good where
   * the registry allows that. Answers how far it came: consumers read neither, as only approved ids are read.
   */
  async remove(subject: string, version?: number): Promise<'removed' | 'hidden' | 'kept'> {
    const one = version === undefined ? '' : `/versions/${version}`;
    const path = `/subjects/${encode(subject)}${one}`;
    if (!(await this.#isDone(path))) return 'kept';
    return (await this.#isDone(`${path}?permanent=true`)) ? 'removed' : 'hidden';
  }

  // Gone already is as good. A registry that deletes nothing says so as a verdict, or as not allowed.
  async #isDone(path: string): Promise<boolean> {
    const refusals = [400, 403, 404, 405, 409, 422];
    const { status } = await this.#call('DELETE', path, undefined, refusals);
    return status < 400 || status === 404;
  }

  async #readBack(id: number, schema: string): Promise<void> {
    const { body } = await this.#call('GET', `/schemas/ids/${id}`);
    const held: unknown = JSON.parse((body as { schema: string }).schema);
    if (isDeepStrictEqual(held, JSON.parse(schema))) return;
    throw problem(governanceErrors.registryDiffers, `Schema id ${id} is another schema`);
  }

  // A registry may not know the subject before its first version: then it is set right after that.
  async #setCompatibility(subject: string): Promise<boolean> {
    const { status } = await this.#call(
      'PUT',
      `/config/${encode(subject)}`,
      { compatibility: COMPATIBILITY },
      [404],
    );
    return status !== 404;
  }

  async #call(
    method: string,
    path: string,
    json?: unknown,
    accepted: number[] = [],
  ): Promise<Answer> {
    const response = await this.#send(method, path, json);
    const body: unknown = await response.json().catch(() => ({}));
    if (response.ok || accepted.includes(response.status)) {
      return { status: response.status, body };
    }
    const words = `${response.status}: ${wordsOf(body)}`;
    if (isVerdict(response.status)) throw problem(governanceErrors.registryRefused, words);
    if (response.status === 401) this.#tokens.forget();
    throw problem(governanceErrors.registryUnavailable, words);
  }

  async #send(method: string, path: string, json: unknown): Promise<Response> {
    const token = await this.#tokens.token();
    return fetch(`${this.#base}${path}`, {
      method,
      signal: AbortSignal.timeout(PATIENCE_MS),
      headers: { authorization: `Bearer ${token}`, 'content-type': MEDIA_TYPE, accept: ACCEPTED },
      body: json === undefined ? null : JSON.stringify(json),
    }).catch((cause: unknown) => {
      throw problem(governanceErrors.registryUnavailable, this.#base, [], cause);
    });
  }
}

const encode = encodeURIComponent;

// 409 incompatible, 422 not a schema, 400 not understood; the rest says nothing about the schema.
function isVerdict(status: number): boolean {
  return [400, 409, 422].includes(status);
}

function wordsOf(body: unknown): string {
  const { message } = body as { message?: unknown };
  return typeof message === 'string' ? message.slice(0, 2_000) : 'the registry gave no words';
}
