/**
 * VGG16's style-transfer loss and gradient in TensorFlow.js on WebGPU, a peer of `npm run bench:peers`. It runs in Node on the same
 * Dawn and the same adapter as ours. Plain JavaScript, because the project does not depend on TensorFlow.js and has no types of it.
 *
 *     node --import tsx tools/bench/peers/tfjs-vgg.mjs <folder with node_modules> [adapter]
 */

import { createRequire } from 'node:module';
import path from 'node:path';
import { create, globals } from 'webgpu';
import { profileAdapter } from '../../../src/core/gpu.ts';
import { Patience } from '../../../src/core/patience.ts';
import { imageNetMean, imageNetStd } from '../../../src/objective/image-net.ts';
import { presetSettings } from '../../../src/settings/presets.ts';
import { readBundledWeights } from '../pictures.ts';
import { answerRequests, readPixels } from './child.ts';

const [folder, adapterName] = process.argv.slice(2);
const lecture = presetSettings('lecture').objective;
const styleLayers = lecture.styleLayers.map(({ name }) => name);
const [contentLayer] = lecture.contentLayers.map(({ name }) => name);

/** Kept for the life of the process: Dawn crashes when this object is collected while a device still works. */
const gpu = create(adapterName === undefined ? [] : [`adapter=${adapterName}`]);

async function loadTensorFlow() {
  Object.assign(globalThis, globals);
  Object.defineProperty(globalThis, 'navigator', { value: { gpu, userAgent: 'node' }, configurable: true });
  const require = createRequire(path.join(folder, 'package.json'));
  const tf = require('@tensorflow/tfjs-core');
  require('@tensorflow/tfjs-backend-webgpu');
  // Core's bundle for Node comes without gradients. They register in a global table, so this second copy of core will do; its
  // files are ES modules that do not say so, which tsx forgives.
  require('@tensorflow/tfjs-core/dist/register_all_gradients.js');
  tf.enableProdMode();
  if (!(await tf.setBackend('webgpu'))) throw new Error('TensorFlow.js could not open its WebGPU backend');
  await tf.ready();
  return tf;
}

/** Weights as TensorFlow wants them: [kh, kw, in, out]. */
function toTensors(tf, layers) {
  return [...layers].map(([name, { weight, bias }]) => {
    const outChannels = bias.length;
    const inChannels = weight.length / outChannels / 9;
    const oihw = tf.tensor4d(weight, [outChannels, inChannels, 3, 3]);
    const filter = tf.transpose(oihw, [2, 3, 1, 0]);
    oihw.dispose();
    return { name, filter, bias: tf.tensor1d(bias) };
  });
}

/** The post-ReLU maps that the lecture's losses look at, by name. */
function features(tf, weights, x) {
  const maps = new Map();
  let map = x;
  for (const { name, filter, bias } of weights) {
    if (name.endsWith('_1') && name !== 'conv1_1') map = tf.maxPool(map, 2, 2, 'valid');
    map = tf.relu(tf.add(tf.conv2d(map, filter, 1, 'same'), bias));
    maps.set(name.replace('conv', 'relu'), map);
  }
  return maps;
}

function gram(tf, map) {
  const [, height, width, channels] = map.shape;
  const rows = tf.reshape(map, [height * width, channels]);
  return tf.mul(tf.matMul(rows, rows, true, false), lecture.gramFactor / (height * width * channels));
}

/** The normalised picture [1, H, W, 3]. */
function variable(tf, pixels, { width, height }) {
  const values = pixels.map((value, index) => (value - imageNetMean[index % 3]) / imageNetStd[index % 3]);
  return tf.tensor4d(values, [1, height, width, 3]);
}

function makeEvaluation(tf, weights, folderOfPictures, size) {
  const [content, style, image] = ['content', 'style', 'image'].map((name) =>
    variable(tf, readPixels(folderOfPictures, name), size),
  );
  const contentTarget = tf.tidy(() => features(tf, weights, content).get(contentLayer));
  const styleTargets = tf.tidy(() => {
    const maps = features(tf, weights, style);
    return styleLayers.map((layer) => gram(tf, maps.get(layer)));
  });
  const mse = (a, b) => tf.mean(tf.squaredDifference(a, b));
  const loss = (x) => {
    const maps = features(tf, weights, x);
    const terms = styleLayers.map((layer, index) => mse(gram(tf, maps.get(layer)), styleTargets[index]));
    const contentTerm = tf.mul(mse(maps.get(contentLayer), contentTarget), lecture.contentWeight);
    return terms.reduce((sum, term) => tf.add(sum, term), contentTerm);
  };
  const valueAndGrad = tf.valueAndGrad(loss);
  const patience = new Patience();
  const evaluateOnce = async () => {
    const startedAtMs = performance.now();
    const { value, grad } = valueAndGrad(image);
    // Everything is submitted before the wait, which as ours sleeps on a CPU adapter.
    const backend = tf.backend();
    if (backend.commandEncoder !== null) {
      backend.endComputePassEncoder();
      backend.submitQueue();
    }
    const { elapsedMs, overslept } = await patience.wait({ profile }, startedAtMs, () => grad.data());
    const [lossTotal] = await value.data();
    tf.dispose([value, grad]);
    return { ms: elapsedMs, lossTotal, overslept };
  };
  const evaluate = async () => {
    for (;;) {
      const { overslept, ...answer } = await evaluateOnce();
      if (!overslept) return answer;
    }
  };
  return { evaluate, dispose: () => tf.dispose([content, style, image, contentTarget, ...styleTargets]) };
}

const tf = await loadTensorFlow();
const profile = profileAdapter((await gpu.requestAdapter()).info, tf.backend().device);
const weights = toTensors(tf, await readBundledWeights());
await answerRequests(`TensorFlow.js ${tf.version_core} WebGPU`, async ({ folder: pictures, width, height }) =>
  makeEvaluation(tf, weights, pictures, { width, height }),
);
process.exit(0);
