// Batched matrix product for GPUs: C[b][r][n] = old + Σ_k A[b][r][k] · B[b][k][n]
//
// Serves Winograd's 36 products, the Gram matrix and its backward pass; strides are parameters, and the batches may be chunks
// of one long sum (split-K: depthTotal cuts the last one). old = C where `accumulate` is 1, else 0. Where `triangle` is not 0, tiles
// in blocks below the diagonal are left out (a symmetric product needs one triangle only).
//
// A workgroup makes a tile of TILE_M x TILE_N of one C. TILE_K columns of A and rows of B at a time lie in workgroup memory;
// an invocation holds ROWS rows of VECTORS vectors of C in registers, so that for 4 k it reads ROWS + 4 · VECTORS vectors and
// does 16 · ROWS · VECTORS multiply-adds. Edges are filled with zeros and not written.
// Vectors run along columns; along k in A, or along rows where A is stored transposed (`TRANSPOSED`): blocks of 4x4 are then
// turned on their way into workgroup memory. Needs: columns and strides in multiples of 4 (the stride of 1 excepted), depth too,
// or, transposed, rows. Grid: column tiles, row tiles, batches.
// Correct on lavapipe and at WebGPU's default limits; not yet measured on a GPU, so the tile is a guess that spares registers.

// header
const TILE_M: u32 = 64u;  // rows of a tile, a multiple of ROWS
const TILE_N: u32 = 64u;  // its columns, a multiple of 4 * VECTORS
const TILE_K: u32 = 16u;  // depth held at a time, a multiple of 4
const ROWS: u32 = 8u;     // rows of an invocation
const VECTORS: u32 = 1u;  // its vectors of 4 columns
const TRANSPOSED: u32 = 0u;  // 1: A[b][r][k] has stride 1 along r
const ACROSS: u32 = TILE_N / 4u / VECTORS;  // invocations along a row of the tile
const THREADS: u32 = ACROSS * TILE_M / ROWS;
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
  // twin product strides
  aBatch: u32,       // strides, in values
  aRow: u32,
  aDepth: u32,
  bBatch: u32,
  bDepth: u32,
  cBatch: u32,
  cRow: u32,
  accumulate: u32,
  // end twin product strides
  triangle: u32,     // 0, or the edge of square blocks that hold whole tiles
}

@group(0) @binding(0) var<storage, read> a: array<vec4<A>>;        // A[b][r][k] at b·aBatch + r·aRow + k·aDepth
@group(0) @binding(1) var<storage, read> b: array<vec4<B>>;        // B[b][k][n] at b·bBatch + k·bDepth + n
@group(0) @binding(2) var<storage, read_write> c: array<vec4<C>>;  // C[b][r][n] at b·cBatch + r·cRow + n
@group(0) @binding(3) var<uniform> params: Params;

// twin tile memory
const depthVectors = TILE_K / 4u;
const columnVectors = TILE_N / 4u;

var<workgroup> aTile: array<vec4f, TILE_M * depthVectors>;     // [row][k / 4]
var<workgroup> bTile: array<vec4f, TILE_K * columnVectors>;    // [k][column / 4]
// end twin tile memory

// Four k of one row of A.
fn loadA(base: u32, row: u32, k: u32, depth: u32) -> vec4f {
  let isInside = row < params.rows && k < depth;
  return select(vec4f(0.0), vec4f(a[select(0u, base + row * params.aRow + k, isInside) / 4u]), isInside);
}

// Four rows of one k of A.
fn loadTransposed(base: u32, row: u32, k: u32, depth: u32) -> vec4f {
  let isInside = row < params.rows && k < depth;
  return select(vec4f(0.0), vec4f(a[select(0u, base + row + k * params.aDepth, isInside) / 4u]), isInside);
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let depth = min(params.depth, params.depthTotal - group.z * params.depthStep);
  let firstRow = group.y * TILE_M;
  let firstColumn = group.x * TILE_N;
  if (params.triangle > 0u && firstColumn / params.triangle < firstRow / params.triangle) {
    return;
  }
  let aBase = group.z * params.aBatch;
  let bBase = group.z * params.bBatch;
  let across = thread % ACROSS;
  let down = thread / ACROSS;

  var sum: array<array<vec4f, VECTORS>, ROWS>;
  for (var k0 = 0u; k0 < depth; k0 += TILE_K) {
    if (TRANSPOSED == 1u) {
      for (var i = thread; i < TILE_M / 4u * depthVectors; i += THREADS) {
        let row = i % (TILE_M / 4u) * 4u;
        let kVector = i / (TILE_M / 4u);
        let k = k0 + kVector * 4u;
        let first = loadTransposed(aBase, firstRow + row, k, depth);
        let second = loadTransposed(aBase, firstRow + row, k + 1u, depth);
        let third = loadTransposed(aBase, firstRow + row, k + 2u, depth);
        let fourth = loadTransposed(aBase, firstRow + row, k + 3u, depth);
        let turned = transpose(mat4x4f(first, second, third, fourth));
        aTile[row * depthVectors + kVector] = turned[0];
        aTile[(row + 1u) * depthVectors + kVector] = turned[1];
        aTile[(row + 2u) * depthVectors + kVector] = turned[2];
        aTile[(row + 3u) * depthVectors + kVector] = turned[3];
      }
    } else {
      for (var i = thread; i < TILE_M * depthVectors; i += THREADS) {
        aTile[i] = loadA(aBase, firstRow + i / depthVectors, k0 + i % depthVectors * 4u, depth);
      }
    }
    for (var i = thread; i < TILE_K * columnVectors; i += THREADS) {
      let k = k0 + i / columnVectors;
      let column = firstColumn + i % columnVectors * 4u;
      let isInside = k < depth && column < params.columns;
      bTile[i] = select(vec4f(0.0), vec4f(b[select(0u, bBase + k * params.bDepth + column, isInside) / 4u]), isInside);
    }
    // twin tile product
    workgroupBarrier();
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
    workgroupBarrier();
  }

  // unroll
  for (var i = 0u; i < ROWS; i++) {
    let row = firstRow + i * (TILE_M / ROWS) + down;
    // unroll
    for (var v = 0u; v < VECTORS; v++) {
      let column = firstColumn + (v * ACROSS + across) * 4u;
    // end twin tile product
      if (row < params.rows && column < params.columns) {
        let at = (group.z * params.cBatch + row * params.cRow + column) / 4u;
        c[at] = vec4<C>(select(vec4f(0.0), vec4f(c[at]), params.accumulate == 1u) + sum[i][v]);
      }
    }
  }
}
