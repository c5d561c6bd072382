// Batched matrix product for GPUs of a matrix that is stored transposed: C[b][r][n] = old + Σ_k A[b][r][k] · B[b][k][n], where r runs along
// A's memory: the Gram matrix FᵀF, and products over positions.
//
// The same as `gemm.tiles.wgsl`, which says how it works, but that A's tile lies in workgroup memory as it does outside, k by k, so that
// nothing is turned: an invocation makes ROWS / 4 times four rows that follow each other and reads, for each k, ROWS / 4 + VECTORS vectors.
// Batches may be chunks of one long sum (split-K: depthTotal cuts the last one), and the depth may be anything.
// Needs: rows, columns and strides (but A's of 1 along rows) in multiples of 4. Grid: column tiles, row tiles, batches.

// header
const TILE_M: u32 = 64u;  // rows of a tile, a multiple of ROWS
// twin gemm header: numbers
const TILE_N: u32 = 64u;  // its columns, a multiple of 4 * VECTORS
const TILE_K: u32 = 16u;  // depth held at a time, a multiple of 4
const ROWS: u32 = 8u;     // rows of an invocation, a multiple of 4
const VECTORS: u32 = 2u;  // its vectors of 4 columns
const ACROSS: u32 = TILE_N / 4u / VECTORS;  // invocations along a row of the tile
const THREADS: u32 = ACROSS * TILE_M / ROWS;  // a multiple of TILE_M / 4 and of TILE_N / 4
const LOADS_A: u32 = TILE_M * TILE_K / 4u / THREADS;  // vectors that an invocation loads; whole
const LOADS_B: u32 = TILE_K * TILE_N / 4u / THREADS;
alias A = f32;  // how a, b and c are stored: f32, or f16 where the loader says so
alias B = f32;
alias C = f32;
// end twin gemm header
// end header

struct Params {
  rows: u32,
  columns: u32,
  depth: u32,        // k per batch
  depthTotal: u32,   // k over all batches when they split one sum, else depth
  depthStep: u32,    // depth when batches split one sum, else 0
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
  triangle: u32,     // 0, or the edge of square blocks that hold whole tiles
}

// twin gemm operands
@group(0) @binding(0) var<storage, read> a: array<vec4<A>>;        // A[b][r][k] at aFirst + b·aBatch + r·aRow + k·aDepth
@group(0) @binding(1) var<storage, read> b: array<vec4<B>>;        // B[b][k][n] at b·bBatch + k·bDepth + n
@group(0) @binding(2) var<storage, read_write> c: array<vec4<C>>;  // C[b][r][n] at cFirst + b·cBatch + r·cRow + n
@group(0) @binding(3) var<uniform> params: Params;
// end twin gemm operands

const run = 4u;  // rows of an invocation that follow each other

const rowVectors = TILE_M / 4u;
const columnVectors = TILE_N / 4u;

var<workgroup> aTile: array<vec4f, TILE_K * rowVectors>;       // [k][row / 4]
var<workgroup> bTile: array<vec4f, TILE_K * columnVectors>;    // [k][column / 4]

// Four rows of one k of A, or 0 past the depth.
fn loadA(at: u32, isInside: bool) -> vec4f {
  return select(vec4f(0.0), vec4f(a[select(0u, at, isInside)]), isInside);
}

// twin gemm load b
// Four columns of one k of B, or 0 past the depth.
fn loadB(at: u32, isInside: bool) -> vec4f {
  return select(vec4f(0.0), vec4f(b[select(0u, at, isInside)]), isInside);
}
// end twin gemm load b

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  // twin gemm begin
  let depth = min(params.depth, params.depthTotal - group.z * params.depthStep);
  let firstRow = group.y * TILE_M;
  let firstColumn = group.x * TILE_N;
  if (params.triangle > 0u && firstColumn / params.triangle < firstRow / params.triangle) {
    return;
  }
  let across = thread % ACROSS;
  let down = thread / ACROSS;

  // Of each step an invocation loads the same k of some rows of A, and the same columns of some k of B.
  var aAt: array<u32, LOADS_A>;
  var bAt: array<u32, LOADS_B>;
  let bColumn = min(firstColumn + thread % columnVectors * 4u, params.columns - 4u);
  let bDepth = thread / columnVectors;
  // unroll
  for (var i = 0u; i < LOADS_B; i++) {
    bAt[i] = (group.z * params.bBatch + (i * (TILE_K / LOADS_B) + bDepth) * params.bDepth + bColumn) / 4u;
  }
  // end twin gemm begin
  let aRow = min(firstRow + thread % rowVectors * 4u, params.rows - 4u);
  let aDepth = thread / rowVectors;
  // unroll
  for (var i = 0u; i < LOADS_A; i++) {
    aAt[i] = (params.aFirst + group.z * params.aBatch + (i * (TILE_K / LOADS_A) + aDepth) * params.aDepth + aRow) / 4u;
  }

  var sum: array<array<vec4f, VECTORS>, ROWS>;
  for (var k0 = 0u; k0 < depth + TILE_K; k0 += TILE_K) {
    var nextA: array<vec4f, LOADS_A>;
    var nextB: array<vec4f, LOADS_B>;
    // unroll
    for (var i = 0u; i < LOADS_A; i++) {
      nextA[i] = loadA(aAt[i], k0 + i * (TILE_K / LOADS_A) + aDepth < depth);
      aAt[i] += TILE_K / 4u * params.aDepth;
    }
    // twin gemm load step
    // unroll
    for (var i = 0u; i < LOADS_B; i++) {
      nextB[i] = loadB(bAt[i], k0 + i * (TILE_K / LOADS_B) + bDepth < depth);
      bAt[i] += TILE_K / 4u * params.bDepth;
    }
    // end twin gemm load step
    // The multiply-adds of the step before hide how long that takes.
    if (k0 > 0u) {
      for (var kVector = 0u; kVector < TILE_K / 4u; kVector++) {
        // unroll
        for (var j = 0u; j < 4u; j++) {
          let k = kVector * 4u + j;
          var held: array<vec4f, VECTORS>;
          // unroll
          for (var v = 0u; v < VECTORS; v++) {
            held[v] = bTile[k * columnVectors + v * ACROSS + across];
          }
          // unroll
          for (var i = 0u; i < ROWS / 4u; i++) {
            let values = aTile[k * rowVectors + i * (TILE_M / ROWS) + down];
            // unroll
            for (var r = 0u; r < 4u; r++) {
              // unroll
              for (var v = 0u; v < VECTORS; v++) {
                sum[i * 4u + r][v] = fma(vec4f(values[r]), held[v], sum[i * 4u + r][v]);
              }
            }
          }
        }
      }
    }
    // twin tile store
    if (k0 >= depth) {
      break;
    }
    workgroupBarrier();
    // unroll
    for (var i = 0u; i < LOADS_A; i++) {
      aTile[i * THREADS + thread] = nextA[i];
    }
    // unroll
    for (var i = 0u; i < LOADS_B; i++) {
      bTile[i * THREADS + thread] = nextB[i];
    }
    workgroupBarrier();
    // end twin tile store
  }

  // twin gemm end
  // One branch, so that all that is added to is asked for at once, and read before any of it is written.
  if (params.accumulate == 1u) {
    // unroll
    for (var i = 0u; i < ROWS; i++) {
      let row = min(firstRow + (i / run * (TILE_M / ROWS) + down) * run + i % run, params.rows - 1u);
      // unroll
      for (var v = 0u; v < VECTORS; v++) {
        let column = min(firstColumn + (v * ACROSS + across) * 4u, params.columns - 4u);
        sum[i][v] += vec4f(c[(params.cFirst + group.z * params.cBatch + row * params.cRow + column) / 4u]);
      }
    }
  }
  // unroll
  for (var i = 0u; i < ROWS; i++) {
    let row = firstRow + (i / run * (TILE_M / ROWS) + down) * run + i % run;
    // unroll
    for (var v = 0u; v < VECTORS; v++) {
      let column = firstColumn + (v * ACROSS + across) * 4u;
      if (row < params.rows && column < params.columns) {
        c[(params.cFirst + group.z * params.cBatch + row * params.cRow + column) / 4u] = vec4<C>(sum[i][v]);
      }
    }
  }
  // end twin gemm end
}
