export { freeBytes, openBlobStore } from './blob-store';
export { openReader } from './reader';
export { openStorage, type StorageOptions } from './sqlite-storage';
