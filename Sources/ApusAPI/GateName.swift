/// By what a gate is recognised in `status.gates`. A gate states its own name, and nothing is read out of one.
package struct GateName: RawRepresentable, Codable, Hashable, Sendable {
  package let rawValue: String

  package init(rawValue: String) { self.rawValue = rawValue }

  package init(_ text: String) { rawValue = text }
}
