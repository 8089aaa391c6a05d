export { freeBytes, openBlobStore } from './blob-store';
export { openStorage, type StorageOptions } from './sqlite-storage';
