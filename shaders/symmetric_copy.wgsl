// symmetric_copy: output[b][i][j] = factor · s · input[b][min(i, j)][max(i, j)]
//
// Makes a whole matrix of a product of which only what lies on and above the diagonal was made, and symmetric to the bit, which keeps
// iterations of such products from drifting. s = ‖·‖^−power of the matrix that was measured, by the square of its norm; of 0 it is as of 1e-20.
// Between the steps of an iteration (power 0) values are held within 1e6: far beyond any of a matrix without negative eigenvalues, and never
// so large that steps on one that has some, by roundings, end in infinities.
// One invocation walks the matrices with the stride of the whole grid.

struct Params {
  size: u32,
  batches: u32,
  stride: u32,   // values from one matrix to the next
  power: f32,
  factor: f32,
}

@group(0) @binding(0) var<storage, read> input: array<f32>;         // [batches] of [size, size]
@group(0) @binding(1) var<storage, read> measures: array<f32>;      // [2]: trace, squared norm
@group(0) @binding(2) var<storage, read_write> output: array<f32>;  // [batches] of [size, size]
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let size = params.size;
  var factor = params.factor;
  if (params.power != 0.0) {
    factor *= pow(max(sqrt(measures[1]), 1e-20), -params.power);
  }
  for (var i = id.x; i < params.batches * size * size; i += groups.x * 64u) {
    let base = (i / (size * size)) * params.stride;
    let row = (i / size) % size;
    let column = i % size;
    let value = input[base + min(row, column) * size + max(row, column)];
    output[base + row * size + column] = factor * select(value, clamp(value, -1e6, 1e6), params.power == 0.0);
  }
}
