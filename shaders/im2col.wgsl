// im2col: columns[pixel][(cell, c)] = input[pixel · stride + cell − padding, c], and 1 in the last column, whose weight is the bias
//
// Makes a convolution with few input channels a matrix product, which the `lanes` family has a fast kernel for (conv1_1).
// The rows are those of the output from `firstRow` on. Outside the map is 0, or the nearest edge value where `replicate` is 1.
// Layout: NHWC, channels a multiple of 4. One invocation unrolls the patch of one output pixel; the grid counts pixels,
// walked with the stride of the whole grid.

// header
alias Input = f32;  // how input is stored: f32, or f16 where the loader says so
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
}

@group(0) @binding(0) var<storage, read> input: array<vec4<Input>>;        // [inHeight, inWidth, inChannels / 4]
@group(0) @binding(1) var<storage, read_write> columns: array<f32>;  // [rows · outWidth, cells · inChannels + 1]
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let size = vec2i(i32(params.inWidth), i32(params.inHeight));
  let inBlocks = params.inChannels / 4u;
  let depth = params.kernelHeight * params.kernelWidth * params.inChannels + 1u;
  for (var pixel = id.x; pixel < params.rows * params.outWidth; pixel += groups.x * 64u) {
    let place = vec2u(pixel % params.outWidth, params.firstRow + pixel / params.outWidth);
    let origin = vec2i(place * params.stride) - vec2i(i32(params.paddingColumns), i32(params.paddingRows));
    var at = pixel * depth;
    for (var ky = 0u; ky < params.kernelHeight; ky++) {
      for (var kx = 0u; kx < params.kernelWidth; kx++) {
        let wanted = origin + vec2i(i32(kx), i32(ky));
        let source = clamp(wanted, vec2i(0), size - 1);
        let isRead = params.replicate == 1u || all(source == wanted);
        let row = u32(source.y * size.x + source.x) * inBlocks;
        for (var c = 0u; c < inBlocks; c++) {
          let value = select(vec4f(0.0), vec4f(input[row + c]), isRead);
          columns[at] = value.x;
          columns[at + 1u] = value.y;
          columns[at + 2u] = value.z;
          columns[at + 3u] = value.w;
          at += 4u;
        }
      }
    }
    columns[at] = 1.0;
  }
}
