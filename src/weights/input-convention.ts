/**
 * What a network's first convolution expects of its input, and how kernels trained for another convention are adapted.
 *
 * The engine always feeds torchvision's: RGB in 0..1, less `mean`, over `std`. The original VGG weights (Caffe, and
 * what was made from them) expect 0..255 less a mean, as RGB or BGR; fed otherwise they see a picture 1/58 as strong.
 */

export type InputConvention = 'torchvision' | 'caffe-rgb' | 'caffe-bgr';

/** torchvision's ImageNet statistics per RGB channel; source: torchvision.transforms' `Normalize` of its models. */
const torchvisionMean = [0.485, 0.456, 0.406];
const torchvisionStd = [0.229, 0.224, 0.225];
/** The means the VGG authors subtracted, RGB; source: the VGG16 model card of the Caffe model zoo. */
const caffeMean = [123.68, 116.779, 103.939];

/**
 * The first convolution for torchvision's input, from one for `convention`: [out, 3, 3, 3] and [out], computed in f64.
 *
 * With z the normalised input, `255 x - caffeMean = 255 std z + (255 mean - caffeMean)`: the factor goes into the
 * kernel and the constant, at most half a level of 255, into the bias. Exact but in the outermost pixels, whose padding
 * is 0 in either convention.
 */
export function adaptFirstConvolution(
  weight: Float32Array,
  bias: Float32Array,
  convention: InputConvention,
): { readonly weight: Float32Array; readonly bias: Float32Array } {
  if (convention === 'torchvision') {
    return { weight, bias };
  }
  const channels = 3;
  const taps = weight.length / (bias.length * channels);
  const adapted = { weight: new Float32Array(weight.length), bias: new Float32Array(bias.length) };
  bias.forEach((value, out) => {
    let constant = value;
    for (let channel = 0; channel < channels; channel++) {
      const stored = convention === 'caffe-bgr' ? channels - 1 - channel : channel;
      const factor = 255 * (torchvisionStd[channel] ?? 0);
      const offset = 255 * (torchvisionMean[channel] ?? 0) - (caffeMean[channel] ?? 0);
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
