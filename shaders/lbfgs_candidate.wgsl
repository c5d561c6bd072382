// lbfgs_candidate: inner products of the candidate pair s, y = g - gPrevious and the gradient g with themselves.
//   partial[0..7][column] = s·y, y·y, s·g, y·g, g·g, ‖g‖₁, max|g|, max|s| over the values of that column
//
// One invocation walks the vectors with the stride of all columns and keeps its eight sums in registers: no barriers.
// Grid: columns / 64 workgroups. lbfgs_sum adds the columns.

struct Params {
  size: u32,
  columns: u32,
}

@group(0) @binding(0) var<storage, read> candidate: array<f32>;         // [size], s of the candidate pair
@group(0) @binding(1) var<storage, read> gradient: array<f32>;          // [size]
@group(0) @binding(2) var<storage, read> gradientPrevious: array<f32>;  // [size]
@group(0) @binding(3) var<storage, read_write> partial: array<f32>;     // [8 + 5 · history, columns]
@group(0) @binding(4) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let column = id.x;
  let columns = params.columns;
  var stepChange = 0.0;
  var changeChange = 0.0;
  var stepGradient = 0.0;
  var changeGradient = 0.0;
  var gradientGradient = 0.0;
  var gradientNorm1 = 0.0;
  var gradientMax = 0.0;
  var stepMax = 0.0;
  for (var i = column; i < params.size; i += columns) {
    let s = candidate[i];
    let g = gradient[i];
    let y = g - gradientPrevious[i];
    stepChange += s * y;
    changeChange += y * y;
    stepGradient += s * g;
    changeGradient += y * g;
    gradientGradient += g * g;
    gradientNorm1 += abs(g);
    gradientMax = max(gradientMax, abs(g));
    stepMax = max(stepMax, abs(s));
  }
  partial[column] = stepChange;
  partial[columns + column] = changeChange;
  partial[2u * columns + column] = stepGradient;
  partial[3u * columns + column] = changeGradient;
  partial[4u * columns + column] = gradientGradient;
  partial[5u * columns + column] = gradientNorm1;
  partial[6u * columns + column] = gradientMax;
  partial[7u * columns + column] = stepMax;
}
