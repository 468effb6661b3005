import Foundation

extension XGBoostDocument {
  /// Reads the document. Of what it says nothing is checked yet but its form.
  init(json: Data) throws(LearningError) {
    do {
      self = try JSONDecoder().decode(XGBoostDocument.self, from: json)
    } catch {
      throw .unreadableModel("it is not an XGBoost model in JSON (\(Self.reason(error)))")
    }
  }

  private static func reason(_ error: any Error) -> String {
    guard let error = error as? DecodingError else { return "\(error)" }
    switch error {
    case .keyNotFound(let key, _): return "'\(key.stringValue)' is missing"
    case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
      let path = context.codingPath.map(\.stringValue).joined(separator: ".")
      return path.isEmpty ? unreadable : "at \(path)"
    @unknown default: return unreadable
    }
  }

  /// Foundation names no place of a number that its type cannot hold, and tells it from no other fault of the text.
  private static let unreadable = "no valid JSON, or a number in it is too large"
}
