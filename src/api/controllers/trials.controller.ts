import { Readable } from 'node:stream';
import {
  Body,
  Get,
  Path,
  Post,
  Produces,
  Query,
  Request,
  Response,
  Route,
  Security,
  SuccessResponse,
  Tags,
} from '@tsoa/runtime';
import type { Request as HttpRequest } from 'express';
import type { EnqueueRequest, ModelView, ProblemDetails, TrialPage, TrialView } from '../schemas';
import { sendStream } from '../send';
import { ApiController, viewOf } from './base';

@Route('v1/studies/{id}')
@Tags('Trials')
@Security('key')
@Response<ProblemDetails>(401, 'A key is needed')
@Response<ProblemDetails>(403, 'Host or origin is not allowed')
@Response<ProblemDetails>(404, 'No such study or trial')
export class TrialsController extends ApiController {
  /**
   * @summary List the trials of a study
   * @param state Only trials in this state.
   * @param sort By number or by the first objective's value; a minus turns it round. Trials without a value come last.
   * @param include curve adds the learning curves.
   * @isInt limit
   * @minimum limit 1
   * @maximum limit 500
   */
  @Get('trials')
  @Response<ProblemDetails>(400, 'A wrong cursor')
  @Response<ProblemDetails>(422, 'A wrong parameter')
  listTrials(
    @Path() id: string,
    @Query() state?: 'waiting' | 'running' | 'completed' | 'pruned' | 'failed' | 'cancelled',
    @Query() sort?: 'number' | '-number' | 'value' | '-value',
    @Query() include?: 'curve',
    @Query() limit?: number,
    @Query() cursor?: string,
  ): TrialPage {
    const filter = { state: state ?? null, sort: sort ?? 'number' };
    return viewOf(this.services.trials.list(id, filter, this.page(limit, cursor), include === 'curve'));
  }

  /**
   * The point is tried before anything the sampler proposes, and counts as one of the study's trials.
   * @summary Enqueue a point
   */
  @Post('trials')
  @SuccessResponse(201, 'The trial, waiting')
  @Response<ProblemDetails>(409, 'The study takes no more points')
  @Response<ProblemDetails>(422, 'The point lies outside the space')
  async enqueueTrial(
    @Request() request: HttpRequest,
    @Path() id: string,
    @Body() body: EnqueueRequest,
  ): Promise<TrialView> {
    const how = {
      status: 201 as const,
      locationOf: ({ number }: { number: number }) => `/v1/studies/${id}/trials/${String(number)}`,
      content: body,
    };
    return viewOf(await this.post(request, how, (also) => this.services.trials.enqueue(id, body, also)));
  }

  /**
   * @summary One trial with its learning curve
   * @isInt number
   * @minimum number 0
   */
  @Get('trials/{number}')
  @Response<ProblemDetails>(422, 'A wrong number')
  getTrial(@Path() id: string, @Path() number: number): TrialView {
    return viewOf(this.services.trials.get(id, number));
  }

  /**
   * @summary Stop one trial
   * @isInt number
   * @minimum number 0
   */
  @Post('trials/{number}/stop')
  @Response<ProblemDetails>(409, 'It has ended')
  @Response<ProblemDetails>(422, 'A wrong number')
  async stopTrial(
    @Request() request: HttpRequest,
    @Path() id: string,
    @Path() number: number,
  ): Promise<TrialView> {
    const how = { status: 200 as const, content: null };
    return viewOf(await this.post(request, how, (also) => this.services.trials.stop(id, number, also)));
  }

  /**
   * @summary Make a model of a completed trial
   * @isInt number
   * @minimum number 0
   */
  @Post('trials/{number}/model')
  @SuccessResponse(201, 'The model')
  @Response<ProblemDetails>(409, 'The trial has not completed')
  @Response<ProblemDetails>(422, 'A wrong number')
  async createModel(
    @Request() request: HttpRequest,
    @Path() id: string,
    @Path() number: number,
  ): Promise<ModelView> {
    const how = {
      status: 201 as const,
      locationOf: (model: { id: string }) => `/v1/models/${model.id}`,
      content: null,
    };
    return viewOf(
      await this.post(request, how, (also) => this.services.trials.createModel(id, number, also)),
    );
  }

  /** @summary The trials as a table */
  @Get('trials.csv')
  @Produces('text/csv')
  async getTable(@Request() request: HttpRequest, @Path() id: string): Promise<void> {
    this.services.studies.get(id);
    await sendStream(
      request,
      Readable.from(this.services.trials.csv(id)),
      'text/csv; charset=utf-8',
      `${id}-trials.csv`,
    );
  }
}
