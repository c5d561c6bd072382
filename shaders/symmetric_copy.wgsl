// symmetric_copy: output[b][i][j] = factor · s · input[b][min(i, j)][max(i, j)]
//
// Makes a whole matrix of a product of which only what lies on and above the diagonal was made, and symmetric to the bit, which keeps
// iterations of such products from drifting. s = ‖·‖^−power of the matrix that was measured, by the square of its norm; of 0 it is as of 1e-20.
// Between the steps of an iteration (power 0) values are held within 1e6: far beyond any of a matrix without negative eigenvalues, and never
// so large that steps on one that has some, by roundings, end in infinities.
// One invocation makes four columns of a row, the grid counts columns / 4, rows and matrices: divisions of an index into these would take
// longer than all the rest on CPU adapters.

struct Params {
  size: u32,     // a multiple of 4
  stride: u32,   // values from one matrix to the next, a multiple of 4
  power: f32,
  factor: f32,
}

@group(0) @binding(0) var<storage, read> input: array<f32>;           // [batches] of [size, size]
@group(0) @binding(1) var<storage, read> measures: array<f32>;        // [2]: trace, squared norm
@group(0) @binding(2) var<storage, read_write> output: array<vec4f>;  // [batches] of [size, size / 4]
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(16, 4)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let size = params.size;
  let row = id.y;
  let column = 4u * id.x;
  if (row >= size || column >= size) {
    return;
  }
  let base = id.z * params.stride;
  let columns = vec4u(column, column + 1u, column + 2u, column + 3u);
  let at = base + select(columns * size + row, columns + row * size, columns >= vec4u(row));
  let value = vec4f(input[at.x], input[at.y], input[at.z], input[at.w]);
  var result = params.factor * clamp(value, vec4f(-1e6), vec4f(1e6));
  if (params.power != 0.0) {
    result = params.factor * pow(max(sqrt(measures[1]), 1e-20), -params.power) * value;
  }
  output[(base + row * size + column) / 4u] = result;
}
