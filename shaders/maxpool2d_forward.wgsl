// maxpool2d, forward: output[y,x,c] = max over the kernel x kernel window at (y·kernel, x·kernel) of input[·,·,c]
//
// A NaN in a window becomes its maximum, as in PyTorch, so that the loss shows it.
// Windows do not overlap (stride = kernel size) and incomplete ones at the far edges are dropped, as PyTorch's default.
// Layout: NHWC, channels a multiple of 4. One invocation makes four channels of one output pixel; the grid counts
// output pixels x (channels / 4), walked with the stride of the whole grid.

// twin pool interface
// header
alias Input = f32;  // how input and output are stored: f32, or f16 where the loader says so
alias Output = f32;
// end header

struct Params {
  inHeight: u32,
  inWidth: u32,
  channels: u32,
  kernelSize: u32,
}

@group(0) @binding(0) var<storage, read> input: array<vec4<Input>>;         // [inHeight, inWidth, channels / 4]
@group(0) @binding(1) var<storage, read_write> output: array<vec4<Output>>;  // [inHeight / k, inWidth / k, channels / 4]
@group(0) @binding(2) var<uniform> params: Params;
// end twin pool interface

// twin pool isNan
// WGSL may assume that no NaN exists, so it is read from the bits.
fn isNan(value: vec4f) -> vec4<bool> {
  return (bitcast<vec4u>(value) & vec4u(0x7fffffffu)) > vec4u(0x7f800000u);
}
// end twin pool isNan

// twin pool walk
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let blocks = params.channels / 4u;
  let k = params.kernelSize;
  let outWidth = params.inWidth / k;
  let count = (params.inHeight / k) * outWidth * blocks;
  for (var i = id.x; i < count; i += groups.x * 64u) {
    let pixel = i / blocks;
    let first = ((pixel / outWidth) * k * params.inWidth + (pixel % outWidth) * k) * blocks + i % blocks;
// end twin pool walk
    var best = vec4f(input[first]);
    for (var ky = 0u; ky < k; ky++) {
      for (var kx = 0u; kx < k; kx++) {
        let value = vec4f(input[first + (ky * params.inWidth + kx) * blocks]);
        best = select(best, value, (value > best) | isNan(value));
      }
    }
    output[i] = vec4<Output>(best);
  }
}
