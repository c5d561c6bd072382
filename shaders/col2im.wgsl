// col2im, the adjoint of im2col: gradInput[y,x,c] = mask · (old + Σ_cell columns[the output pixel that reads y,x at cell][(cell, c)])
//
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
  padding: u32,
  replicate: u32,
// end twin im2col sizes
  rowStride: u32,  // values between the rows of `columns`, a multiple of 4
  accumulate: u32,
  mask: u32,
}

@group(0) @binding(0) var<storage, read> columns: array<vec4f>;          // [outHeight · outWidth, rowStride / 4]
@group(0) @binding(1) var<storage, read> activation: array<vec4<Activation>>;       // [inHeight, inWidth, inChannels / 4]
@group(0) @binding(2) var<storage, read_write> gradInput: array<vec4f>;  // [inHeight, inWidth, inChannels / 4]
@group(0) @binding(3) var<uniform> params: Params;

// twin conv2d readers
// The padded positions along one axis that read input position `at`: one, or several at a replicated edge.
fn readers(at: i32, size: i32) -> vec2i {
  let reach = i32(params.padding * params.replicate);
  return vec2i(select(at, -reach, at == 0), select(at, size - 1 + reach, at == size - 1));
}
// end twin conv2d readers

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let inBlocks = params.inChannels / 4u;
  let padding = i32(params.padding);
  let stride = i32(params.stride);
  for (var index = id.x; index < params.inHeight * params.inWidth * inBlocks; index += groups.x * 64u) {
    let c = index % inBlocks;
    let pixel = index / inBlocks;
    let rows = readers(i32(pixel / params.inWidth), i32(params.inHeight));
    let across = readers(i32(pixel % params.inWidth), i32(params.inWidth));
    var sum = vec4f(0.0);
    // twin conv2d gradient cells: across = columns
    for (var y = rows.x; y <= rows.y; y++) {
      for (var x = across.x; x <= across.y; x++) {
        for (var ky = 0u; ky < params.kernelHeight; ky++) {
          for (var kx = 0u; kx < params.kernelWidth; kx++) {
            let offset = vec2i(x, y) + padding - vec2i(i32(kx), i32(ky));
            let at = offset / stride;
            let isInside = all(offset >= vec2i(0)) && at.x < i32(params.outWidth) && at.y < i32(params.outHeight);
            if (isInside && all(at * stride == offset)) {
    // end twin conv2d gradient cells
              let row = u32(at.y * i32(params.outWidth) + at.x) * (params.rowStride / 4u);
              sum += columns[row + (ky * params.kernelWidth + kx) * inBlocks + c];
            }
          }
        }
      }
    }
    // twin conv2d gradient epilogue
    if (params.accumulate == 1u) {
      sum += gradInput[index];
    }
    if (params.mask == 1u) {
      sum = select(vec4f(0.0), sum, vec4f(activation[index]) > vec4f(0.0));
    }
    gradInput[index] = sum;
    // end twin conv2d gradient epilogue
  }
}
