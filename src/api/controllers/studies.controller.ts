import {
  Body,
  Delete,
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
import type { InTransaction, Study } from '../../services';
import { streamEvents } from '../event-stream';
import { sendReport } from '../send';
import type {
  BestAnswer,
  ExtendRequest,
  ImportanceAnswer,
  ProblemDetails,
  StudyPage,
  StudyRequest,
  StudyView,
  TrialPage,
} from '../schemas';
import { ApiController, viewOf } from './base';

@Route('v1/studies')
@Tags('Studies')
@Security('key')
@Response<ProblemDetails>(401, 'A key is needed')
@Response<ProblemDetails>(403, 'Host or origin is not allowed')
export class StudiesController extends ApiController {
  /**
   * Starts a search for the best network. Only `dataset` and `target` are required; the answer's `spec` shows what was
   * chosen for everything else.
   * @summary Create and start a study
   * @example body.holes {"dataset": "ds_…", "target": "Species", "training": {"learningRate": {"$float": [0.001, 0.03], "log": true}, "batchSize": {"$choice": [16, 32, 64]}, "epochs": 40}, "search": {"trials": 20, "seed": 7}}
   * @example body.pareto {"dataset": "ds_…", "target": "Species", "model": {"layers": [{"dense": {"units": {"$int": [2, 64], "log": true}, "activation": "relu"}}]}, "objectives": [{"metric": "validation.logLoss", "direction": "minimize"}, {"metric": "model.parameters", "direction": "minimize"}], "search": {"trials": 30}}
   * @example body.constraints {"dataset": "ds_…", "target": "Species", "model": {"layers": [{"dense": {"units": {"$int": [2, 64]}, "activation": "relu"}}]}, "constraints": [{"metric": "model.parameters", "max": 10000}, {"metric": "validation.accuracy", "min": 0.9}], "search": {"trials": 30}}
   * @example body.kfold {"dataset": "ds_…", "target": "Species", "split": {"method": "kfold", "folds": 5}, "training": {"learningRate": {"$float": [0.001, 0.03], "log": true}}, "search": {"trials": 20}}
   * @example body.warmStart {"dataset": "ds_…", "target": "Species", "training": {"learningRate": {"$float": [0.001, 0.03], "log": true}}, "search": {"trials": 20, "warmStart": {"studies": ["st_…"]}}}
   * @example body.askAndTell {"execution": "external", "space": {"x": {"$float": [0, 1]}, "kind": {"$choice": ["a", "b"]}}, "objectives": [{"metric": "value", "direction": "minimize"}], "search": {"sampler": "tpe", "pruner": "median", "trials": 50, "expireSeconds": 60}}
   */
  @Post()
  @SuccessResponse(201, 'The study')
  @Response<ProblemDetails>(400, 'The body is no JSON')
  @Response<ProblemDetails>(404, 'No such dataset')
  @Response<ProblemDetails>(409, 'A request with this Idempotency-Key is under way')
  @Response<ProblemDetails>(413, 'The body is larger than 1 MiB')
  @Response<ProblemDetails>(422, 'Fields break a rule; errors name each')
  @Response<ProblemDetails>(429, 'Too many running studies')
  async createStudy(@Request() request: HttpRequest, @Body() body: StudyRequest): Promise<StudyView> {
    const how = {
      status: 201 as const,
      locationOf: ({ id }: { id: string }) => `/v1/studies/${id}`,
      content: body,
    };
    return viewOf(await this.post(request, how, (also) => this.services.studies.create(body, also)));
  }

  /**
   * @summary List studies
   * @isInt limit
   * @minimum limit 1
   * @maximum limit 500
   */
  @Get()
  @Response<ProblemDetails>(400, 'A wrong cursor')
  @Response<ProblemDetails>(422, 'A wrong limit')
  listStudies(@Query() limit?: number, @Query() cursor?: string): StudyPage {
    return viewOf(this.services.studies.list(this.page(limit, cursor)));
  }

  /**
   * @summary One study
   * @param wait Answers when the study has ended, or after so many seconds.
   * @minimum wait 0
   * @maximum wait 600
   */
  @Get('{id}')
  @Response<ProblemDetails>(404, 'No such study')
  @Response<ProblemDetails>(422, 'A wrong wait')
  async getStudy(
    @Request() request: HttpRequest,
    @Path() id: string,
    @Query() wait?: number,
  ): Promise<StudyView> {
    if (wait === undefined) return viewOf(this.services.studies.get(id));
    const gone = new AbortController();
    request.once('close', () => {
      gone.abort();
    });
    return viewOf(
      await this.services.studies.wait(id, wait, AbortSignal.any([gone.signal, this.context.closing])),
    );
  }

  /** @summary Delete a study with its trials and models */
  @Delete('{id}')
  @SuccessResponse(204, 'Deleted')
  @Response<ProblemDetails>(404, 'No such study')
  @Response<ProblemDetails>(409, 'It runs')
  async deleteStudy(@Path() id: string): Promise<void> {
    await this.services.studies.delete(id);
  }

  /** @summary Start a created study */
  @Post('{id}/start')
  @Response<ProblemDetails>(404, 'No such study')
  @Response<ProblemDetails>(409, 'Not possible in this state')
  @Response<ProblemDetails>(429, 'Too many running studies')
  startStudy(@Request() request: HttpRequest, @Path() id: string): Promise<StudyView> {
    return this.#command(request, (also) => this.services.studies.start(id, also));
  }

  /**
   * No new trials start; those that run go on to their end.
   * @summary Pause a study
   */
  @Post('{id}/pause')
  @Response<ProblemDetails>(404, 'No such study')
  @Response<ProblemDetails>(409, 'Not possible in this state')
  pauseStudy(@Request() request: HttpRequest, @Path() id: string): Promise<StudyView> {
    return this.#command(request, (also) => this.services.studies.pause(id, also));
  }

  /** @summary Resume a paused study */
  @Post('{id}/resume')
  @Response<ProblemDetails>(404, 'No such study')
  @Response<ProblemDetails>(409, 'Not possible in this state')
  @Response<ProblemDetails>(429, 'Too many running studies')
  resumeStudy(@Request() request: HttpRequest, @Path() id: string): Promise<StudyView> {
    return this.#command(request, (also) => this.services.studies.resume(id, also));
  }

  /**
   * Running trials are cancelled; the final model is made of the best so far, and then the state is `stopped`.
   * @summary Stop a study
   */
  @Post('{id}/stop')
  @Response<ProblemDetails>(404, 'No such study')
  @Response<ProblemDetails>(409, 'Not possible in this state')
  stopStudy(@Request() request: HttpRequest, @Path() id: string): Promise<StudyView> {
    return this.#command(request, (also) => this.services.studies.stop(id, also));
  }

  /**
   * A completed or stopped study runs on with its history and makes a new final model. Both numbers are totals.
   * @summary Give a study a bigger budget
   */
  @Post('{id}/extend')
  @Response<ProblemDetails>(404, 'No such study')
  @Response<ProblemDetails>(409, 'Not possible in this state')
  @Response<ProblemDetails>(422, 'The budget is not bigger')
  extendStudy(
    @Request() request: HttpRequest,
    @Path() id: string,
    @Body() body: ExtendRequest,
  ): Promise<StudyView> {
    return this.#command(request, (also) => this.services.studies.extend(id, body, also), body);
  }

  /**
   * Server-sent events `trial.started`, `trial.epoch`, `trial.finished`, `trial.restarted` and `study.changed`, each with
   * an id; from the beginning, after the header `Last-Event-ID`, or after `after`. The stream ends with the study.
   * @summary Follow a study
   * @param after An event's id, or `now`.
   * @param types Names of events, separated by commas.
   */
  @Get('{id}/events')
  @Produces('text/event-stream')
  @Response<ProblemDetails>(400, 'A wrong event id')
  @Response<ProblemDetails>(404, 'No such study')
  @Response<ProblemDetails>(422, 'An unknown type of event')
  async followStudy(
    @Request() request: HttpRequest,
    @Path() id: string,
    @Query() after?: string,
    @Query() types?: string,
  ): Promise<void> {
    await streamEvents(this.services.events, id, request, { after, types }, this.context.closing);
  }

  /**
   * The whole story of a study: findings, search, diagnosis, error analysis, final model. JSON, or with
   * `Accept: text/html` one self-contained page that prints well. Sections that are not there yet are null.
   * @summary The report
   */
  @Get('{id}/report')
  @Produces('application/json')
  @Produces('text/html')
  @Response<ProblemDetails>(404, 'No such study')
  async getReport(@Request() request: HttpRequest, @Path() id: string): Promise<void> {
    const format = request.accepts(['application/json', 'text/html']) === 'text/html' ? 'html' : 'json';
    sendReport(request, await this.services.studies.report(id, format), format);
  }

  /** @summary The best trial and the final model */
  @Get('{id}/best')
  @Response<ProblemDetails>(404, 'No such study')
  @Response<ProblemDetails>(409, 'No trial has completed yet, or a study with several objectives')
  getBest(@Path() id: string): BestAnswer {
    return viewOf(this.services.studies.best(id));
  }

  /**
   * The completed trials that no other dominates, by number. Where trials break constraints, those that keep them come
   * first: one that breaks any is listed only while all do.
   * @summary The Pareto front
   * @isInt limit
   * @minimum limit 1
   * @maximum limit 500
   */
  @Get('{id}/pareto')
  @Response<ProblemDetails>(400, 'A wrong cursor')
  @Response<ProblemDetails>(404, 'No such study')
  @Response<ProblemDetails>(422, 'A wrong limit')
  getPareto(@Path() id: string, @Query() limit?: number, @Query() cursor?: string): TrialPage {
    return viewOf(this.services.trials.pareto(id, this.page(limit, cursor)));
  }

  /**
   * How much of an objective's values each hole explains, from the completed trials; the numbers sum to 1. `fanova` (the
   * default): over the whole space; `ped-anova`: what tells the best tenth of the trials from the others.
   * @summary Importance of hyperparameters
   * @param objective Index of the objective, from 0.
   * @isInt objective
   * @minimum objective 0
   */
  @Get('{id}/importance')
  @Response<ProblemDetails>(404, 'No such study')
  @Response<ProblemDetails>(409, 'Too few completed trials')
  @Response<ProblemDetails>(422, 'A wrong method or objective')
  async getImportance(
    @Path() id: string,
    @Query() method: 'fanova' | 'ped-anova' = 'fanova',
    @Query() objective = 0,
  ): Promise<ImportanceAnswer> {
    return viewOf(await this.services.trials.importance(id, method, objective));
  }

  async #command(
    request: HttpRequest,
    work: (also: InTransaction<Study>) => Promise<Study>,
    content: unknown = null,
  ): Promise<StudyView> {
    return viewOf(await this.post(request, { status: 200, content }, work));
  }
}
