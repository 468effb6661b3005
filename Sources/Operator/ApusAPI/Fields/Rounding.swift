import KubernetesModel

extension Double {
  /// For what people read: 0.8727 becomes 0.873. Decisions use the exact value.
  package func rounded(toDecimals count: Int) -> Double {
    var scale = 1.0
    for _ in 0..<count { scale *= 10 }
    return (self * scale).rounded() / scale
  }
}
