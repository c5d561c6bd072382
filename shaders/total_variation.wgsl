// total variation, value and gradient in one pass, anisotropic with exponent 2:
//   TV = Σ_{y,x,c} k_c² · ((x[y+1,x,c] − x[y,x,c])² + (x[y,x+1,c] − x[y,x,c])²), differences past an edge being 0
//   gradient += scale · dTV/dx
//
// Source: Mahendran and Vedaldi, "Understanding Deep Image Representations by Inverting Them" (2015), eq. 6 with β = 2.
// k_c turns the optimised variable's channel c into the 0..1 range of pixels (1, or the network's standard deviation).
// Layout: [height, width, 3]. One invocation p walks the values from `first` on with the stride of the whole grid.

struct Params {
  height: u32,
  width: u32,
  first: u32,  // of the values whose gradient is made; TV sums their differences to the right and below
  count: u32,
  scale: f32,
  channelScale0: f32,
  channelScale1: f32,
  channelScale2: f32,
}

@group(0) @binding(0) var<storage, read> input: array<f32>;           // [height, width, 3]
@group(0) @binding(1) var<storage, read_write> gradient: array<f32>;  // [height, width, 3]
@group(0) @binding(2) var<storage, read_write> partial: array<f32>;   // [invocations]
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let row = params.width * 3u;
  let size = params.height * row;
  var total = 0.0;
  for (var i = params.first + id.x; i < params.first + params.count; i += groups.x * 64u) {
    let column = i % row;
    let value = input[i];
    let hasBelow = i + row < size;
    let hasRight = column + 3u < row;
    // Neighbours past an edge are read at the value's own place, which makes their difference 0.
    let below = input[select(i, i + row, hasBelow)] - value;
    let right = input[select(i, i + 3u, hasRight)] - value;
    let above = input[select(i, i - row, i >= row)] - value;
    let left = input[select(i, i - 3u, column >= 3u)] - value;
    let channel = i % 3u;
    let k = select(select(params.channelScale0, params.channelScale1, channel == 1u), params.channelScale2, channel == 2u);
    total = fma(k * k, below * below + right * right, total);
    gradient[i] -= params.scale * 2.0 * k * k * (below + right + above + left);
  }
  partial[id.x] = total;
}
