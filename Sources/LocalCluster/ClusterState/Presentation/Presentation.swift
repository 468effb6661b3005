import KubernetesModel

/// The form a client wants objects in: as they are, as a table for people, or only their metadata.
package struct Presentation: Sendable {
  enum Form: Sendable, Equatable {
    case plain
    case table(includeObject: String)
    case metadata
  }

  let resource: ServedResource
  let form: Form
  let now: ClusterTime

  init(_ request: ReceivedRequest, _ resource: ServedResource, _ now: ClusterTime) {
    self.resource = resource
    self.now = now
    form = Self.form(request)
  }

  /// The first acceptable form of the Accept header.
  private static func form(_ request: ReceivedRequest) -> Form {
    for alternative in request.accept.split(separator: ",") {
      let parts = alternative.split(separator: ";").map { $0.filter { $0 != " " } }
      guard let type = parts.first, type == "application/json" || type == "*/*" || type == "application/*" else {
        continue
      }
      let parameters = Set(parts.dropFirst())
      guard parameters.contains("v=v1") || !parameters.contains(where: { $0.hasPrefix("as=") }) else { continue }
      if parameters.contains("as=Table") { return .table(includeObject: request.query["includeObject"] ?? "Metadata") }
      if parameters.contains("as=PartialObjectMetadata") || parameters.contains("as=PartialObjectMetadataList") {
        return .metadata
      }
      return .plain
    }
    return .plain
  }

  func object(_ stored: JSONValue, at now: ClusterTime? = nil) -> JSONValue {
    let object = Conversion.fromStorage(stored, to: resource)
    return switch form {
    case .plain: object
    case .metadata: Self.metadataOnly(object)
    case .table:
      table([object], metadata: ["resourceVersion": object[path: "metadata", "resourceVersion"] ?? ""], at: now)
    }
  }

  func list(_ stored: [JSONValue], metadata: JSONValue, at now: ClusterTime?) -> JSONValue {
    let objects = stored.map { Conversion.fromStorage($0, to: resource) }
    return switch form {
    case .plain:
      [
        "kind": .string(resource.definition.listKind), "apiVersion": .string(resource.apiVersion),
        "metadata": metadata, "items": .array(objects),
      ]
    case .metadata:
      [
        "kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1", "metadata": metadata,
        "items": .array(objects.map(Self.metadataOnly)),
      ]
    case .table: table(objects, metadata: metadata, at: now)
    }
  }

  func event(_ type: String, _ stored: JSONValue, at now: ClusterTime?) -> JSONValue {
    ["type": .string(type), "object": object(stored, at: now)]
  }

  func bookmark(_ revision: Int, endsInitialEvents: Bool) -> JSONValue {
    var metadata: JSONValue = ["resourceVersion": .string(String(revision)), "creationTimestamp": .null]
    if endsInitialEvents { metadata["annotations"] = ["k8s.io/initial-events-end": "true"] }
    if case .table = form {
      return [
        "type": "BOOKMARK",
        "object": [
          "kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": metadata, "columnDefinitions": [], "rows": [],
        ],
      ]
    }
    let isMetadata = form == .metadata
    return [
      "type": "BOOKMARK",
      "object": [
        "kind": .string(isMetadata ? "PartialObjectMetadata" : resource.definition.kind),
        "apiVersion": .string(isMetadata ? "meta.k8s.io/v1" : resource.apiVersion), "metadata": metadata,
      ],
    ]
  }

  private static func metadataOnly(_ object: JSONValue) -> JSONValue {
    [
      "kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": object["metadata"] ?? [:],
    ]
  }

  private func table(_ objects: [JSONValue], metadata: JSONValue, at time: ClusterTime?) -> JSONValue {
    guard case .table(let includeObject) = form else { return [:] }
    let table = ObjectTable(resource)
    let rows = objects.map { object -> JSONValue in
      var row: JSONValue = ["cells": .array(table.cells(of: object, at: time ?? now))]
      switch includeObject {
      case "None": break
      case "Object": row["object"] = object
      default: row["object"] = Self.metadataOnly(object)
      }
      return row
    }
    return [
      "kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": metadata,
      "columnDefinitions": .array(table.columns.map(\.json)), "rows": .array(rows),
    ]
  }
}
