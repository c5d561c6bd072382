// lbfgs_coefficients: decides on the candidate pair and writes the direction as a combination of the vectors kept.
//   d = coefficient[0] g + Σᵢ (coefficient[1 + 2i] sᵢ + coefficient[2 + 2i] yᵢ)
//
// The two-loop recursion on inner products only:
//   pᵢ = -sᵢ·g;            newest to oldest j:  αⱼ = pⱼ / sⱼ·yⱼ,  pᵢ -= αⱼ sᵢ·yⱼ
//   wᵢ = -γ (yᵢ·g + Σⱼ αⱼ yᵢ·yⱼ);  oldest to newest j:  δⱼ = αⱼ - wⱼ / sⱼ·yⱼ,  wᵢ += δⱼ sⱼ·yᵢ
//   d = -γ g - γ Σⱼ αⱼ yⱼ + Σⱼ δⱼ sⱼ
// The candidate is kept where s·y > 1e-10 and then sets γ = s·y / y·y; in a full ring it takes the oldest pair's slot.
// Step length t = learningRate, at the first iteration min(1, 1 / ‖g‖₁) · learningRate.
//
// A gradient that is not finite changes nothing and clears `usable`. A direction that does not descend (rounding; exact
// arithmetic cannot give one) empties the ring and falls back to the first iteration's step.
// One workgroup; invocation i owns the pairs i, i + 64, …; one barrier for each step of a loop.
// Source: Chen, Wang and Zhou (2014), algorithm 4; Nocedal and Wright, Numerical Optimization (2006), algorithm 7.4; the
// constants are PyTorch's (torch/optim/lbfgs.py).

// header
const MAX_HISTORY: u32 = 512u;  // largest capacity of the ring
// end header

const NONE = 0xffffffffu;

struct Params {
  history: u32,  // capacity of the ring
  learningRate: f32,
}

@group(0) @binding(0) var<storage, read> total: array<f32>;              // [8 + 5 · history], inner products
@group(0) @binding(1) var<storage, read_write> state: array<u32>;        // [4]: pairs kept, oldest slot, iterations, slot to store
@group(0) @binding(2) var<storage, read_write> scalar: array<f32>;       // [8]: γ, t, g·d, usable, max|g|, max|s|, 0, 0
@group(0) @binding(3) var<storage, read_write> matrix: array<f32>;       // [2, history, history]: sᵢ·yⱼ, then yᵢ·yⱼ
@group(0) @binding(4) var<storage, read_write> coefficient: array<f32>;  // [1 + 2 · history]
@group(0) @binding(5) var<uniform> params: Params;

struct Ring {
  count: u32,
  oldest: u32,
  iterations: u32,
  kept: u32,  // slot of the candidate, or NONE
}

var<workgroup> ring: Ring;
var<workgroup> gamma: f32;
var<workgroup> project: array<f32, MAX_HISTORY>;
var<workgroup> weight: array<f32, MAX_HISTORY>;
var<workgroup> share: array<f32, 64>;

// WGSL may assume that no NaN exists, so finiteness is read from the exponent's bits.
fn isFinite(value: f32) -> bool {
  return (bitcast<u32>(value) & 0x7f800000u) != 0x7f800000u;
}

fn isUsable() -> bool {
  return isFinite(total[4]) && isFinite(total[5]);
}

/// The ring after the decision on the candidate.
fn decide() -> Ring {
  var next = Ring(state[0], state[1], state[2], NONE);
  let curvature = total[0];
  let isMeasured = next.iterations > 0u && isUsable() && isFinite(curvature) && isFinite(total[1]);
  let isKept = isMeasured && curvature > 1e-10;
  gamma = select(scalar[0], 1.0, next.iterations == 0u);
  if (isKept) {
    next.kept = (next.oldest + next.count) % params.history;
    if (next.count == params.history) {
      next.oldest = (next.oldest + 1u) % params.history;
    } else {
      next.count += 1u;
    }
    gamma = curvature / total[1];
  }
  return next;
}

/// sᵢ·g, where the candidate's product stands apart from the older pairs'.
fn stepGradient(i: u32, kept: u32) -> f32 {
  return select(total[8u + 5u * i + 1u], total[2], i == kept);
}

/// yᵢ·g
fn changeGradient(i: u32, kept: u32) -> f32 {
  return select(total[8u + 5u * i + 4u], total[3], i == kept);
}

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) local: u32) {
  let m = params.history;
  let changes = m * m;
  if (local == 0u) {
    ring = decide();
  }
  let now = workgroupUniformLoad(&ring);
  let scale = workgroupUniformLoad(&gamma);

  // 1. The kept candidate's row and column of both matrices.
  if (now.kept != NONE) {
    let c = now.kept;
    for (var i = local; i < now.count; i += 64u) {
      let first = 8u + 5u * i;
      let isCandidate = i == c;
      matrix[i * m + c] = select(total[first], total[0], isCandidate);
      matrix[c * m + i] = select(total[first + 2u], total[0], isCandidate);
      let changeChange = select(total[first + 3u], total[1], isCandidate);
      matrix[changes + i * m + c] = changeChange;
      matrix[changes + c * m + i] = changeChange;
    }
  }
  for (var i = local; i < now.count; i += 64u) {
    project[i] = -stepGradient(i, now.kept);
  }
  storageBarrier();
  workgroupBarrier();

  // 2. Newest to oldest. The owner of j leaves project[j] alone while the others read it.
  for (var k = now.count; k > 0u; k--) {
    let j = (now.oldest + k - 1u) % m;
    let alpha = project[j] / matrix[j * m + j];
    for (var i = local; i < now.count; i += 64u) {
      if (i == j) {
        weight[j] = alpha;
      } else {
        project[i] -= alpha * matrix[i * m + j];
      }
    }
    workgroupBarrier();
  }

  // 3. The scaled middle.
  var slope = 0.0;
  for (var i = local; i < now.count; i += 64u) {
    var sum = changeGradient(i, now.kept);
    for (var j = 0u; j < now.count; j++) {
      sum += weight[j] * matrix[changes + i * m + j];
    }
    project[i] = -scale * sum;
    coefficient[2u + 2u * i] = -scale * weight[i];
    slope -= scale * weight[i] * changeGradient(i, now.kept);
  }
  workgroupBarrier();

  // 4. Oldest to newest.
  for (var k = 0u; k < now.count; k++) {
    let j = (now.oldest + k) % m;
    let delta = weight[j] - project[j] / matrix[j * m + j];
    for (var i = local; i < now.count; i += 64u) {
      if (i == j) {
        coefficient[1u + 2u * j] = delta;
        slope += delta * stepGradient(j, now.kept);
      } else {
        project[i] += delta * matrix[j * m + i];
      }
    }
    workgroupBarrier();
  }
  share[local] = slope;
  workgroupBarrier();

  // 5. One invocation writes the outcome.
  if (local == 0u) {
    scalar[4] = total[6];
    scalar[5] = total[7];
    if (!isUsable()) {
      scalar[3] = 0.0;
      state[3] = NONE;
      return;
    }
    var descent = -scale * total[4];
    for (var i = 0u; i < 64u; i++) {
      descent += share[i];
    }
    let firstStep = select(1.0, 1.0 / max(total[5], 1.0), total[5] > 1.0) * params.learningRate;
    let isSound = isFinite(descent) && descent < 0.0;
    let isFirst = now.iterations == 0u || !isSound;
    coefficient[0] = select(-1.0, -scale, isSound);
    state[0] = select(0u, now.count, isSound);
    state[1] = select(0u, now.oldest, isSound);
    state[2] = min(now.iterations, 0xfffffffeu) + 1u;
    state[3] = select(NONE, now.kept, isSound);
    scalar[0] = select(1.0, scale, isSound);
    scalar[1] = select(params.learningRate, firstStep, isFirst);
    scalar[2] = select(-total[4], descent, isSound);
    scalar[3] = 1.0;
  }
}
