export { createApi, type Api, type ApiOptions } from './create-api';
export { createTelemetry, type ApiTelemetry } from './telemetry';
