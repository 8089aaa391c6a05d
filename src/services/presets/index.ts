export { expandPresets } from './expand';
export type { PixelSize } from './data-size';
export { presets, type Preset } from './presets';
