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
import type { ModelPage, ModelView, PredictAnswer, PredictRequest, ProblemDetails } from '../schemas';
import { sendBytes, sendFile, sendStream } from '../send';
import { ApiController, viewOf } from './base';

@Route('v1/models')
@Tags('Models')
@Security('key')
@Response<ProblemDetails>(401, 'A key is needed')
@Response<ProblemDetails>(403, 'Host or origin is not allowed')
export class ModelsController extends ApiController {
  /**
   * @summary List models
   * @param study Only models of this study.
   * @isInt limit
   * @minimum limit 1
   * @maximum limit 500
   */
  @Get()
  @Response<ProblemDetails>(400, 'A wrong cursor')
  @Response<ProblemDetails>(422, 'A wrong limit')
  listModels(@Query() study?: string, @Query() limit?: number, @Query() cursor?: string): ModelPage {
    return viewOf(this.services.models.list(study ?? null, this.page(limit, cursor)));
  }

  /** @summary One model */
  @Get('{id}')
  @Response<ProblemDetails>(404, 'No such model')
  getModel(@Path() id: string): ModelView {
    return viewOf(this.services.models.get(id));
  }

  /** @summary Delete a model */
  @Delete('{id}')
  @SuccessResponse(204, 'Deleted')
  @Response<ProblemDetails>(404, 'No such model')
  async deleteModel(@Path() id: string): Promise<void> {
    await this.services.models.delete(id);
  }

  /**
   * What `tf.loadLayersModel('…/model.json')` fetches first.
   * @summary The network's topology
   */
  @Get('{id}/model.json')
  @Response<ProblemDetails>(404, 'No such model')
  async getTopology(@Request() request: HttpRequest, @Path() id: string): Promise<void> {
    await sendFile(request, await this.services.models.file(id, 'model.json'), 'application/json');
  }

  /** @summary The network's weights */
  @Get('{id}/weights.bin')
  @Produces('application/octet-stream')
  @Response<ProblemDetails>(404, 'No such model')
  async getWeights(@Request() request: HttpRequest, @Path() id: string): Promise<void> {
    await sendFile(request, await this.services.models.file(id, 'weights.bin'), 'application/octet-stream');
  }

  /**
   * Input `input` float32 [rows, …], output `output` float32 [rows, …], for any number of rows.
   * @summary The network for ONNX runtimes
   */
  @Get('{id}/model.onnx')
  @Produces('application/octet-stream')
  @Response<ProblemDetails>(404, 'No such model, or a network that ONNX cannot express; the detail says why')
  @Response<ProblemDetails>(503, 'Too many predictions wait')
  async getOnnx(@Request() request: HttpRequest, @Path() id: string): Promise<void> {
    await sendBytes(request, await this.services.models.onnx(id, 'model.onnx'));
  }

  /**
   * One input `[rows, 1]` for each raw column that the model looks at: float64 of a number (NaN is missing), of a boolean
   * (0 or 1) and of a date (milliseconds since 1970), string of a category (empty is missing). Outputs: `value` `[rows, 1]`,
   * and for classes `probabilities` `[rows, classes]`.
   * @summary Preparation and network for ONNX runtimes
   */
  @Get('{id}/pipeline.onnx')
  @Produces('application/octet-stream')
  @Response<ProblemDetails>(404, 'No such model, or one that ONNX cannot express; the detail says why')
  @Response<ProblemDetails>(503, 'Too many predictions wait')
  async getPipeline(@Request() request: HttpRequest, @Path() id: string): Promise<void> {
    await sendBytes(request, await this.services.models.onnx(id, 'pipeline.onnx'));
  }

  /** @summary How raw columns become the input, and outputs become labels */
  @Get('{id}/preprocessing.json')
  @Response<ProblemDetails>(404, 'No such model')
  async getPreprocessing(@Request() request: HttpRequest, @Path() id: string): Promise<void> {
    await sendFile(request, await this.services.models.file(id, 'preprocessing.json'), 'application/json');
  }

  /** @summary All files with a model card, zipped */
  @Get('{id}/bundle.zip')
  @Produces('application/zip')
  @Response<ProblemDetails>(404, 'No such model')
  async getBundle(@Request() request: HttpRequest, @Path() id: string): Promise<void> {
    await sendStream(request, await this.services.models.bundle(id), 'application/zip', `${id}.zip`);
  }

  /**
   * Up to 10 000 rows and 16 MiB a call.
   * @summary Predict rows
   */
  @Post('{id}/predict')
  @SuccessResponse(200, 'One prediction a row')
  @Response<ProblemDetails>(400, 'The body is no JSON')
  @Response<ProblemDetails>(404, 'No such model')
  @Response<ProblemDetails>(413, 'The body is larger than 16 MiB')
  @Response<ProblemDetails>(422, 'Rows break a rule; errors name each cell')
  @Response<ProblemDetails>(503, 'Too many predictions wait')
  async predict(@Path() id: string, @Body() body: PredictRequest): Promise<PredictAnswer> {
    return viewOf(await this.services.models.predict(id, body));
  }
}
