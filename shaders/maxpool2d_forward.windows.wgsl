// maxpool2d, forward, windows that may overlap:
//   output[y,x,c] = max of input[·,·,c] over the cells of the window at (y·s − p, x·s − p) that lie in the map
//   routes[y,x,c] = a byte: which of the window's cells that is, ky · kernelSize + kx, the first in scan order
//
// A NaN in a window becomes its maximum, as in PyTorch, so that the loss shows it.
// Layout: NHWC, channels a multiple of 4. One invocation makes four channels of one window; the grid counts windows x (channels / 4), walked
// with the stride of the whole grid.

// header
alias Input = f32;  // how input and output are stored: f32, or f16 where the loader says so
alias Output = f32;
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
}

@group(0) @binding(0) var<storage, read> input: array<vec4<Input>>;         // [inHeight, inWidth, channels / 4]
@group(0) @binding(1) var<storage, read_write> output: array<vec4<Output>>;  // [outHeight, outWidth, outOf / 4]
@group(0) @binding(2) var<storage, read_write> routes: array<u32>;    // [outHeight, outWidth, channels / 4], a byte a channel
@group(0) @binding(3) var<uniform> params: Params;

// twin pool isNan
// WGSL may assume that no NaN exists, so it is read from the bits.
fn isNan(value: vec4f) -> vec4<bool> {
  return (bitcast<vec4u>(value) & vec4u(0x7fffffffu)) > vec4u(0x7f800000u);
}
// end twin pool isNan

// twin pool window walk
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let blocks = params.channels / 4u;
  let size = vec2i(i32(params.inWidth), i32(params.inHeight));
  for (var i = id.x; i < params.outHeight * params.outWidth * blocks; i += groups.x * 64u) {
    let block = i % blocks;
    let window = i / blocks;
    let wanted = vec2i(vec2u(window % params.outWidth, window / params.outWidth) * params.stride) - i32(params.padding);
    let first = max(wanted, vec2i(0));
    let end = min(wanted + i32(params.kernelSize), size);
// end twin pool window walk
    var best = vec4f(0.0);
    var place = vec4u(0u);
    var isFirst = true;
    for (var y = first.y; y < end.y; y++) {
      for (var x = first.x; x < end.x; x++) {
        let value = vec4f(input[u32(y * size.x + x) * blocks + block]);
        let isNew = (value > best) | isNan(value) | vec4<bool>(isFirst);
        best = select(best, value, isNew);
        place = select(place, vec4u(u32((y - wanted.y) * i32(params.kernelSize) + x - wanted.x)), isNew);
        isFirst = false;
      }
    }
    output[(window * params.outOf + params.outFirst) / 4u + block] = vec4<Output>(best);
    routes[i] = place.x | (place.y << 8u) | (place.z << 16u) | (place.w << 24u);
  }
}
