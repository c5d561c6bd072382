// pool2d, forward, 2x2 windows over the output of a ReLU, noting all that the backward pass will want to know of it:
//   output[y,x,c] = max or mean of input[2y..2y+1, 2x..2x+1, c]
//   routes[y,x,c] = a byte: bit p is 1 where cell p = 2·ky + kx gets a share of the window's gradient, bit 4 + p where it is positive
//
// The maximum routes to its first maximum in scan order, the mean to every cell, and neither to a cell that is not positive, for the
// ReLU masks it. A NaN in a window becomes its maximum, as in PyTorch, so that the loss shows it.
// Incomplete windows at the far edges have no output and no shares, but bytes. Layout: NHWC, channels a multiple of 4. One
// invocation makes four channels of one window; the grid counts windows x (channels / 4), walked with the stride of the whole grid.
// Measured on lavapipe: docs/decisions/0023-routed-pools.md.

// header
const AVERAGE: u32 = 0u;  // 1: mean, 0: maximum
alias Input = f32;  // how input and output are stored: f32, or f16 where the loader says so
alias Output = f32;
// end header

struct Params {
  inHeight: u32,
  inWidth: u32,
  channels: u32,
}

@group(0) @binding(0) var<storage, read> input: array<vec4<Input>>;         // [inHeight, inWidth, channels / 4]
@group(0) @binding(1) var<storage, read_write> output: array<vec4<Output>>;  // [⌊inHeight / 2⌋, ⌊inWidth / 2⌋, channels / 4]
@group(0) @binding(2) var<storage, read_write> routes: array<u32>;    // [⌈inHeight / 2⌉, ⌈inWidth / 2⌉, channels / 4], a byte a channel
@group(0) @binding(3) var<uniform> params: Params;

// twin pool isNan
// WGSL may assume that no NaN exists, so it is read from the bits.
fn isNan(value: vec4f) -> vec4<bool> {
  return (bitcast<vec4u>(value) & vec4u(0x7fffffffu)) > vec4u(0x7f800000u);
}
// end twin pool isNan

// twin pool windows
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let blocks = params.channels / 4u;
  let inSize = vec2u(params.inWidth, params.inHeight);
  let outSize = inSize / 2u;
  let windows = (inSize + 1u) / 2u;
  for (var i = id.x; i < windows.x * windows.y * blocks; i += groups.x * 64u) {
    let block = i % blocks;
    let window = vec2u((i / blocks) % windows.x, (i / blocks) / windows.x);
// end twin pool windows
    var result = vec4f(0.0);
    var winner = vec4u(0u);    // the bit of the maximum so far
    var positive = vec4u(0u);
    // unroll
    for (var cell = 0u; cell < 4u; cell++) {
      let wanted = 2u * window + vec2u(cell % 2u, cell / 2u);
      let at = min(wanted, inSize - 1u);
      let value = vec4f(input[(at.y * inSize.x + at.x) * blocks + block]);
      positive |= select(vec4u(0u), vec4u(1u << cell), (value > vec4f(0.0)) & vec4<bool>(all(wanted < inSize)));
      if (AVERAGE == 1u) {
        result += value;
      } else {
        let isNew = (value > result) | isNan(value) | vec4<bool>(cell == 0u);
        result = select(result, value, isNew);
        winner = select(winner, vec4u(1u << cell), isNew);
      }
    }
    var shares = vec4u(0u);
    if (all(window < outSize)) {
      let pooled = select(result, 0.25 * result, AVERAGE == 1u);
      output[(window.y * outSize.x + window.x) * blocks + block] = vec4<Output>(pooled);
      shares = positive & select(winner, vec4u(15u), AVERAGE == 1u);
    }
    let bytes = shares | (positive << vec4u(4u));
    routes[i] = bytes.x | (bytes.y << 8u) | (bytes.z << 16u) | (bytes.w << 24u);
  }
}
