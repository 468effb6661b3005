package import Foundation
package import WorkerContract

/// The file that becomes the pod's termination message.
package enum ResultFile {
  /// Compact JSON of at most `RunResult.maximumBytes`: what is longest and least needed for decisions goes first, the
  /// last of its kind first (the lists begin with what matters most).
  package static func encode(_ result: RunResult) throws -> Data {
    var result = result
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .throw
    var data = try encoder.encode(result)
    while data.count > RunResult.maximumBytes {
      guard result.shrink(excess: data.count - RunResult.maximumBytes) else { break }
      data = try encoder.encode(result)
    }
    return data
  }

  /// Writes in place: the container's runtime has mounted this very file.
  package static func write(_ result: RunResult, to path: String) throws {
    try encode(result).write(to: URL(fileURLWithPath: path))
  }
}

extension RunResult {
  /// Takes away one thing; false where nothing more can go.
  fileprivate mutating func shrink(excess: Int) -> Bool {
    if trained?.shrink() == true { return true }
    if checked?.shrink() == true { return true }
    if let message = failed?.message, message.utf8.count > 80 {
      failed?.message = message.shortened(toBytes: max(80, message.utf8.count - excess - 16))
      return true
    }
    return false
  }
}

extension TrainingResult {
  fileprivate mutating func shrink() -> Bool {
    if let index = warnings.indices.last(where: { warnings[$0].utf8.count > 160 }) {
      warnings[index] = warnings[index].shortened(toBytes: 160)
      return true
    }
    if warnings.popLast() != nil { return true }
    if segments.popLast() != nil { return true }
    // What is left says that there are differences: decisions need one of each kind.
    if let count = schemaChange?.refused.count, count > 1 {
      schemaChange?.refused.removeLast()
      return true
    }
    if let count = schemaChange?.incomparable.count, count > 1 {
      schemaChange?.incomparable.removeLast()
      return true
    }
    if let text = notCompared, text.utf8.count > 160 {
      notCompared = text.shortened(toBytes: 160)
      return true
    }
    if let text = comparison?.caveat, text.utf8.count > 160 {
      comparison?.caveat = text.shortened(toBytes: 160)
      return true
    }
    return false
  }
}

extension CheckResult {
  fileprivate mutating func shrink() -> Bool {
    // The longer list first: some of each is worth more than all of one.
    if drift.worst.count >= quality.failed.count { return drift.worst.popLast() != nil }
    return quality.failed.popLast() != nil
  }
}

extension String {
  /// At most `limit` bytes of UTF-8, whole characters, with an ellipsis where something was cut.
  func shortened(toBytes limit: Int) -> String {
    guard utf8.count > limit else { return self }
    var text = self
    while text.utf8.count > limit - 3, !text.isEmpty { text.removeLast() }
    return text + "…"
  }
}
