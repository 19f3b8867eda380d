import { Module } from '@nestjs/common';
import { ConnectionSettings } from '../credentials/connection-settings.js';
import { GrantsModule } from '../grants/grants.module.js';
import { HealthModule } from '../health/health.module.js';
import { RetentionModule } from '../retention/retention.module.js';
import { SearchModule } from '../search/search.module.js';
import { ApprovedSchemas } from './approved-schemas.js';
import { Catalogue } from './catalogue.js';
import { DocumentsController } from './documents.controller.js';
import { Fields } from './fields.js';
import { Lineage } from './lineage.js';
import { ProductDocuments } from './product-documents.js';
import { ProductVersions } from './product-versions.js';
import { ProductsController } from './products.controller.js';

@Module({
  imports: [SearchModule, GrantsModule, HealthModule, RetentionModule],
  controllers: [ProductsController, DocumentsController],
  providers: [
    Catalogue,
    ApprovedSchemas,
    ProductVersions,
    ProductDocuments,
    Fields,
    Lineage,
    ConnectionSettings,
  ],
  exports: [Catalogue],
})
export class ProductsModule {}
