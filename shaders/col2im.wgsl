// col2im, the adjoint of im2col: gradInput[y,x,c] = mask · (old + Σ_cell columns[the output pixel that reads y,x at cell][(cell, c)])
//
// The columns are those of `rows` rows of the output from `firstRow` on; the rows of the input that these read, from `fromRow` to before
// `toRow`, are written. Rows before `oldRows` have had what rows of the output before these send them, and are added to.
// Where padding replicates the edge, an edge pixel also stands for the padded positions that were clamped to it.
// old = gradInput where `accumulate` is 1, else 0; mask = activation > 0 where `mask` is 1, else 1.
// Layout: NHWC, channels a multiple of 4. One invocation makes four channels of one input pixel; the grid counts
// pixels x (inChannels / 4), walked with the stride of the whole grid.

// header
alias Activation = f32;  // how activation is stored: f32, or f16 where the loader says so
// end header

// twin im2col sizes
struct Params {
  inHeight: u32,
  inWidth: u32,
  inChannels: u32,
  outHeight: u32,
  outWidth: u32,
  kernelHeight: u32,
  kernelWidth: u32,
  stride: u32,
  paddingRows: u32,
  paddingColumns: u32,
  replicate: u32,
  firstRow: u32,   // of the output
  rows: u32,
// end twin im2col sizes
  fromRow: u32,    // of the input
  toRow: u32,
  oldRows: u32,
  rowStride: u32,  // values between the rows of `columns`, a multiple of 4
  accumulate: u32,
  mask: u32,
}

@group(0) @binding(0) var<storage, read> columns: array<vec4f>;          // [rows · outWidth, rowStride / 4]
@group(0) @binding(1) var<storage, read> activation: array<vec4<Activation>>;       // [inHeight, inWidth, inChannels / 4]
@group(0) @binding(2) var<storage, read_write> gradInput: array<vec4f>;  // [inHeight, inWidth, inChannels / 4]
@group(0) @binding(3) var<uniform> params: Params;

// twin conv2d readers
// The padded positions along one axis that read input position `at`: one, or several at a replicated edge.
fn readers(at: i32, size: i32, padding: u32) -> vec2i {
  let reach = i32(padding * params.replicate);
  return vec2i(select(at, -reach, at == 0), select(at, size - 1 + reach, at == size - 1));
}
// end twin conv2d readers

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let inBlocks = params.inChannels / 4u;
  let padding = vec2i(i32(params.paddingColumns), i32(params.paddingRows));
  let stride = i32(params.stride);
  let rowValues = params.inWidth * inBlocks;
  for (var index = params.fromRow * rowValues + id.x; index < params.toRow * rowValues; index += groups.x * 64u) {
    let c = index % inBlocks;
    let pixel = index / inBlocks;
    let rows = readers(i32(pixel / params.inWidth), i32(params.inHeight), params.paddingRows);
    let across = readers(i32(pixel % params.inWidth), i32(params.inWidth), params.paddingColumns);
    var sum = vec4f(0.0);
    for (var y = rows.x; y <= rows.y; y++) {
      for (var x = across.x; x <= across.y; x++) {
        for (var ky = 0u; ky < params.kernelHeight; ky++) {
          for (var kx = 0u; kx < params.kernelWidth; kx++) {
            let offset = vec2i(x, y) + padding - vec2i(i32(kx), i32(ky));
            let at = offset / stride;
            let row = at.y - i32(params.firstRow);
            let isInside = all(offset >= vec2i(0)) && at.x < i32(params.outWidth) && row >= 0 && row < i32(params.rows);
            if (isInside && all(at * stride == offset)) {
              let column = u32(row * i32(params.outWidth) + at.x) * (params.rowStride / 4u);
              sum += columns[column + (ky * params.kernelWidth + kx) * inBlocks + c];
            }
          }
        }
      }
    }
    if (params.accumulate == 1u || pixel / params.inWidth < params.oldRows) {
      sum += gradInput[index];
    }
    if (params.mask == 1u) {
      sum = select(vec4f(0.0), sum, vec4f(activation[index]) > vec4f(0.0));
    }
    gradInput[index] = sum;
  }
}
