/** What a user's program does: loads a served model with plain TensorFlow.js and predicts. argv: address, inputs as JSON. */
const tf = require('@tensorflow/tfjs-core');
require('@tensorflow/tfjs-backend-cpu');
const { loadLayersModel } = require('@tensorflow/tfjs-layers');

async function main() {
  const [address, inputs] = process.argv.slice(2);
  const network = await loadLayersModel(address);
  const tensors = JSON.parse(inputs).map(({ data, shape, dtype }) => tf.tensor(data, shape, dtype));
  process.stdout.write(JSON.stringify(await network.predict(tensors).array()));
}

main();
