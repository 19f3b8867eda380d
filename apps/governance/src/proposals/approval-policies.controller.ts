import { Allow } from '@caremesh/platform';
import { Controller, Get } from '@nestjs/common';
import { Documented } from '../http/documented.js';
import { APPROVAL_POLICIES } from './auto-approval.js';

/** Which changes go out without a person's decision: a policy is worth nothing that nobody can read. */
@Allow('*')
@Controller('v1/approval-policies')
export class ApprovalPoliciesController {
  @Documented({ summary: 'Policies that approve a version by themselves' })
  @Get()
  list() {
    return { items: APPROVAL_POLICIES, next: null };
  }
}
