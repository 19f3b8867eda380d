import { Module } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { Answers } from './answers.js';
import { IdempotencyInterceptor } from './idempotency.interceptor.js';
import { IfMatchInterceptor } from './if-match.interceptor.js';

/** What holds for every route. A key comes first: who asks again is answered, whatever stands by now. */
@Module({
  providers: [
    Answers,
    { provide: APP_INTERCEPTOR, useClass: IdempotencyInterceptor },
    { provide: APP_INTERCEPTOR, useClass: IfMatchInterceptor },
  ],
})
export class RequestsModule {}
