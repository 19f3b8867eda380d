const PATIENCE_MS = 5_000;

/**
 * Reads schemas of a Confluent-compatible registry by id. What an id means never changes, so an answer is
 * kept for ever; that an id is unknown is asked again each time.
 */
export class SchemaRegistry {
  readonly #known = new Map<number, Promise<string | null>>();

  /** @param url the Confluent-compatible base, `…/apis/ccompat/v7`. */
  constructor(readonly url: string) {}

  /** The schema's text, or null if the registry does not know the id. Throws if the registry cannot be asked. */
  schema(id: number): Promise<string | null> {
    const known = this.#known.get(id);
    if (known) return known;
    const asked = this.#ask(id);
    this.#known.set(id, asked);
    asked.then(
      (text) => text === null && this.#known.delete(id),
      () => this.#known.delete(id),
    );
    return asked;
  }

  /** The id of a subject's newest version, or null if there is no such subject. Throws if the registry cannot be asked. */
  async latestId(subject: string): Promise<number | null> {
    const answer = await fetch(
      `${this.url}/subjects/${encodeURIComponent(subject)}/versions/latest`,
      { signal: AbortSignal.timeout(PATIENCE_MS) },
    );
    if (answer.status === 404) return null;
    if (!answer.ok) throw new Error(`The schema registry answered ${answer.status}`);
    const { id } = (await answer.json()) as { id?: unknown };
    return typeof id === 'number' ? id : null;
  }

  async #ask(id: number): Promise<string | null> {
    const answer = await fetch(`${this.url}/schemas/ids/${id}`, {
      headers: { accept: 'application/vnd.schemaregistry.v1+json' },
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    if (answer.status === 404) return null;
    if (!answer.ok) throw new Error(`The schema registry answered ${answer.status}`);
    const body = (await answer.json()) as { schema?: unknown };
    if (typeof body.schema !== 'string')
      throw new Error('The schema registry answered without a schema');
    return body.schema;
  }
}
