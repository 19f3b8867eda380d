/** Values by view and key. Kept apart by view: a name made of both would be a text to be made and hashed for each look. */
export class ByView<T> {
  readonly #views = new Map<number, Map<string, T>>();

  get(viewId: number, key: string): T | undefined {
    return this.#views.get(viewId)?.get(key);
  }

  set(viewId: number, key: string, value: T): void {
    let own = this.#views.get(viewId);
    if (own === undefined) this.#views.set(viewId, (own = new Map<string, T>()));
    own.set(key, value);
  }
}
