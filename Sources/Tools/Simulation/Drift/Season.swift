import Foundation

/// A cycle over rows.
enum Season {
  /// -1 … 1, starting at 0 and rising.
  static func value(at index: Int, period: Int) -> Double {
    sin(2 * .pi * Double(index % period) / Double(period))
  }
}
