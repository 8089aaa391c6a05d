import { InvalidError } from '../../core/errors';
import { isJsonObject, type JsonArray, type JsonValue } from '../../core/json';
import { possible } from '../../space';
import type { DataSize } from './data-size';
import { presetDocument, presetNames } from './presets';

/**
 * `model` with every preset in it replaced by its document, in options of choices too.
 * @throws InvalidError `invalid_specification`
 */
export function expandPresets(model: JsonValue, size: DataSize): JsonValue {
  if (!isJsonObject(model)) return model;
  if (Object.hasOwn(model, '$choice') && Array.isArray(model['$choice'])) {
    const options = (model['$choice'] as JsonArray).map((option) => expandPresets(option, size));
    // An option {"preset": "dense"} is called by its preset, as it would be without the expansion by its key.
    const labels = model['labels'] ?? labelsOf(model['$choice'] as JsonArray);
    return { ...model, $choice: options, ...(labels === null ? {} : { labels }) };
  }
  if (!Object.hasOwn(model, 'preset')) return model;
  const [extra] = Object.keys(model).filter((key) => key !== 'preset');
  if (extra !== undefined) throw wrong(`model.${extra}`, 'unknown field beside "preset"');
  const chosen = possible(model['preset'] ?? null);
  if (chosen.kind === 'choice') {
    const { name = 'model.preset' } = model['preset'] as { name?: JsonValue };
    return {
      $choice: chosen.options.map((option) => documentOf(option, size)),
      name,
      labels: chosen.options.map(String),
    };
  }
  return documentOf(chosen.kind === 'literal' ? chosen.value : null, size);
}

/** Null where no option is a preset: the names stay as they are. */
function labelsOf(options: JsonArray): readonly string[] | null {
  const named = options.map((option) => (isJsonObject(option) ? option['preset'] : undefined));
  if (!named.some((preset) => typeof preset === 'string')) return null;
  return options.map((option, i) => {
    const preset = named[i];
    if (typeof preset === 'string') return preset;
    const [key, ...others] = isJsonObject(option) ? Object.keys(option) : [];
    return key !== undefined && others.length === 0 ? key : `#${String(i)}`;
  });
}

function documentOf(name: JsonValue, size: DataSize): JsonValue {
  const known = presetNames.join(', ');
  if (name === 'cnn' && !size.image) throw wrong('model.preset', 'cnn is for images; the data has none');
  const document = typeof name === 'string' ? presetDocument(name, size) : null;
  if (document === null)
    throw wrong('model.preset', `${JSON.stringify(name)} is no preset; there are ${known}`);
  return document;
}

function wrong(path: string, message: string): InvalidError {
  return new InvalidError('invalid_specification', `${path}: ${message}`, { errors: [{ path, message }] });
}
