/// The same numbers as the generator of the known values: a linear congruence modulo 2³¹, as fractions.
func numbers(seed: Int, _ count: Int) -> [Double] {
  var state = seed
  return (0..<count).map { _ in
    state = (state * 1_103_515_245 + 12345) % 2_147_483_648
    return Double(state) / 2_147_483_648
  }
}

/// Whether both agree to `tolerance`, relative to the larger.
func agree(_ first: Double, _ second: Double, _ tolerance: Double = 1e-10) -> Bool {
  first == second || abs(first - second) <= tolerance * max(abs(first), abs(second))
}
