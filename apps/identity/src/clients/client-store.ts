import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { DataSource, Repository } from 'typeorm';

import { hashOfSecret, seededClient } from './client.js';
import type { Client } from './client.js';
import { ClientEntity } from './client.entity.js';

/**
 * The clients, kept in PostgreSQL. Those of the mesh's own processes come from the folder of secrets
 * the first time they are needed, so it does not matter whether a secret was made before this process.
 */
export class ClientStore {
  readonly #clients: Repository<ClientEntity>;
  readonly #secretsFolder: string;

  constructor(dataSource: DataSource, secretsFolder: string) {
    this.#clients = dataSource.getRepository(ClientEntity);
    this.#secretsFolder = secretsFolder;
  }

  /** The client of that id, or null. */
  async find(clientId: string): Promise<Client | null> {
    return (await this.#clients.findOneBy({ clientId })) ?? (await this.#seed(clientId));
  }

  /** Creates or replaces a client. */
  async put(client: Client): Promise<void> {
    await this.#clients.upsert({ ...client, jwk: client.jwk as never }, ['clientId']);
  }

  /** Removes a client; its next token request is refused. Nothing happens if it is not there. */
  async remove(clientId: string): Promise<void> {
    await this.#clients.delete({ clientId });
  }

  /** Gives a client another end. Null if there is no such client. */
  async extend(clientId: string, expires: Date): Promise<Client | null> {
    await this.#clients.update({ clientId }, { expires });
    return this.#clients.findOneBy({ clientId });
  }

  /** Lets a client that was waiting ask for tokens. Null if there is no such client. */
  async enable(clientId: string): Promise<Client | null> {
    const client = await this.find(clientId);
    if (!client) return null;
    await this.#clients.update({ clientId }, { enabled: true });
    return { ...client, enabled: true };
  }

  /** Takes over the secrets in the folder; whether a client is enabled stays as it is. */
  async seedAll(): Promise<void> {
    const names = await readdir(this.#secretsFolder).catch(() => []);
    for (const name of names) await this.#seed(name);
  }

  async #seed(name: string): Promise<Client | null> {
    const secret = await this.#secretOf(name);
    const client = secret ? seededClient(name, secret) : null;
    if (!secret || !client) return null;
    await this.#clients
      .createQueryBuilder()
      .insert()
      .values({ ...client, jwk: null as never })
      .orIgnore()
      .execute();
    await this.#clients.update({ clientId: name }, { secretSha256: hashOfSecret(secret) });
    return this.#clients.findOneBy({ clientId: name });
  }

  // The name is checked before it becomes part of a path.
  async #secretOf(name: string): Promise<string | null> {
    if (!seededClient(name, '')) return null;
    const text = await readFile(join(this.#secretsFolder, name), 'utf8').catch(() => '');
    return text.trim() || null;
  }
}
