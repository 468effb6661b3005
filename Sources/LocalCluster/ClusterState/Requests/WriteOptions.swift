import KubernetesModel

/// How a write is to be done, and what there is to tell about it.
struct WriteOptions {
  enum Validation { case ignore, warn, strict }

  var author: Author
  var validation: Validation
  var force: Bool
  /// For the Warning header.
  var warnings: [String] = []

  init(author: Author, validation: Validation = .ignore, force: Bool = false) {
    self.author = author
    self.validation = validation
    self.force = force
  }

  init(_ request: ReceivedRequest, _ target: Target) throws(StatusError) {
    // Without a name the program's own is used: `kubectl/v1.32.4 (linux/amd64) …`.
    let program = String(request.userAgent.prefix { $0 != "/" })
    let manager = request.query["fieldManager"] ?? (program.isEmpty ? "unknown" : program)
    guard manager.utf8.count <= 128 else {
      throw .badRequest("fieldManager: Too long: may not be more than 128 bytes")
    }
    author = Author(
      manager: manager, apiVersion: target.resource.apiVersion, subresource: target.subresource ?? "")
    switch request.query["fieldValidation"] {
    case "Strict": validation = .strict
    case "Ignore": validation = .ignore
    case nil, "Warn", "": validation = .warn
    case let other?:
      throw .badRequest(
        "fieldValidation: Unsupported value: \"\(other)\": supported values: \"Ignore\", \"Strict\", \"Warn\"")
    }
    force = request.query.isTrue("force")
  }

  /// Refuses, warns of, or ignores unknown fields.
  mutating func judge(unknown: [String], kind: GroupVersionKind) throws(StatusError) {
    let complaints = unknown.map { "unknown field \"\($0)\"" }
    guard !complaints.isEmpty else { return }
    switch validation {
    case .ignore: break
    case .warn: warnings += complaints
    case .strict:
      throw .badRequest(
        "\(kind.kind) in version \"\(kind.version)\" cannot be handled as a \(kind.kind): strict decoding error: "
          + complaints.joined(separator: ", "))
    }
  }
}
