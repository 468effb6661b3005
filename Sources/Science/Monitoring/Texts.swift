import Foundation

/// Four significant digits, without needless zeros, and no power of ten for what people count in: `0.1234`, `1235`,
/// `178420`, `1.2e-09`.
func shortText(_ value: Double) -> String {
  guard value.isFinite else { return value.isNaN ? "–" : value > 0 ? "∞" : "−∞" }
  let isLong = abs(value) >= 9999.5 && abs(value) < 1e8
  return String(format: isLong ? "%.0f" : "%.4g", value)
}

/// A dash where there is no such number.
func shortText(_ value: Double?) -> String { shortText(value ?? .nan) }

/// `5.7 %`
func percentText(_ share: Double) -> String {
  String(format: share != 0 && abs(share) < 0.001 ? "%.2g %%" : "%.1f %%", share * 100)
}

/// `0.031`, or `< 0.0001`.
func pValueText(_ value: Double) -> String { value < 0.0001 ? "< 0.0001" : String(format: "%.4f", value) }
