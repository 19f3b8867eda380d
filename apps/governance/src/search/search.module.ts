import { Module } from '@nestjs/common';
import { FacetCache } from './facet-cache.js';
import { FieldSearch } from './field-search.js';
import { ProductSearch } from './product-search.js';
import { Questions } from './questions.js';
import { SearchIndex } from './search-index.js';

@Module({
  providers: [SearchIndex, ProductSearch, FieldSearch, Questions, FacetCache],
  exports: [SearchIndex, ProductSearch, FieldSearch],
})
export class SearchModule {}
