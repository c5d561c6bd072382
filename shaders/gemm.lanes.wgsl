// Batched matrix product for CPU adapters: C[b][r][n] = old + Σ_k A[b][r][k] · B[b][k][n]
//
// Serves Winograd's 36 products, the Gram matrix and its backward pass; strides are parameters, so A may be read
// transposed (rowStride = 1) and the batches may be chunks of one long sum (split-K: depthTotal cuts the last one).
// Where `triangle` is 1, rows below a column block's last column are left out (a symmetric product needs one triangle only).
// old = C where `accumulate` is 1, else 0. Where `relu` is 1, negative results become 0 (NaN stays, as in PyTorch).
//
// Why it looks so: lavapipe turns a load with a computed index into one scalar load per lane (ten multiply-adds and more) and
// workgroup barriers into coroutines. So a block of B, KC rows by V vectors, rests in a private array whose indices
// are all literals after unrolling; each value of A is loaded once, one k per lane, and spread with subgroupShuffle.
// One workgroup is one subgroup of LANES; it makes `rowsPerGroup` rows of V * LANES columns.
// Loops over V are written out too: left to the driver, the many small loops of KC = 128 took it 3.2 s, warm cache or cold, not 0.3.
// A last block of fewer columns is computed whole and stored as far as it goes (PARTIAL). Needs: subgroup size exactly LANES.
// Grid: column blocks, row blocks, batches.
// Measured on lavapipe 25.0.7, two cores: docs/decisions/0015-lanes-experiments.md, by shape, with what was tried.

enable subgroups;

// header
const LANES: u32 = 8u;  // the adapter's subgroup size
const V: u32 = 64u / LANES;  // vectors of columns held per row: 64 columns on any adapter
const KC: u32 = 128u;   // rows of B held; more than 32, or the compiler unrolls the filling loop
const PARTIAL: u32 = 0u;  // 1 where the columns are no multiple of V * LANES
alias A = f32;  // how a, b and c are stored: f32, or f16 where the loader says so
alias B = f32;
alias C = f32;
// end header

struct Params {
  rows: u32,
  columns: u32,
  depth: u32,        // k per batch
  depthTotal: u32,   // k over all batches when they split one sum, else depth
  depthStep: u32,    // depth when batches split one sum, else 0
  rowsPerGroup: u32,
  // twin product strides
  aFirst: u32,       // values before the first
  aBatch: u32,       // strides, in values
  aRow: u32,
  aDepth: u32,
  bBatch: u32,
  bDepth: u32,
  cFirst: u32,
  cBatch: u32,
  cRow: u32,
  accumulate: u32,
  // end twin product strides
  relu: u32,
  triangle: u32,
}

@group(0) @binding(0) var<storage, read> a: array<A>;        // A[b][r][k] at aFirst + b·aBatch + r·aRow + k·aDepth
@group(0) @binding(1) var<storage, read> b: array<B>;        // B[b][k][n] at b·bBatch + k·bDepth + n
@group(0) @binding(2) var<storage, read_write> c: array<C>;  // C[b][r][n] at cFirst + b·cBatch + r·cRow + n
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let depth = min(params.depth, params.depthTotal - group.z * params.depthStep);
  let firstRow = group.y * params.rowsPerGroup;
  var lastRow = min(firstRow + params.rowsPerGroup, params.rows);
  if (params.triangle == 1u) {
    lastRow = min(lastRow, (group.x + 1u) * V * LANES);
  }
  let column = group.x * V * LANES + lane;
  let aBase = params.aFirst + group.z * params.aBatch;
  let bBase = group.z * params.bBatch + column;
  let cBase = params.cFirst + group.z * params.cBatch + column;

  var block: array<array<f32, KC>, V>;
  var result: array<f32, V>;
  for (var k0 = 0u; k0 < depth; k0 += KC) {
    let cutsNegatives = params.relu == 1u && k0 + KC >= depth;
    for (var k = 0u; k < KC; k++) {
      let isInside = k0 + k < depth;
      let at = bBase + select(0u, k0 + k, isInside) * params.bDepth;
      // unroll
      for (var v = 0u; v < V; v++) {
        block[v][k] = select(0.0, f32(b[at + v * LANES]), isInside);
      }
    }
    for (var row = firstRow; row < lastRow; row++) {
      // All loads of a row come before its arithmetic: each is a branch per lane, and the compiler would otherwise
      // spill the products across them.
      var spread = array<f32, KC / LANES>();
      for (var i = 0u; i < KC / LANES; i++) {
        let k = k0 + i * LANES + lane;
        let isInside = k < depth;
        spread[i] = select(0.0, f32(a[aBase + row * params.aRow + select(0u, k, isInside) * params.aDepth]), isInside);
      }
      var sum = array<f32, V>();  // initialised: a declaration in a loop without a value is zeroed once only in this Dawn
      if (k0 > 0u || params.accumulate == 1u) {
        // unroll
        for (var v = 0u; v < V; v++) {
          sum[v] = f32(c[cBase + row * params.cRow + v * LANES]);
        }
      }
      // Partial sums of 32 terms, added up: rounding errors grow with the square root of 32 + depth / 32, not of depth.
      // unroll
      for (var part = 0u; part < KC / 32u; part++) {
        var partial = array<f32, V>();
        // unroll
        for (var i = 0u; i < 32u / LANES; i++) {
          // unroll
          for (var source = 0u; source < LANES; source++) {
            let value = subgroupShuffle(spread[part * 32u / LANES + i], source);
            // unroll
            for (var v = 0u; v < V; v++) {
              partial[v] = fma(value, block[v][part * 32u + i * LANES + source], partial[v]);
            }
          }
        }
        // unroll
        for (var v = 0u; v < V; v++) {
          sum[v] += partial[v];
        }
      }
      // Anchors the sums: a never-taken read with a computed index keeps them in memory before the stores, so that
      // the compiler does not sink the additions into the stores' branches (2.75 to 1.69 ns per multiply-add).
      // unroll
      for (var v = 0u; v < V; v++) {
        sum[v] = select(sum[v], 0.0, cutsNegatives && sum[v] < 0.0);
        result[v] = sum[v];
      }
      if (params.rows > 0xfffffffu) {
        c[lane] = C(result[params.rows % V]);
      }
      // unroll
      for (var v = 0u; v < V; v++) {
        if (PARTIAL == 0u || column + v * LANES < params.columns) {
          c[cBase + row * params.cRow + v * LANES] = C(sum[v]);
        }
      }
    }
  }
}
