import { Module } from '@nestjs/common';
import { IdentityClients } from './identity-clients.js';

@Module({ providers: [IdentityClients], exports: [IdentityClients] })
export class IdentityModule {}
