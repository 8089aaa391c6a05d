import { Get, Produces, Request, Response, Route, Security, Tags } from '@tsoa/runtime';
import type { Request as HttpRequest } from 'express';
import { UnavailableError } from '../../core/errors';
import type { PresetList, ProblemDetails, SystemView } from '../schemas';
import { ApiController, viewOf } from './base';

const RETRY_SECONDS = 2;

interface Health {
  status: 'ok';
}

@Route('')
@Tags('System')
export class SystemController extends ApiController {
  /** @summary Is the process alive? */
  @Get('healthz')
  getHealth(): Health {
    return { status: 'ok' };
  }

  /** @summary Can it take work? */
  @Get('readyz')
  @Response<ProblemDetails>(503, 'No worker is up, or the service shuts down')
  getReadiness(): Health {
    const reason = this.services.system.notReady();
    if (reason !== null) throw new UnavailableError('not_ready', reason, RETRY_SECONDS);
    return { status: 'ok' };
  }

  /** @summary Prometheus metrics */
  @Get('metrics')
  @Security('key')
  @Produces('text/plain')
  @Response<ProblemDetails>(401, 'A key is needed')
  async getMetrics(@Request() request: HttpRequest): Promise<void> {
    const { contentType, text } = await this.context.metrics();
    request.res?.status(200).set('Content-Type', contentType).send(text);
  }

  /** @summary Version, engines, devices and slots */
  @Get('v1/system')
  @Security('key')
  @Response<ProblemDetails>(401, 'A key is needed')
  getSystem(): SystemView {
    return viewOf(this.services.system.status());
  }

  /** @summary Preset networks as plain documents */
  @Get('v1/presets')
  @Security('key')
  @Response<ProblemDetails>(401, 'A key is needed')
  listPresets(): PresetList {
    return viewOf({ items: this.services.system.presets() });
  }
}
