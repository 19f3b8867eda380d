import { Allow, CallerOf, body } from '@caremesh/platform';
import type { Caller } from '@caremesh/platform';
import { Body, Controller, Get, Param, Post, Query } from '@nestjs/common';
import { Documented } from '../http/documented.js';
import { Comments } from './comments.js';
import { commentBody, commentQuery } from './shapes.js';
import type { CommentBody, CommentQuery } from './shapes.js';

/** Asking and answering about a proposal. Who may see it may speak. */
@Allow('kind:user')
@Controller('v1/proposals/:id/comments')
export class CommentsController {
  readonly #comments: Comments;

  constructor(comments: Comments) {
    this.#comments = comments;
  }

  @Documented({ summary: 'Comment on a proposal', body: commentBody, status: 201 })
  @Post()
  add(
    @CallerOf() caller: Caller,
    @Param('id') id: string,
    @Body(body(commentBody)) given: CommentBody,
  ) {
    return this.#comments.add(caller, id, given);
  }

  @Documented({ summary: 'What was said about a proposal, oldest first', query: commentQuery })
  @Get()
  list(
    @CallerOf() caller: Caller,
    @Param('id') id: string,
    @Query(body(commentQuery)) query: CommentQuery,
  ) {
    return this.#comments.list(caller, id, query);
  }
}
