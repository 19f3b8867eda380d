import { Module } from '@nestjs/common';
import { BrokerModule } from '../broker/broker.module.js';
import { GrantsModule } from '../grants/grants.module.js';
import { IdentityModule } from '../identity/identity.module.js';
import { ConnectionSettings } from './connection-settings.js';
import { CredentialsController } from './credentials.controller.js';
import { Credentials } from './credentials.js';
import { CredentialReading } from './reading.js';

@Module({
  imports: [BrokerModule, GrantsModule, IdentityModule],
  controllers: [CredentialsController],
  providers: [Credentials, ConnectionSettings, CredentialReading],
})
export class CredentialsModule {}
