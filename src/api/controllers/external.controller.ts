import { Body, Path, Post, Request, Response, Route, Security, SuccessResponse, Tags } from '@tsoa/runtime';
import type { Request as HttpRequest } from 'express';
import type {
  AskAnswer,
  AskRequest,
  HeartbeatRequest,
  ProblemDetails,
  ReportAnswer,
  ReportRequest,
  TellRequest,
  TrialView,
} from '../schemas';
import { ApiController, viewOf } from './base';

@Route('v1/studies/{id}')
@Tags('Ask and tell')
@Security('key')
@Response<ProblemDetails>(401, 'A key is needed')
@Response<ProblemDetails>(403, 'Host or origin is not allowed')
@Response<ProblemDetails>(404, 'No such study or trial')
export class ExternalController extends ApiController {
  /**
   * Trials to train, of a study with `"execution": "external"`. `done` once the budget is spent.
   * @summary Ask for trials
   */
  @Post('ask')
  @Response<ProblemDetails>(400, 'The body is no JSON')
  @Response<ProblemDetails>(409, 'The study trains its own trials, or does not run')
  @Response<ProblemDetails>(422, 'The body breaks a rule')
  async ask(
    @Request() request: HttpRequest,
    @Path() id: string,
    @Body() body?: AskRequest,
  ): Promise<AskAnswer> {
    const how = { status: 200 as const, content: body ?? null };
    return viewOf(await this.post(request, how, (also) => this.services.external.ask(id, body, also)));
  }

  /**
   * What a trial has reached after a step; the answer says whether to stop it. The same report again does no harm.
   * @summary Report a step of a trial
   * @isInt number
   * @minimum number 0
   */
  @Post('trials/{number}/report')
  @Response<ProblemDetails>(400, 'The body is no JSON')
  @Response<ProblemDetails>(
    409,
    'It does not run, the attempt is stale, or the step was reported with other values',
  )
  @Response<ProblemDetails>(422, 'The body breaks a rule')
  async report(
    @Request() request: HttpRequest,
    @Path() id: string,
    @Path() number: number,
    @Body() body: ReportRequest,
  ): Promise<ReportAnswer> {
    const how = { status: 200 as const, content: body };
    return viewOf(
      await this.post(request, how, (also) => this.services.external.report(id, number, body, also)),
    );
  }

  /**
   * `search.expireSeconds` after the last sign of life a trial is given to somebody else; a report is one too.
   * @summary Say that a trial is still being trained
   * @isInt number
   * @minimum number 0
   */
  @Post('trials/{number}/heartbeat')
  @SuccessResponse(204, 'Heard')
  @Response<ProblemDetails>(400, 'The body is no JSON')
  @Response<ProblemDetails>(409, 'It does not run, or the attempt is stale')
  @Response<ProblemDetails>(422, 'The body breaks a rule')
  heartbeat(@Path() id: string, @Path() number: number, @Body() body?: HeartbeatRequest): void {
    this.services.external.heartbeat(id, number, body);
    this.setStatus(204);
  }

  /**
   * The end of a trial. The same again answers the same; something else is refused.
   * @summary Tell the end of a trial
   * @isInt number
   * @minimum number 0
   */
  @Post('trials/{number}/tell')
  @Response<ProblemDetails>(400, 'The body is no JSON')
  @Response<ProblemDetails>(409, 'It does not run, the attempt is stale, or something else was told')
  @Response<ProblemDetails>(422, 'The body breaks a rule')
  async tell(
    @Request() request: HttpRequest,
    @Path() id: string,
    @Path() number: number,
    @Body() body: TellRequest,
  ): Promise<TrialView> {
    const how = { status: 200 as const, content: body };
    return viewOf(
      await this.post(request, how, (also) => this.services.external.tell(id, number, body, also)),
    );
  }
}
