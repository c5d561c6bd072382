// planes, join: values[y, x, ·] = w(y, x) · M · planes[·, y, x]
//
// Of three planes it makes three values a position, and leaves the rows and columns that planes have beyond the picture's. `planes_split.wgsl` says
// what w is and goes the other way; with Mᵀ it is the adjoint. One invocation walks the positions with the stride of the whole grid.

struct Params {
  pixels: u32,  // width · height
  width: u32,
  pitch: u32,   // columns of a plane, at least the width
  plane: u32,   // positions of a plane
  // twin planes weight
  stepX: f32,   // frequency of column 1
  stepY: f32,   // frequency of row 1
  floor: f32,   // more than 0
  rise: f32,    // w = rise · f^¾ + level + fall / f^¾
  level: f32,
  fall: f32,
  m00: f32,     // M, row by row
  m01: f32,
  m02: f32,
  m10: f32,
  m11: f32,
  m12: f32,
  m20: f32,
  m21: f32,
  m22: f32,
  // end twin planes weight
}

@group(0) @binding(0) var<storage, read> planes: array<f32>;         // [3, plane / pitch, pitch]
@group(0) @binding(1) var<storage, read_write> values: array<f32>;   // [height, width, 3]
@group(0) @binding(2) var<uniform> params: Params;

// twin planes functions
fn weightAt(x: u32, y: u32) -> f32 {
  let f = max(length(vec2f(f32(x) * params.stepX, f32(y) * params.stepY)), params.floor);
  let q = sqrt(f * sqrt(f));
  return params.rise * q + params.level + params.fall / q;
}

fn mixed(v: vec3f) -> vec3f {
  return vec3f(
    dot(v, vec3f(params.m00, params.m01, params.m02)),
    dot(v, vec3f(params.m10, params.m11, params.m12)),
    dot(v, vec3f(params.m20, params.m21, params.m22)),
  );
}
// end twin planes functions

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < params.pixels; i += groups.x * 64u) {
    let x = i % params.width;
    let y = i / params.width;
    let at = y * params.pitch + x;
    let result = weightAt(x, y) * mixed(vec3f(planes[at], planes[params.plane + at], planes[2u * params.plane + at]));
    values[3u * i] = result.x;
    values[3u * i + 1u] = result.y;
    values[3u * i + 2u] = result.z;
  }
}
