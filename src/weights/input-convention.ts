/**
 * What a network's first convolution expects of its input, and how kernels trained for another convention are adapted.
 *
 * The engine always feeds torchvision's: RGB in 0..1, less `mean`, over `std`. The original VGG weights (Caffe, and
 * what was made from them) expect 0..255 less a mean, as RGB or BGR; fed otherwise they see a picture 1/58 as strong.
 * Networks of the Inception family are mostly trained on -1..1, some on 0..1.
 */

export const inputConventions = ['torchvision', 'unit', 'symmetric', 'caffe-rgb', 'caffe-bgr'] as const;

export type InputConvention = (typeof inputConventions)[number];

/** torchvision's ImageNet statistics per RGB channel; source: torchvision.transforms' `Normalize` of its models. */
const torchvisionMean = [0.485, 0.456, 0.406];
const torchvisionStd = [0.229, 0.224, 0.225];
/** The means the VGG authors subtracted, RGB; source: the VGG16 model card of the Caffe model zoo. */
const caffeMean = [123.68, 116.779, 103.939];

/** What a network wants of a picture x in 0..1: `scale x - less`, by RGB channel. */
interface Wanted {
  readonly scale: number;
  readonly less: readonly number[];
  /** Whether its channels are BGR. */
  readonly reversed: boolean;
}

const wanted: Readonly<Record<Exclude<InputConvention, 'torchvision'>, Wanted>> = {
  unit: { scale: 1, less: [0, 0, 0], reversed: false },
  symmetric: { scale: 2, less: [1, 1, 1], reversed: false },
  'caffe-rgb': { scale: 255, less: caffeMean, reversed: false },
  'caffe-bgr': { scale: 255, less: caffeMean, reversed: true },
};

/**
 * The first convolution for torchvision's input, from one for `convention`: [out, 3, h, w] and [out], computed in f64.
 *
 * With z the normalised input, `scale x - less = scale std z + (scale mean - less)`: the factor goes into the kernel and the constant into the
 * bias. Exact where the convolution pads nothing; padding is 0 in either convention, so in the outermost pixels the constant is missed:
 * at most half a level of 255 for Caffe's, up to a fifth of the range for `symmetric`, half of it for `unit`.
 */
export function adaptFirstConvolution(
  weight: Float32Array,
  bias: Float32Array,
  convention: InputConvention,
): { readonly weight: Float32Array; readonly bias: Float32Array } {
  if (convention === 'torchvision') {
    return { weight, bias };
  }
  const { scale, less, reversed } = wanted[convention];
  const channels = 3;
  const taps = weight.length / (bias.length * channels);
  const adapted = { weight: new Float32Array(weight.length), bias: new Float32Array(bias.length) };
  bias.forEach((value, out) => {
    let constant = value;
    for (let channel = 0; channel < channels; channel++) {
      const stored = reversed ? channels - 1 - channel : channel;
      const factor = scale * (torchvisionStd[channel] ?? 0);
      const offset = scale * (torchvisionMean[channel] ?? 0) - (less[channel] ?? 0);
      for (let tap = 0; tap < taps; tap++) {
        const kernel = weight[(out * channels + stored) * taps + tap] ?? 0;
        adapted.weight[(out * channels + channel) * taps + tap] = factor * kernel;
        constant += offset * kernel;
      }
    }
    adapted.bias[out] = constant;
  });
  return adapted;
}
