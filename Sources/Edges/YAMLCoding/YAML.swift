package import JSON

/// YAML as kubectl reads it (YAML 1.1 scalars as in `sigs.k8s.io/yaml`), to and from JSON values.
package enum YAML {
  /// All documents of a stream; empty ones are left out.
  package static func documents(_ text: some StringProtocol) throws(YAMLError) -> [YAMLSource] {
    try YAMLReader(Array(text.utf8)).documents()
  }

  package static func documents(_ bytes: [UInt8]) throws(YAMLError) -> [YAMLSource] {
    try YAMLReader(bytes).documents()
  }

  /// The only document of a text.
  package static func document(_ text: some StringProtocol) throws(YAMLError) -> YAMLSource {
    try single(documents(text))
  }

  package static func document(_ bytes: [UInt8]) throws(YAMLError) -> YAMLSource {
    try single(documents(bytes))
  }

  /// Readable text in block style, `apiVersion`, `kind`, `metadata` and `name` first, other keys sorted. Reading it again
  /// gives the same value.
  package static func text(_ value: JSONValue) -> String {
    var writer = YAMLWriter()
    writer.write(YAMLNode(value))
    return writer.text
  }

  package static func text(_ document: YAMLNode) -> String {
    var writer = YAMLWriter()
    writer.write(document)
    return writer.text
  }

  /// The text as it may stand in a comment, on one line.
  package static func comment(_ text: String) -> String { YAMLWriter.commentLines(text).joined(separator: " ") }

  private static func single(_ documents: [YAMLSource]) throws(YAMLError) -> YAMLSource {
    guard documents.count == 1 else { throw .documents(count: documents.count) }
    return documents[0]
  }
}

/// A document that was read, and where its parts stand.
package struct YAMLSource: Sendable {
  package var value: JSONValue
  package var start: YAMLPosition
  /// By path as `JSONMismatch` writes it: `spec.features[2].name`.
  package var positions: [String: YAMLPosition]

  /// The position of a path, or of the nearest parent that stands in the text.
  package func position(of path: String) -> YAMLPosition {
    var path = Substring(path)
    while !path.isEmpty {
      if let position = positions[String(path)] { return position }
      path = path[..<(path.lastIndex { $0 == "." || $0 == "[" } ?? path.startIndex)]
    }
    return start
  }

  /// Errors: `.mismatch` with path and position.
  package func decode<Value: Decodable>(as type: Value.Type = Value.self) throws(YAMLError) -> Value {
    do {
      return try value.decode(as: type)
    } catch {
      throw .mismatch(position(of: error.path), path: error.path, reason: error.reason)
    }
  }
}
