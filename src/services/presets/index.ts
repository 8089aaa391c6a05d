export { expandPresets } from './expand';
export { presets, type Preset } from './presets';
