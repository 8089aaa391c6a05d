import * as tfl from '@tensorflow/tfjs-layers';

interface Separable extends tfl.layers.Layer {
  readonly depthMultiplier: number;
}

/**
 * Lets separable convolutions write their `depthMultiplier`, which TensorFlow.js leaves out of their configuration: with
 * another than 1 the network could be trained and not be loaded again. Of the class, for networks are loaded and written anew.
 */
function writeDepthMultipliers(): void {
  const layer = tfl.layers.separableConv2d({ filters: 1, kernelSize: 1 });
  const prototype = Object.getPrototypeOf(layer) as Separable;
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called on each layer below
  const own = prototype.getConfig;
  prototype.getConfig = function getConfig(this: Separable) {
    return { ...own.call(this), depthMultiplier: this.depthMultiplier };
  };
}

writeDepthMultipliers();
