// symmetric_measures: output[0] = trace, output[1] = Σ_ij matrix[i][j]², of a symmetric matrix whose entries on and above the diagonal are read
//
// One workgroup does it all, so that what follows needs no second pass; each of its 256 invocations adds its strided share of the rows'
// entries, a fixed tree adds the shares (deterministic).

struct Params {
  size: u32,
}

@group(0) @binding(0) var<storage, read> matrix: array<f32>;        // [size, size]
@group(0) @binding(1) var<storage, read_write> output: array<f32>;  // [2]
@group(0) @binding(2) var<uniform> params: Params;

var<workgroup> traces: array<f32, 256>;
var<workgroup> squares: array<f32, 256>;

@compute @workgroup_size(256)
fn main(@builtin(local_invocation_index) local: u32) {
  let size = params.size;
  var trace = 0.0;
  var square = 0.0;
  for (var row = 0u; row < size; row++) {
    var ofRow = 0.0;
    // Columns that an invocation sees are the same in every row, so that loads are side by side.
    for (var column = (row / 256u) * 256u + local; column < size; column += 256u) {
      if (column < row) {
        continue;
      }
      let value = matrix[row * size + column];
      ofRow = fma(select(2.0, 1.0, column == row) * value, value, ofRow);
      trace += select(0.0, value, column == row);
    }
    square += ofRow;
  }
  traces[local] = trace;
  squares[local] = square;
  workgroupBarrier();
  // Invocations past the size have nothing to add. A start that is not a literal also keeps lavapipe from unrolling the tree: 0.7 s of compiling.
  for (var half = min(128u, 1u << firstLeadingBit(size)); half > 0u; half /= 2u) {
    if (local < half) {
      traces[local] += traces[local + half];
      squares[local] += squares[local + half];
    }
    workgroupBarrier();
  }
  if (local == 0u) {
    output[0] = traces[0];
    output[1] = squares[0];
  }
}
