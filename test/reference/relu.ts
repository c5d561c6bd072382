/** ReLU in f64. */

/** output = max(input, 0), elementwise, any layout. */
export function reluForward(input: Float64Array): Float64Array {
  return input.map((value) => Math.max(value, 0));
}

/** gradInput = gradOutput where output > 0, else 0: at the kink the gradient is 0, as in PyTorch. */
export function reluBackward(output: Float64Array, gradOutput: Float64Array): Float64Array {
  return gradOutput.map((value, index) => ((output[index] ?? 0) > 0 ? value : 0));
}
