import Foundation

/// P(Dₙ ≥ x) of the two-sided one-sample Kolmogorov–Smirnov statistic, as `scipy.stats.kstwo.sf(x, n)`: the choice of
/// methods of R. Simard and P. L'Ecuyer (2011). Where SciPy uses the Durbin matrix for n > 140 (tiny distances, p near
/// 1), the Pelz–Good series is used here too; they differ by less than 1e-6 there.
func kolmogorovSurvival(n: Int, _ x: Double) -> Double {
  guard n > 0, x > 0 else { return 1 }
  guard x < 1 else { return 0 }
  let size = Double(n)
  let t = size * x
  if t <= 0.5 { return 1 }
  if t <= 1 {
    let logFactorialRatio = logGamma(size + 1) - size * log(size)
    return 1 - exp(logFactorialRatio + size * log(2 * t - 1))
  }
  if t >= size - 1 { return 2 * pow(1 - x, size) }
  if x >= 0.5 { return 2 * smirnovSurvival(n: n, x) }
  let squared = t * x
  if n <= 140 {
    return squared <= 4 ? 1 - durbinMatrixCDF(n: n, x) : 2 * smirnovSurvival(n: n, x)
  }
  if squared >= 370 { return 0 }
  if squared >= 2.2 { return min(1, 2 * smirnovSurvival(n: n, x)) }
  return 1 - pelzGoodCDF(n: n, x)
}

/// P(Dₙ⁺ ≥ x) of the one-sided statistic, exactly (Z. Birnbaum, F. Tingey, 1951). `scipy.special.smirnov`.
func smirnovSurvival(n: Int, _ x: Double) -> Double {
  let size = Double(n)
  let last = Int((size * (1 - x)).rounded(.down))
  var sum = 0.0
  var logChoose = 0.0
  for j in 0...last {
    let share = Double(j) / size
    let rest = 1 - x - share
    if rest > 0 {
      sum += exp(logChoose + Double(j - 1) * log(x + share) + Double(n - j) * log(rest))
    } else if j == n {
      sum += exp(logChoose + Double(j - 1) * log(x + share))
    }
    logChoose += log(Double(n - j)) - log(Double(j + 1))
  }
  return min(1, max(0, x * sum))
}

/// P(Dₙ ≤ x) by a matrix power (J. Durbin, 1968; G. Marsaglia, W. Tsang, J. Wang, 2003).
private func durbinMatrixCDF(n: Int, _ x: Double) -> Double {
  let k = Int((Double(n) * x).rounded(.up))
  let h = Double(k) - Double(n) * x
  let m = 2 * k - 1
  var matrix = [Double](repeating: 0, count: m * m)
  for row in 0..<m {
    for column in 0..<m where row - column + 1 >= 0 { matrix[row * m + column] = 1 }
  }
  for i in 0..<m {
    matrix[i * m] -= pow(h, Double(i + 1))
    matrix[(m - 1) * m + i] -= pow(h, Double(m - i))
  }
  matrix[(m - 1) * m] += 2 * h - 1 > 0 ? pow(2 * h - 1, Double(m)) : 0
  for row in 0..<m {
    for column in 0..<m where row - column + 1 > 0 {
      matrix[row * m + column] /= exp(logGamma(Double(row - column + 2)))
    }
  }
  var power = [Double](repeating: 0, count: m * m)
  for i in 0..<m { power[i * m + i] = 1 }
  var exponent = 0
  var matrixExponent = 0
  var rest = n
  while rest > 0 {
    if rest & 1 == 1 {
      power = product(power, matrix, m)
      exponent += matrixExponent
      rescale(&power, &exponent, pivot: (k - 1) * m + k - 1)
    }
    matrix = product(matrix, matrix, m)
    matrixExponent *= 2
    rescale(&matrix, &matrixExponent, pivot: (k - 1) * m + k - 1)
    rest >>= 1
  }
  var probability = power[(k - 1) * m + k - 1]
  for i in 1...n {
    probability *= Double(i) / Double(n)
    if probability < 1e-140 {
      probability *= 1e140
      exponent -= 140
    }
  }
  return min(1, max(0, probability * pow(10, Double(exponent))))
}

private func rescale(_ matrix: inout [Double], _ exponent: inout Int, pivot: Int) {
  guard matrix[pivot] > 1e140 else { return }
  for i in matrix.indices { matrix[i] *= 1e-140 }
  exponent += 140
}

private func product(_ a: [Double], _ b: [Double], _ m: Int) -> [Double] {
  var result = [Double](repeating: 0, count: m * m)
  a.withUnsafeBufferPointer { a in
    b.withUnsafeBufferPointer { b in
      result.withUnsafeMutableBufferPointer { result in
        for i in 0..<m {
          for k in 0..<m {
            let factor = a[i * m + k]
            if factor == 0 { continue }
            for j in 0..<m { result[i * m + j] += factor * b[k * m + j] }
          }
        }
      }
    }
  }
  return result
}

/// P(Dₙ ≤ x) by the first four terms of an asymptotic series in 1/√n (W. Pelz, I. Good, 1976).
private func pelzGoodCDF(n: Int, _ x: Double) -> Double {
  let size = Double(n)
  let z = size.squareRoot() * x
  let (z2, z3, z4, z6, z8) = (z * z, z * z * z, pow(z, 4), pow(z, 6), pow(z, 8))
  let pi2 = Double.pi * Double.pi
  let (pi4, pi6) = (pi2 * pi2, pi2 * pi2 * pi2)
  let logQ = -pi2 / 8 / z2
  guard logQ > -708 else { return 0 }
  var sums = (0.0, 0.0, 0.0, 0.0)
  let last = max(1, Int((16 * z / .pi).rounded(.up)))
  for k in stride(from: last, through: 1, by: -1) {
    let odd = Double(2 * k - 1)
    let (m2, m4, m6) = (pow(odd, 2), pow(odd, 4), pow(odd, 6))
    let power = exp(logQ * Double(8 * k))
    sums.0 = sums.0 * power + 1
    sums.1 = sums.1 * power - z2 + pi2 / 4 * m2
    sums.2 =
      sums.2 * power + 6 * z6 + 2 * z4 + (2 * z4 - 5 * z2) * pi2 / 4 * m2 + pi4 * (1 - 2 * z2) / 16 * m4
    let third = pi2 * (135 * z4 - 96 * z6) / 4 * m2 + pi4 * (-60 * z2 + 212 * z4) / 16 * m4
    sums.3 = sums.3 * power - 30 * z6 - 90 * z8 + third + pi6 * (5 - 30 * z2) / 64 * m6
  }
  let root = (2 * Double.pi).squareRoot()
  let scale = exp(logQ) * root
  let zeroth = sums.0 * scale / z
  let first = sums.1 * scale / (6 * z4)
  var second = sums.2 * scale / (72 * pow(z, 7))
  var third = sums.3 * scale / (6480 * pow(z, 10))
  for k in stride(from: last, through: 1, by: -1) {
    let k2 = Double(k * k)
    let power = exp(-pi2 / 2 / z2 * k2)
    second -= k2 * power * pi2 * root / (36 * z3)
    third += (3 * z2 - pi2 * k2) * k2 * power * pi2 * root / (216 * z6)
  }
  return zeroth + first / size.squareRoot() + second / size + third / pow(size, 1.5)
}
