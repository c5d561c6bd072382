// conv2d, backward with respect to the input, direct:
//   gradInput[y,x,c] = mask · (old + Σ_{ky,kx,o} gradOutput[(y+p−ky)/s, (x+p−kx)/s, o] · weight[ky,kx,c,o])
//
// The sum runs over the cells for which the divisions are exact and inside. Where padding replicates the edge, an edge
// pixel also stands for the padded positions that were clamped to it, so it collects their gradients too.
// old = gradInput where `accumulate` is 1 (a loss has written its gradient there), else 0;
// mask = activation > 0 where `mask` is 1 (`input` is then the output of a ReLU), else 1.
// Layout: NHWC, channels padded to a multiple of 4; weights transposed to [cell][outChannel][inChannel].
// One invocation makes four input channels of one pixel; the grid counts pixels x (inChannels / 4), folded into y.

// header
alias Activation = f32;  // how activation is stored: f32, or f16 where the loader says so
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
  accumulate: u32,
  mask: u32,
}

@group(0) @binding(0) var<storage, read> gradOutput: array<vec4f>;       // [outHeight, outWidth, outOf / 4]
@group(0) @binding(1) var<storage, read> weight: array<vec4f>;           // [cells, outChannels, inChannels / 4]
@group(0) @binding(2) var<storage, read> activation: array<vec4<Activation>>;       // [inHeight, inWidth, inChannels / 4]
@group(0) @binding(3) var<storage, read_write> gradInput: array<vec4f>;  // [inHeight, inWidth, inChannels / 4]
@group(0) @binding(4) var<uniform> params: Params;

// twin conv2d readers
// The padded positions along one axis that read input position `at`: one, or several at a replicated edge.
fn readers(at: i32, size: i32, padding: u32) -> vec2i {
  let reach = i32(padding * params.replicate);
  return vec2i(select(at, -reach, at == 0), select(at, size - 1 + reach, at == size - 1));
}
// end twin conv2d readers

// Σ_o gradOutput[pixel, o] · weight[cell, o, block]
fn product(pixel: u32, cell: u32, block: u32) -> vec4f {
  let inBlocks = params.inChannels / 4u;
  let outBlocks = params.outChannels / 4u;
  var sum = vec4f(0.0);
  for (var o = 0u; o < outBlocks; o++) {
    let gradient = gradOutput[(pixel * params.outOf + params.outFirst) / 4u + o];
    let w = (cell * params.outChannels + o * 4u) * inBlocks + block;
    sum = fma(vec4f(gradient.x), weight[w], sum);
    sum = fma(vec4f(gradient.y), weight[w + inBlocks], sum);
    sum = fma(vec4f(gradient.z), weight[w + 2u * inBlocks], sum);
    sum = fma(vec4f(gradient.w), weight[w + 3u * inBlocks], sum);
  }
  return sum;
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = id.x + id.y * groups.x * 64u;
  let inBlocks = params.inChannels / 4u;
  if (index >= params.inHeight * params.inWidth * inBlocks) {
    return;
  }
  let block = index % inBlocks;
  let pixel = index / inBlocks;
  let rows = readers(i32(pixel / params.inWidth), i32(params.inHeight), params.paddingRows);
  let columns = readers(i32(pixel % params.inWidth), i32(params.inWidth), params.paddingColumns);
  let padding = vec2i(i32(params.paddingColumns), i32(params.paddingRows));
  let stride = i32(params.stride);

  var sum = vec4f(0.0);
  for (var y = rows.x; y <= rows.y; y++) {
    for (var x = columns.x; x <= columns.y; x++) {
      for (var ky = 0u; ky < params.kernelHeight; ky++) {
        for (var kx = 0u; kx < params.kernelWidth; kx++) {
          let offset = vec2i(x, y) + padding - vec2i(i32(kx), i32(ky));
          let at = offset / stride;
          let isInside = all(offset >= vec2i(0)) && at.x < i32(params.outWidth) && at.y < i32(params.outHeight);
          if (isInside && all(at * stride == offset)) {
            sum += product(u32(at.y) * params.outWidth + u32(at.x), ky * params.kernelWidth + kx, block);
          }
        }
      }
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
