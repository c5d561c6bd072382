// symmetric_polynomial: output = a · I + b · X + c · X², X² given on and above the diagonal
//
// One invocation walks the matrix with the stride of the whole grid.

struct Params {
  size: u32,
  a: f32,
  b: f32,
  c: f32,
}

@group(0) @binding(0) var<storage, read> matrix: array<f32>;        // [size, size]: X
@group(0) @binding(1) var<storage, read> square: array<f32>;        // [size, size]: X²
@group(0) @binding(2) var<storage, read_write> output: array<f32>;  // [size, size]
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let size = params.size;
  for (var i = id.x; i < size * size; i += groups.x * 64u) {
    let row = i / size;
    let column = i % size;
    let ofSquare = params.c * square[min(row, column) * size + max(row, column)];
    output[i] = fma(params.b, matrix[i], ofSquare) + select(0.0, params.a, row == column);
  }
}
