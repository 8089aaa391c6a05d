export { createInference } from './inference';
export { createIpcTransport, type IpcTransportOptions } from './ipc-transport';
