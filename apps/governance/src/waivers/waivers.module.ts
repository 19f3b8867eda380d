import { Module } from '@nestjs/common';
import { MotionsModule } from '../motions/motions.module.js';
import { WaiverExpiry } from './expiry.js';
import { WaiversController } from './waivers.controller.js';
import { Waivers } from './waivers.js';

@Module({
  imports: [MotionsModule],
  controllers: [WaiversController],
  providers: [Waivers, WaiverExpiry],
})
export class WaiversModule {}
