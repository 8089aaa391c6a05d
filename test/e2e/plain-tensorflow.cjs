/** What a user's program does: loads a served model with plain TensorFlow.js and predicts. argv: address, rows as JSON. */
const tf = require('@tensorflow/tfjs-core');
require('@tensorflow/tfjs-backend-cpu');
const { loadLayersModel } = require('@tensorflow/tfjs-layers');

async function main() {
  const [address, rows] = process.argv.slice(2);
  const network = await loadLayersModel(address);
  process.stdout.write(JSON.stringify(await network.predict(tf.tensor2d(JSON.parse(rows))).array()));
}

main();
