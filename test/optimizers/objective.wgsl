// Test objective: value and gradient of a function with a known minimum, chosen by `kind`; see functions.ts.
//
// One invocation does it all: the vectors of these tests are short, and its sums run in a fixed order.

struct Params {
  size: u32,
  kind: u32,
  condition: f32,
  breakAbove: f32,  // kind 5: the gradient is not finite where x[0] is above it
}

@group(0) @binding(0) var<storage, read> x: array<f32>;               // [size]
@group(0) @binding(1) var<storage, read> centre: array<f32>;          // [size], minimum of the quadratic
@group(0) @binding(2) var<storage, read_write> gradient: array<f32>;  // [size]
@group(0) @binding(3) var<storage, read_write> loss: array<f32>;      // [1]
@group(0) @binding(4) var<uniform> params: Params;

fn rosenbrock() -> f32 {
  var sum = 0.0;
  gradient[0] = 0.0;
  for (var i = 0u; i + 1u < params.size; i++) {
    let bend = x[i + 1u] - x[i] * x[i];
    let rest = 1.0 - x[i];
    sum += 100.0 * bend * bend + rest * rest;
    gradient[i] += -400.0 * bend * x[i] - 2.0 * rest;
    gradient[i + 1u] = 200.0 * bend;
  }
  return sum;
}

fn himmelblau() -> f32 {
  let p = x[0] * x[0] + x[1] - 11.0;
  let q = x[0] + x[1] * x[1] - 7.0;
  gradient[0] = 4.0 * x[0] * p + 2.0 * q;
  gradient[1] = 2.0 * p + 4.0 * x[1] * q;
  return p * p + q * q;
}

fn beale() -> f32 {
  let a = x[0];
  let b = x[1];
  let p = 1.5 - a + a * b;
  let q = 2.25 - a + a * b * b;
  let r = 2.625 - a + a * b * b * b;
  gradient[0] = 2.0 * p * (b - 1.0) + 2.0 * q * (b * b - 1.0) + 2.0 * r * (b * b * b - 1.0);
  gradient[1] = 2.0 * p * a + 4.0 * q * a * b + 6.0 * r * a * b * b;
  return p * p + q * q + r * r;
}

fn quadratic() -> f32 {
  var sum = 0.0;
  for (var i = 0u; i < params.size; i++) {
    let weight = pow(params.condition, f32(i) / f32(max(params.size, 2u) - 1u));
    let away = x[i] - centre[i];
    gradient[i] = weight * away;
    sum += 0.5 * weight * away * away;
  }
  return sum;
}

fn cosine() -> f32 {
  var sum = 0.0;
  for (var i = 0u; i < params.size; i++) {
    gradient[i] = sin(x[i]);
    sum += 1.0 - cos(x[i]);
  }
  return sum;
}

/// The quadratic, with one gradient value that is not a number where x[0] is above `breakAbove`.
fn broken() -> f32 {
  let value = quadratic();
  if (x[0] > params.breakAbove) {
    gradient[params.size - 1u] = bitcast<f32>(0x7fc00000u + params.size - params.size);
    return bitcast<f32>(0x7fc00000u + params.size - params.size);
  }
  return value;
}

@compute @workgroup_size(1)
fn main() {
  var value = 0.0;
  switch (params.kind) {
    case 0u: { value = rosenbrock(); }
    case 1u: { value = himmelblau(); }
    case 2u: { value = beale(); }
    case 3u: { value = quadratic(); }
    case 4u: { value = cosine(); }
    default: { value = broken(); }
  }
  loss[0] = value;
}
