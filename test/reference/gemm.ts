/** The batched matrix product in f64, on operands given as functions of their indices. */

/** C[b][r][n] = old + Σ_{k < depth(b)} A[b][r][k] · B[b][k][n]. Layout of the result: [batches, rows, columns], dense. */
export function gemm(options: {
  readonly batches: number;
  readonly rows: number;
  readonly columns: number;
  readonly depth: (batch: number) => number;
  readonly a: (batch: number, row: number, k: number) => number;
  readonly b: (batch: number, k: number, column: number) => number;
  readonly old: (batch: number, row: number, column: number) => number;
}): Float64Array {
  const { batches, rows, columns, depth, a, b, old } = options;
  const c = new Float64Array(batches * rows * columns);
  for (let batch = 0; batch < batches; batch++) {
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        let sum = old(batch, row, column);
        for (let k = 0; k < depth(batch); k++) {
          sum += a(batch, row, k) * b(batch, k, column);
        }
        c[(batch * rows + row) * columns + column] = sum;
      }
    }
  }
  return c;
}
