import { asyncApiOf, dcatOf, odpsOf } from '@caremesh/contract';
import type { MeshPlaces } from '@caremesh/contract';
import type { WrittenJson } from '@caremesh/platform';
import { Inject, Injectable } from '@nestjs/common';
import { ConnectionSettings } from '../credentials/connection-settings.js';
import { Store } from '../database/store.js';
import { SETTINGS } from '../settings.js';
import type { Settings } from '../settings.js';
import { waiversOn } from '../waivers/in-force.js';
import { ProductVersions } from './product-versions.js';

const GENERATORS = { odps: odpsOf, asyncapi: asyncApiOf, dcat: dcatOf };
export type DocumentKind = keyof typeof GENERATORS;

/** A product as a document of another standard, made anew from its contracts and waivers each time it is asked for. */
@Injectable()
export class ProductDocuments {
  readonly #store: Store;
  readonly #versions: ProductVersions;
  readonly #connection: ConnectionSettings;
  readonly #settings: Settings;

  constructor(
    store: Store,
    versions: ProductVersions,
    connection: ConnectionSettings,
    @Inject(SETTINGS) settings: Settings,
  ) {
    this.#store = store;
    this.#versions = versions;
    this.#connection = connection;
    this.#settings = settings;
  }

  /** JSON text. Throws MESH-3011; MESH-3019 while the identity provider does not say where tokens are had. */
  async write(kind: DocumentKind, product: string): Promise<WrittenJson<object>> {
    const versions = await this.#versions.newestOfMajors(product);
    const waivers = (await waiversOn(this.#store.reader, [product])).get(product) ?? [];
    const document = GENERATORS[kind](versions, await this.#places(), waivers);
    return `${JSON.stringify(document, null, 2)}\n`;
  }

  async #places(): Promise<MeshPlaces> {
    const { tokenUrl, bootstrap, registryUrl, securityProtocol } = await this.#connection.read();
    const encrypted = securityProtocol === 'SASL_SSL';
    const { governanceUrl } = this.#settings;
    return { governanceUrl, registryUrl, tokenUrl, bootstrap, encrypted };
  }
}
