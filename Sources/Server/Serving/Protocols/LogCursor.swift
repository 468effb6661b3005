import Foundation
import Telemetry

/// A place in the prediction log as the parameter `cursor` has it: a list of time, request id and version, in Base64 that needs no
/// escapes in a URL.
enum LogCursor {
  /// Characters of a cursor: those of two names of 1,000 bytes with escapes.
  private static let maximumLength = 16 << 10

  static func text(_ place: PredictionQuery.Place) -> String {
    // Strings can always be written.
    let list = (try? JSONEncoder().encode([place.time.description, place.requestID, place.version])) ?? Data()
    return list.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
  }

  /// Nil: the text is no cursor.
  static func place(_ text: String) -> PredictionQuery.Place? {
    guard text.utf8.count <= maximumLength else { return nil }
    let base = text.replacing("-", with: "+").replacing("_", with: "/")
    let padding = String(repeating: "=", count: (4 - base.utf8.count % 4) % 4)
    guard let list = Data(base64Encoded: base + padding),
      let parts = try? JSONDecoder().decode([String].self, from: list), parts.count == 3, let time = Double(parts[0]),
      time.isFinite
    else { return nil }
    return PredictionQuery.Place(time: time, requestID: parts[1], version: parts[2])
  }
}
