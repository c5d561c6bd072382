// Winograd F(2x2, 3x3), weights: transformed[i][in][out] = (G g Gᵀ)_i for the 16 coefficients i = 4·row + column.
//
// Source: Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks" (2015), section 4.1, points 0, 1, −1, ∞.
// As winograd_weight, which says how `rotate` makes the set of the backward pass: 16 values a filter instead of 36.
// Layout: source as PyTorch has weights, 9 cells a filter. One invocation transforms one filter; the grid counts in x out, out fastest.
// Runs once per network.

// twin winograd weight interface: numbers
struct Params {
  inChannels: u32,
  outChannels: u32,
  rotate: u32,
  batchStride: u32,  // values between coefficients
}

@group(0) @binding(0) var<storage, read> source: array<f32>;             // [out, in, 9], or [in, out, 9] when rotating
@group(0) @binding(1) var<storage, read_write> transformed: array<f32>;  // [16, in, out]
@group(0) @binding(2) var<uniform> params: Params;
// end twin winograd weight interface

// G applied to three values: the polynomial g.x + g.y·p + g.z·p² at each point p, over Π (p − other points), signs dropped
// in pairs with the input transform's.
fn spread(g: vec3f) -> array<f32, 4> {
  let even = 0.5 * (g.x + g.z);
  let odd = 0.5 * g.y;
  return array<f32, 4>(g.x, even + odd, even - odd, g.z);
}

// twin winograd weight transform: numbers
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = id.x + id.y * groups.x * 64u;
  let filters = params.inChannels * params.outChannels;
  if (index >= filters) {
    return;
  }
  let inChannel = index / params.outChannels;
  let outChannel = index % params.outChannels;
  let swapped = outChannel * params.inChannels + inChannel;
  let at = 9u * select(swapped, index, params.rotate == 1u);

  var columns: array<array<f32, 4>, 3>;  // G applied down each column of g
  for (var kx = 0u; kx < 3u; kx++) {
    let cells = select(vec3u(kx, 3u + kx, 6u + kx), vec3u(8u - kx, 5u - kx, 2u - kx), params.rotate == 1u);
    columns[kx] = spread(vec3f(source[at + cells.x], source[at + cells.y], source[at + cells.z]));
  }
  for (var row = 0u; row < 4u; row++) {
    let values = spread(vec3f(columns[0][row], columns[1][row], columns[2][row]));
    for (var column = 0u; column < 4u; column++) {
      transformed[(row * 4u + column) * params.batchStride + index] = values[column];
    }
  }
}
// end twin winograd weight transform
