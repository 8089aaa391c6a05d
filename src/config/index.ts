export { isLoopback, loadConfig, type Config } from './config';
