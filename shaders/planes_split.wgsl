// planes, split: planes[·, y, x] = w(y, x) · M · values[y, x, ·], and 0 in the rows and columns that planes have beyond the picture's
//
// Of three values a position it makes three planes, as matrix products want them. Positions are pixels or, of a spectrum, frequencies: w is the
// weight of the frequency f = √((y · stepY)² + (x · stepX)²), but at least `floor`. `planes_join.wgsl` goes the other way; with Mᵀ it is the adjoint.
// One invocation walks the positions of a plane with the stride of the whole grid.

struct Params {
  width: u32,
  height: u32,
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

@group(0) @binding(0) var<storage, read> values: array<f32>;         // [height, width, 3]
@group(0) @binding(1) var<storage, read_write> planes: array<f32>;   // [3, plane / pitch, pitch]
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
  for (var i = id.x; i < params.plane; i += groups.x * 64u) {
    let x = i % params.pitch;
    let y = i / params.pitch;
    var result = vec3f(0.0);
    if (x < params.width && y < params.height) {
      let at = 3u * (y * params.width + x);
      result = weightAt(x, y) * mixed(vec3f(values[at], values[at + 1u], values[at + 2u]));
    }
    planes[i] = result.x;
    planes[params.plane + i] = result.y;
    planes[2u * params.plane + i] = result.z;
  }
}
