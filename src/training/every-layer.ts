import type { layers, LayersModel } from '@tensorflow/tfjs-layers';

type Layer = layers.Layer;

/** Where TensorFlow.js's layers keep the layers inside them; its types leave most of it out. */
interface Holder {
  readonly layers?: readonly Layer[];
  readonly layer?: Layer;
  readonly forwardLayer?: Layer;
  readonly backwardLayer?: Layer;
  readonly cell?: Layer;
  readonly cells?: readonly Layer[];
}

export interface Place {
  readonly layer: Layer;
  /** The layers that this one is inside of, outermost first. */
  readonly inside: readonly Layer[];
}

/** All layers of a network, each once, with those inside models, wrappers and recurrent layers, outer ones first. */
export function everyLayer(network: LayersModel): readonly Place[] {
  const places: Place[] = [];
  const seen = new Set<Layer>();
  const visit = (layer: Layer, inside: readonly Layer[]): void => {
    if (seen.has(layer)) return;
    seen.add(layer);
    places.push({ layer, inside });
    for (const inner of innerLayers(layer)) visit(inner, [...inside, layer]);
  };
  for (const layer of network.layers) visit(layer, []);
  return places;
}

/** The layers that a layer is made of; none where it computes by itself. */
export function innerLayers(layer: Layer): readonly Layer[] {
  const { layers: several, layer: one, forwardLayer, backwardLayer, cell, cells } = layer as Holder;
  // A bidirectional layer trains two copies of the layer that it was given, and not that layer.
  if (forwardLayer !== undefined && backwardLayer !== undefined) return [forwardLayer, backwardLayer];
  return [...(several ?? []), one, cell, ...(cells ?? [])].filter((inner) => inner !== undefined);
}
