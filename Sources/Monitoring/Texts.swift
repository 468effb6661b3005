import Foundation

/// Four significant digits, without needless zeros: `0.1234`, `1235`, `1.2e-09`.
func shortText(_ value: Double) -> String {
  guard value.isFinite else { return value.isNaN ? "–" : value > 0 ? "∞" : "−∞" }
  return String(format: "%.4g", value)
}

/// `5.7 %`
func percentText(_ share: Double) -> String {
  String(format: share != 0 && abs(share) < 0.001 ? "%.2g %%" : "%.1f %%", share * 100)
}

/// `0.031`, or `< 0.0001`.
func pValueText(_ value: Double) -> String { value < 0.0001 ? "< 0.0001" : String(format: "%.4f", value) }
