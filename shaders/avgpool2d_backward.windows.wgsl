// avgpool2d, backward, windows that may overlap:
//   gradInput[cell, c] = mask · (old + Σ gradOutput[window, c] / divisor[window] over the windows that the cell is in)
//
// old = gradInput where `accumulate` is 1, else 0; mask = activation > 0 where `mask` is 1, else 1.
// Layout: NHWC, channels a multiple of 4. One invocation makes four channels of one cell; the grid counts cells x (channels / 4), walked
// with the stride of the whole grid.

// header
alias Activation = f32;  // how activation is stored: f32, or f16 where the loader says so
// end header

// twin pool window sizes
struct Params {
  inHeight: u32,
  inWidth: u32,
  channels: u32,
  outHeight: u32,
  outWidth: u32,
  outFirst: u32,  // of the output's channels, in a map of `outOf`
  outOf: u32,
  kernelSize: u32,
  stride: u32,
  padding: u32,
// end twin pool window sizes
  countsPadding: u32,
  accumulate: u32,
  mask: u32,
}

@group(0) @binding(0) var<storage, read> gradOutput: array<vec4f>;       // [outHeight, outWidth, outOf / 4]
@group(0) @binding(1) var<storage, read> activation: array<vec4<Activation>>;       // [inHeight, inWidth, channels / 4], read where `mask` is 1
@group(0) @binding(2) var<storage, read_write> gradInput: array<vec4f>;  // [inHeight, inWidth, channels / 4]
@group(0) @binding(3) var<uniform> params: Params;

// twin pool window divisor
// Cells that the average of the window from `wanted` on divides by: its own in the map or, where padding counts, in that too.
fn divisor(wanted: vec2i, size: vec2i) -> f32 {
  let reach = i32(params.padding * params.countsPadding);
  let cells = min(wanted + i32(params.kernelSize), size + reach) - max(wanted, vec2i(-reach));
  return f32(cells.x * cells.y);
}
// end twin pool window divisor

// twin pool window gather
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let blocks = params.channels / 4u;
  let outSize = vec2i(i32(params.outWidth), i32(params.outHeight));
  let kernelSize = i32(params.kernelSize);
  let stride = i32(params.stride);
  for (var index = id.x; index < params.inHeight * params.inWidth * blocks; index += groups.x * 64u) {
    let block = index % blocks;
    let pixel = index / blocks;
    // The cell as its windows count it, and the first and the last of them.
    let at = vec2i(vec2u(pixel % params.inWidth, pixel / params.inWidth)) + i32(params.padding);
    let first = max(at - kernelSize + stride, vec2i(0)) / stride;
    let last = min(at / stride, outSize - 1);
    var sum = vec4f(0.0);
    for (var y = first.y; y <= last.y; y++) {
      for (var x = first.x; x <= last.x; x++) {
        let window = u32(y) * params.outWidth + u32(x);
        let gradient = gradOutput[(window * params.outOf + params.outFirst) / 4u + block];
// end twin pool window gather
        let wanted = vec2i(x, y) * stride - i32(params.padding);
        sum += gradient / divisor(wanted, vec2i(i32(params.inWidth), i32(params.inHeight)));
      }
    }
    // twin conv2d gradient epilogue
    if (params.accumulate == 1u) {
      sum += gradInput[index];
    }
    if (params.mask == 1u) {
      sum = select(vec4f(0.0), sum, vec4f(activation[index]) > vec4f(0.0));
    }
    gradInput[index] = sum;
    // end twin conv2d gradient epilogue
  }
}
