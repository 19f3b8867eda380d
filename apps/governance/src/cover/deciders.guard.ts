import { platformErrors, problem } from '@caremesh/platform';
import type { Caller } from '@caremesh/platform';
import { Injectable } from '@nestjs/common';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Covers } from './covers.js';

const DECIDERS = ['governance-lead', 'ig-lead'];

/** Lets in who holds a role that decides for the whole mesh, or stands in for somebody who does. */
@Injectable()
export class DecidersGuard implements CanActivate {
  constructor(private readonly covers: Covers) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const { caller } = context.switchToHttp().getRequest<{ caller?: Caller }>();
    const decides = ({ roles }: Pick<Caller, 'roles'>) =>
      DECIDERS.some((role) => roles.includes(role));
    if (caller && (decides(caller) || decides(await this.covers.standingIn(caller)))) return true;
    throw problem(platformErrors.notAllowed, `One of these is needed: ${DECIDERS.join(', ')}`);
  }
}
