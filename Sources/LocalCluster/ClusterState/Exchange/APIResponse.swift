package import KubernetesModel

/// An answer that is complete: a status code and a body.
package struct APIResponse: Sendable {
  package enum Body: Sendable {
    case json(JSONValue)
    case text(String)
  }

  package var code: Int
  package var body: Body
  /// For the Warning header.
  package var warnings: [String] = []

  package init(code: Int = 200, _ body: Body, warnings: [String] = []) {
    self.code = code
    self.body = body
    self.warnings = warnings
  }
}
