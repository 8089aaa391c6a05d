import {
  Delete,
  FormField,
  Get,
  Path,
  Post,
  Query,
  Request,
  Response,
  Route,
  Security,
  SuccessResponse,
  Tags,
  UploadedFile,
} from '@tsoa/runtime';
import type { Request as HttpRequest } from 'express';
import { studyOf, withUpload } from '../upload-form';
import type { AuditView, DatasetPage, DatasetView, ProblemDetails, RowPage, TuneAnswer } from '../schemas';
import { ApiController, viewOf } from './base';

@Route('v1')
@Tags('Datasets')
@Security('key')
@Response<ProblemDetails>(401, 'A key is needed')
@Response<ProblemDetails>(403, 'Host or origin is not allowed')
export class DatasetsController extends ApiController {
  /**
   * One call: uploads a table and starts a study of it.
   * @summary Upload a table and start a study
   * @param _target Name of the column to predict.
   * @param _spec A JSON text with any field of a study.
   * @param _name Name of the dataset.
   * @param _format auto, csv, tsv, json, ndjson or parquet.
   */
  @Post('tune')
  @Tags('Start here')
  @SuccessResponse(201, 'Dataset and study')
  @Response<ProblemDetails>(400, 'The form cannot be read')
  @Response<ProblemDetails>(413, 'Larger than MAX_UPLOAD_BYTES')
  @Response<ProblemDetails>(422, 'File or specification break a rule')
  @Response<ProblemDetails>(429, 'Too many running studies')
  @Response<ProblemDetails>(507, 'The disk is full')
  async tune(
    @Request() request: HttpRequest,
    @UploadedFile() file?: Express.Multer.File,
    @FormField('target') _target?: string,
    @FormField('spec') _spec?: string,
    @FormField('name') _name?: string,
    @FormField('format') _format?: string,
  ): Promise<TuneAnswer> {
    return withUpload(request, file, ['target', 'spec', 'name', 'format'], async (upload, fields) => {
      const how = {
        status: 201 as const,
        locationOf: ({ study }: { study: { id: string } }) => `/v1/studies/${study.id}`,
        content: fields,
        file: upload.path,
      };
      const answer = await this.post(request, how, async (also) => {
        const { target, spec } = studyOf(fields);
        return this.services.studies.tune(upload, target, spec, also);
      });
      return viewOf(answer);
    });
  }

  /**
   * Reads a table: CSV, TSV, JSON, NDJSON or Parquet. The first line of a CSV is its header.
   * @summary Upload a table
   * @param _name Name of the dataset; the file's when left out.
   * @param _format auto, csv, tsv, json, ndjson or parquet.
   */
  @Post('datasets')
  @SuccessResponse(201, 'The dataset')
  @Response<ProblemDetails>(400, 'The form cannot be read')
  @Response<ProblemDetails>(413, 'Larger than MAX_UPLOAD_BYTES')
  @Response<ProblemDetails>(422, 'The file breaks a rule; errors name the line or the column')
  @Response<ProblemDetails>(507, 'The disk is full')
  async createDataset(
    @Request() request: HttpRequest,
    @UploadedFile() file?: Express.Multer.File,
    @FormField('name') _name?: string,
    @FormField('format') _format?: string,
  ): Promise<DatasetView> {
    return withUpload(request, file, ['name', 'format'], async (upload, fields) => {
      const how = {
        status: 201 as const,
        locationOf: ({ id }: { id: string }) => `/v1/datasets/${id}`,
        content: fields,
        file: upload.path,
      };
      return viewOf(await this.post(request, how, (also) => this.services.datasets.create(upload, also)));
    });
  }

  /**
   * @summary List datasets
   * @isInt limit
   * @minimum limit 1
   * @maximum limit 500
   */
  @Get('datasets')
  @Response<ProblemDetails>(400, 'A wrong cursor')
  @Response<ProblemDetails>(422, 'A wrong limit')
  listDatasets(@Query() limit?: number, @Query() cursor?: string): DatasetPage {
    return viewOf(this.services.datasets.list(this.page(limit, cursor)));
  }

  /** @summary One dataset */
  @Get('datasets/{id}')
  @Response<ProblemDetails>(404, 'No such dataset')
  getDataset(@Path() id: string): DatasetView {
    return viewOf(this.services.datasets.get(id));
  }

  /**
   * What a look at the table shows before anything is trained: statistics of each column, and findings with the numbers
   * that led to them and what to do. With a target, how each feature goes with it too.
   * @summary Audit of a dataset
   * @param target Name of the column to predict.
   */
  @Get('datasets/{id}/audit')
  @Response<ProblemDetails>(404, 'No such dataset')
  @Response<ProblemDetails>(413, 'The audit took too long')
  @Response<ProblemDetails>(422, 'No such column')
  async auditDataset(@Path() id: string, @Query() target?: string): Promise<AuditView> {
    return viewOf(
      await this.services.datasets.audit(id, target === undefined || target === '' ? null : target),
    );
  }

  /** @summary Delete a dataset that no study uses */
  @Delete('datasets/{id}')
  @SuccessResponse(204, 'Deleted')
  @Response<ProblemDetails>(404, 'No such dataset')
  @Response<ProblemDetails>(409, 'Studies refer to it')
  async deleteDataset(@Path() id: string): Promise<void> {
    await this.services.datasets.delete(id);
  }

  /**
   * The rows as they were read, as objects.
   * @summary Rows of a dataset
   * @isInt limit
   * @minimum limit 1
   * @maximum limit 500
   */
  @Get('datasets/{id}/rows')
  @Response<ProblemDetails>(400, 'A wrong cursor')
  @Response<ProblemDetails>(404, 'No such dataset')
  @Response<ProblemDetails>(422, 'A wrong limit')
  async listRows(@Path() id: string, @Query() limit?: number, @Query() cursor?: string): Promise<RowPage> {
    return viewOf(await this.services.datasets.rows(id, this.page(limit, cursor)));
  }
}
