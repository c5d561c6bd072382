// Batched matrix product for GPUs: C[b][r][n] = old + Σ_k A[b][r][k] · B[b][k][n]
//
// Serves Winograd's 36 products and the Gram matrix's backward pass; strides are parameters. old = C where `accumulate` is 1, else 0, and
// C is then not read. Where `triangle` is not 0, tiles in blocks below the diagonal are left out (a symmetric product needs one triangle only).
//
// A workgroup makes a tile of TILE_M x TILE_N of one C. TILE_K columns of A and rows of B at a time lie in workgroup memory;
// an invocation holds ROWS rows of VECTORS vectors of C in registers, so that for 4 k it reads ROWS + 4 · VECTORS vectors and
// does 16 · ROWS · VECTORS multiply-adds: with 8x8 as many floats as a GPU's workgroup memory gives in the time of the multiply-adds, with
// 8x4 half as many again.
// What a step needs is loaded into registers before the multiply-adds of the step before, by a count of loads that is written out: a loop
// over them, which Dawn guards, waits for each before it asks for the next. Past an edge rows and columns repeat the last one, and are not
// written; past the depth all is 0.
// Vectors run along k in A and along columns in B and C; `gemm_transposed.tiles.wgsl` is for A stored the other way.
// Needs: columns, depth and strides in multiples of 4. Grid: column tiles, row tiles, batches.
// What compilers make of it: docs/decisions/0041-tiles-by-compilers.md. Not yet measured on a GPU.

// header
const TILE_M: u32 = 64u;  // rows of a tile, a multiple of ROWS
// twin gemm header: numbers
const TILE_N: u32 = 64u;  // its columns, a multiple of 4 * VECTORS
const TILE_K: u32 = 16u;  // depth held at a time, a multiple of 4
const ROWS: u32 = 8u;     // rows of an invocation
const VECTORS: u32 = 2u;  // its vectors of 4 columns
const ACROSS: u32 = TILE_N / 4u / VECTORS;  // invocations along a row of the tile
const THREADS: u32 = ACROSS * TILE_M / ROWS;  // a multiple of TILE_K / 4 and of TILE_N / 4
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

const run = 1u;  // rows of an invocation that follow each other

// twin tile memory
const depthVectors = TILE_K / 4u;
const columnVectors = TILE_N / 4u;

var<workgroup> aTile: array<vec4f, TILE_M * depthVectors>;     // [row][k / 4]
var<workgroup> bTile: array<vec4f, TILE_K * columnVectors>;    // [k][column / 4]
// end twin tile memory

// Four k of one row of A, or 0 past the depth.
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
  let aDepth = thread % depthVectors * 4u;
  let aRow = firstRow + thread / depthVectors;
  // unroll
  for (var i = 0u; i < LOADS_A; i++) {
    let row = min(aRow + i * (TILE_M / LOADS_A), params.rows - 1u);
    aAt[i] = (params.aFirst + group.z * params.aBatch + row * params.aRow + aDepth) / 4u;
  }

  var sum: array<array<vec4f, VECTORS>, ROWS>;
  for (var k0 = 0u; k0 < depth + TILE_K; k0 += TILE_K) {
    var nextA: array<vec4f, LOADS_A>;
    var nextB: array<vec4f, LOADS_B>;
    // unroll
    for (var i = 0u; i < LOADS_A; i++) {
      nextA[i] = loadA(aAt[i], k0 + aDepth < depth);
      aAt[i] += TILE_K / 4u;
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
      // twin tile product
      for (var kVector = 0u; kVector < depthVectors; kVector++) {
        var held: array<array<vec4f, VECTORS>, 4>;
        // unroll
        for (var j = 0u; j < 4u; j++) {
          // unroll
          for (var v = 0u; v < VECTORS; v++) {
            held[j][v] = bTile[(kVector * 4u + j) * columnVectors + v * ACROSS + across];
          }
        }
        // unroll
        for (var i = 0u; i < ROWS; i++) {
          let value = aTile[(i * (TILE_M / ROWS) + down) * depthVectors + kVector];
          // unroll
          for (var v = 0u; v < VECTORS; v++) {
            sum[i][v] = fma(vec4f(value.x), held[0][v], sum[i][v]);
            sum[i][v] = fma(vec4f(value.y), held[1][v], sum[i][v]);
            sum[i][v] = fma(vec4f(value.z), held[2][v], sum[i][v]);
            sum[i][v] = fma(vec4f(value.w), held[3][v], sum[i][v]);
          }
        }
      }
      // end twin tile product
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
