// picture window, forward: output[y, x, c] = picture[y, x, c] · scale_c + offset_c in a window of the picture, 0 for the padding channel
//
// As normalise, which sees the picture as a whole: three channels densely packed become four.
// Layout: NHWC. One invocation walks the window's pixels with the stride of the whole grid.

struct Params {
  pixels: u32,  // of the window
  width: u32,
  pitch: u32,   // pixels of the picture in a row
  first: u32,   // the window's first value in what is bound of the picture
  scale0: f32,
  scale1: f32,
  scale2: f32,
  offset0: f32,
  offset1: f32,
  offset2: f32,
}

@group(0) @binding(0) var<storage, read> picture: array<f32>;         // [rows, pitch, 3]
@group(0) @binding(1) var<storage, read_write> output: array<vec4f>;  // [height, width]
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let scale = vec3f(params.scale0, params.scale1, params.scale2);
  let offset = vec3f(params.offset0, params.offset1, params.offset2);
  for (var i = id.x; i < params.pixels; i += groups.x * 64u) {
    let at = params.first + 3u * (i / params.width * params.pitch + i % params.width);
    output[i] = vec4f(fma(vec3f(picture[at], picture[at + 1u], picture[at + 2u]), scale, offset), 0.0);
  }
}
