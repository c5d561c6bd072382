// avgpool2d, forward, windows that may overlap:
//   output[y,x,c] = Σ input[·,·,c] over the cells of the window at (y·s − p, x·s − p) that lie in the map / divisor
//
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
  countsPadding: u32,
}

@group(0) @binding(0) var<storage, read> input: array<vec4<Input>>;         // [inHeight, inWidth, channels / 4]
@group(0) @binding(1) var<storage, read_write> output: array<vec4<Output>>;  // [outHeight, outWidth, outOf / 4]
@group(0) @binding(2) var<uniform> params: Params;

// twin pool window divisor
// Cells that the average of the window from `wanted` on divides by: its own in the map or, where padding counts, in that too.
fn divisor(wanted: vec2i, size: vec2i) -> f32 {
  let reach = i32(params.padding * params.countsPadding);
  let cells = min(wanted + i32(params.kernelSize), size + reach) - max(wanted, vec2i(-reach));
  return f32(cells.x * cells.y);
}
// end twin pool window divisor

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
    var sum = vec4f(0.0);
    for (var y = first.y; y < end.y; y++) {
      for (var x = first.x; x < end.x; x++) {
        sum += vec4f(input[u32(y * size.x + x) * blocks + block]);
      }
    }
    output[(window * params.outOf + params.outFirst) / 4u + block] = vec4<Output>(sum / divisor(wanted, size));
  }
}
