import { Module } from '@nestjs/common';
import { Registry } from './registry.js';

@Module({ providers: [Registry], exports: [Registry] })
export class RegistryModule {}
