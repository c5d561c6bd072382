// symmetric_polynomial: output = a · I + b · X + c · X², X² given on and above the diagonal
//
// One invocation makes four columns of a row, the grid counts columns / 4 and rows (`symmetric_copy.wgsl` says why).

struct Params {
  size: u32,  // a multiple of 4
  a: f32,
  b: f32,
  c: f32,
}

@group(0) @binding(0) var<storage, read> matrix: array<vec4f>;        // [size, size / 4]: X
@group(0) @binding(1) var<storage, read> square: array<f32>;          // [size, size]: X²
@group(0) @binding(2) var<storage, read_write> output: array<vec4f>;  // [size, size / 4]
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(16, 4)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let size = params.size;
  let row = id.y;
  let column = 4u * id.x;
  if (row >= size || column >= size) {
    return;
  }
  let columns = vec4u(column, column + 1u, column + 2u, column + 3u);
  let at = select(columns * size + row, columns + row * size, columns >= vec4u(row));
  let ofSquare = params.c * vec4f(square[at.x], square[at.y], square[at.z], square[at.w]);
  let index = (row * size + column) / 4u;
  output[index] = fma(vec4f(params.b), matrix[index], ofSquare) + select(vec4f(0.0), vec4f(params.a), columns == vec4u(row));
}
