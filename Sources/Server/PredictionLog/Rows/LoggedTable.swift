package import Telemetry
package import WorkerContract

/// What the rows of one routing table have in common, kept once for all of them.
package final class LoggedTable: Sendable {
  package struct Version: Sendable {
    let name: String
    let role: RoutingTable.Role
    let classes: [String]

    package init(name: String, role: RoutingTable.Role, classes: [String]) {
      self.name = name
      self.role = role
      self.classes = classes
    }
  }

  let model: ModelKey
  /// In the order of the table's entries.
  let versions: [Version]

  package init(model: ModelKey, versions: [Version]) {
    self.model = model
    self.versions = versions
  }
}
