import KubernetesModel
import Testing

@testable import ApusAPI

extension ResourceDefinition: CustomTestStringConvertible {
  package var testDescription: String { kind }
}

/// What a CRD of another release holds of what this one reads and writes.
@Suite struct DefinitionGapTests {
  private static let schema = ["schema", "openAPIV3Schema"]

  /// The CRD with a change to its only version.
  private func changed(
    _ definition: ResourceDefinition, _ change: (inout JSONValue) -> Void
  ) -> JSONValue {
    changed(definition.manifest, change)
  }

  private func changed(_ manifest: JSONValue, _ change: (inout JSONValue) -> Void) -> JSONValue {
    var manifest = manifest
    guard var version = manifest[path: "spec", "versions"]?.array?.first else { return manifest }
    change(&version)
    manifest.set([version], at: ["spec", "versions"])
    return manifest
  }

  @Test(arguments: ResourceDefinition.all) func `a CRD of this release has no gap`(_ definition: ResourceDefinition) {
    #expect(definition.gaps(in: definition.manifest) == [])
  }

  @Test(arguments: ResourceDefinition.all) func `a CRD of a later release has none`(_ definition: ResourceDefinition) {
    let later = changed(definition) { version in
      for part in ["spec", "status"] {
        version.set(
          ["type": "string"], at: Self.schema + ["properties", part, "properties", "ofALaterRelease"])
      }
    }
    #expect(definition.gaps(in: later) == [])
  }

  /// Paths of all fields below a node, as they are addressed in it.
  private func fields(of node: JSONValue, at address: [String], _ name: String) -> [(address: [String], name: String)] {
    var found: [(address: [String], name: String)] = []
    for (member, child) in node["properties"]?.object ?? [:] {
      let place = address + ["properties", member]
      found.append((place, "\(name).\(member)"))
      found += fields(of: child, at: place, "\(name).\(member)")
    }
    for (part, mark) in [("items", "[]"), ("additionalProperties", ".*")] {
      if let child = node[part] { found += fields(of: child, at: address + [part], name + mark) }
    }
    return found
  }

  @Test(arguments: ResourceDefinition.all) func `each field that is missing is named, and it alone`(
    _ definition: ResourceDefinition
  ) {
    var count = 0
    let manifest = definition.manifest
    for part in ["spec", "status"] {
      let node = manifest[path: "spec", "versions"]?[0]?[path: "schema", "openAPIV3Schema"]
      let root = node?[path: "properties", part] ?? [:]
      for field in fields(of: root, at: Self.schema + ["properties", part], part) {
        let gaps = definition.gaps(in: changed(manifest) { $0.set(nil, at: field.address) })
        let isWritten = part == "status" || definition.kind == "ModelVersion"
        // Another name that people may write for a field is none that the operator reads.
        let isAlias = isAliasOfAnother(field.name, definition)
        #expect(gaps == (isAlias ? [] : [DefinitionGap(field.name, isWritten: isWritten)]), "\(field.name)")
        count += 1
      }
    }
    #expect(count > 50)
  }

  private func isAliasOfAnother(_ path: String, _ definition: ResourceDefinition) -> Bool {
    var schema = definition.schema
    for name in path.replacing("[]", with: "").replacing(".*", with: "").split(separator: ".") {
      while true {
        if case .list(_, let element) = schema.kind {
          schema = element
        } else if case .map(_, let value) = schema.kind {
          schema = value
        } else {
          break
        }
      }
      guard let next = schema[property: String(name)] else { return true }
      schema = next
    }
    return false
  }

  @Test func `of a part that is missing the part alone is named`() {
    let definition = MonitoringPolicy.definition
    let older = changed(definition) {
      $0.set(nil, at: Self.schema + ["properties", "status", "properties", "alerting"])
    }
    #expect(definition.gaps(in: older) == [DefinitionGap("status.alerting", isWritten: true)])
    let bare = changed(definition) { $0.set(nil, at: Self.schema + ["properties", "status"]) }
    #expect(definition.gaps(in: bare) == [DefinitionGap("status", isWritten: true)])
  }

  @Test func `a status without its subresource, a version that is not served and none at all are gaps`() {
    let definition = ModelDeployment.definition
    let whole = changed(definition) { $0.set(nil, at: ["subresources", "status"]) }
    #expect(definition.gaps(in: whole) == [DefinitionGap("subresource status", isWritten: true)])
    let off = changed(definition) { $0["served"] = false }
    #expect(definition.gaps(in: off) == [DefinitionGap("version v1alpha1", isWritten: true)])
    #expect(definition.gaps(in: [:]) == [DefinitionGap("version v1alpha1", isWritten: true)])
  }

  @Test func `a value that the older schema refuses is named`() {
    let definition = ModelVersion.definition
    let older = changed(definition) {
      $0.set(
        ["Candidate", "Production"], at: Self.schema + ["properties", "status", "properties", "stage", "enum"])
    }
    let gaps = definition.gaps(in: older).map(\.path)
    #expect(gaps.count == 1 && gaps[0].hasPrefix("status.stage ") && gaps[0].contains("Canary"), "\(gaps)")
  }

  @Test func `where unknown fields are kept none is missing`() {
    let definition = ModelDeployment.definition
    let loose = changed(definition) {
      $0.set(
        ["type": "object", "x-kubernetes-preserve-unknown-fields": true],
        at: Self.schema + ["properties", "status"])
    }
    #expect(definition.gaps(in: loose) == [])
  }
}
