// conv2d, forward, direct: output[y,x,o] = act(bias[o] + Σ_{ky,kx,c} input[y·s+ky−p, x·s+kx−p, c] · weight[ky,kx,c,o])
//
// The meaning of the operation: any kernel size, stride and padding, on any adapter, no tuning.
// Layout: NHWC with channels padded to a multiple of 4; weights [cell][inChannel][outChannel].
// One invocation makes four output channels of one pixel; the grid counts pixels x (outChannels / 4), folded into y.
// Padding is zeros, or the nearest edge value where `replicate` is 1. act is ReLU where `relu` is 1, else the identity.

// header
alias Input = f32;  // how input and output are stored: f32, or f16 where the loader says so
alias Output = f32;
// end header

// twin conv2d sizes
struct Params {
  inHeight: u32,
  inWidth: u32,
  inChannels: u32,
  outHeight: u32,
  outWidth: u32,
  kernelHeight: u32,
  kernelWidth: u32,
  stride: u32,
  paddingRows: u32,
  paddingColumns: u32,
  replicate: u32,
  outChannels: u32,
  outFirst: u32,  // of the channels, in a map of `outOf`
  outOf: u32,
// end twin conv2d sizes
  relu: u32,
}

@group(0) @binding(0) var<storage, read> input: array<vec4<Input>>;         // [inHeight, inWidth, inChannels / 4]
@group(0) @binding(1) var<storage, read> weight: array<vec4f>;        // [cells, inChannels, outChannels / 4]
@group(0) @binding(2) var<storage, read> bias: array<vec4f>;          // [outChannels / 4]
@group(0) @binding(3) var<storage, read_write> output: array<vec4<Output>>;  // [outHeight, outWidth, outOf / 4]
@group(0) @binding(4) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = id.x + id.y * groups.x * 64u;
  let outBlocks = params.outChannels / 4u;
  if (index >= params.outHeight * params.outWidth * outBlocks) {
    return;
  }
  let block = index % outBlocks;
  let pixel = index / outBlocks;
  let origin = vec2i(vec2u(pixel % params.outWidth, pixel / params.outWidth) * params.stride) - vec2i(i32(params.paddingColumns), i32(params.paddingRows));
  let size = vec2i(i32(params.inWidth), i32(params.inHeight));
  let inBlocks = params.inChannels / 4u;

  var sum = bias[block];
  for (var ky = 0u; ky < params.kernelHeight; ky++) {
    for (var kx = 0u; kx < params.kernelWidth; kx++) {
      let wanted = origin + vec2i(i32(kx), i32(ky));
      let at = clamp(wanted, vec2i(0), size - 1);
      if (params.replicate == 0u && any(at != wanted)) {
        continue;
      }
      let inputRow = u32(at.y * size.x + at.x) * inBlocks;
      let weightRow = (ky * params.kernelWidth + kx) * params.inChannels * outBlocks + block;
      var cell = vec4f(0.0);  // a sum per cell, added up: smaller rounding errors than one long sum
      for (var c = 0u; c < inBlocks; c++) {
        let value = vec4f(input[inputRow + c]);
        let w = weightRow + c * 4u * outBlocks;
        cell = fma(vec4f(value.x), weight[w], cell);
        cell = fma(vec4f(value.y), weight[w + outBlocks], cell);
        cell = fma(vec4f(value.z), weight[w + 2u * outBlocks], cell);
        cell = fma(vec4f(value.w), weight[w + 3u * outBlocks], cell);
      }
      sum += cell;
    }
  }
  // Not max(sum, 0), which would turn a NaN into 0 and hide it from the loss.
  let at = (pixel * params.outOf + params.outFirst) / 4u + block;
  output[at] = vec4<Output>(select(sum, vec4f(0.0), (sum < vec4f(0.0)) & vec4<bool>(params.relu == 1u)));
}
