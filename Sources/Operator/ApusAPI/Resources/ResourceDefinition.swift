package import KubernetesModel

/// What the API server has to know about a kind: names, schema, columns. Becomes a CustomResourceDefinition.
package struct ResourceDefinition: Sendable, Equatable {
  package var kind: String
  package var resource: GroupVersionResource
  package var singular: String
  package var shortName: String
  package var description: String
  package var spec: Schema
  package var status: Schema
  package var columns: [Column]
  /// Whether the operator writes the spec as well as the status.
  package var isOperatorsOwn = false
  /// What `kubectl scale` and autoscalers read and write.
  package var scale: Scale? = nil

  /// Names and schemas are those of the type.
  init<Object: ApusResource>(
    of type: Object.Type, shortName: String, description: String, columns: [Column], isOperatorsOwn: Bool = false,
    scale: Scale? = nil
  ) {
    kind = Object.gvk.kind
    resource = Object.gvr
    singular = Object.gvk.kind.lowercased()
    self.shortName = shortName
    self.description = description
    spec = Object.Spec.schema
    status = Object.Status.schema
    self.columns = columns
    self.isOperatorsOwn = isOperatorsOwn
    self.scale = scale
  }

  /// Where the scale subresource finds its numbers, as JSON paths.
  package struct Scale: Sendable, Equatable {
    package var replicas: String
    package var currentReplicas: String
    /// A label selector of the pods, as text.
    package var selector: String
  }

  /// A column of `kubectl get`.
  package struct Column: Sendable, Equatable {
    package var name: String
    package var type: String
    package var jsonPath: String
    package var description: String
    /// 1 shows with `-o wide` only.
    package var priority = 0

    package init(_ name: String, _ type: String, _ jsonPath: String, _ description: String, priority: Int = 0) {
      self.name = name
      self.type = type
      self.jsonPath = jsonPath
      self.description = description
      self.priority = priority
    }

    static func condition(_ type: ConditionType) -> Column {
      let path = ".status.conditions[?(@.type==\"\(type.rawValue)\")].status"
      return Column(type.rawValue, "string", path, "Whether \(type.meaning).")
    }

    /// Why the condition is as it is, in a word.
    static func reason(of type: ConditionType) -> Column {
      let path = ".status.conditions[?(@.type==\"\(type.rawValue)\")].reason"
      return Column("Reason", "string", path, "Why \(type.rawValue) is as it is; its message says what to do.")
    }

    static let age = Column("Age", "date", ".metadata.creationTimestamp", "Since the object was made.")
  }

  /// The schema of a whole object, as the CRD holds it.
  package var schema: Schema {
    .object(
      description,
      [
        .optional("apiVersion", .string("Group and version of this kind: \(ApusGroup.apiVersion).", maximum: 0)),
        .optional("kind", .string("The kind: \(kind).", maximum: 0)),
        .optional("metadata", Schema(.object([]), "Name, namespace, labels, annotations.")),
        .required("spec", spec),
        .optional("status", status),
      ])
  }

  /// The CustomResourceDefinition, apiextensions.k8s.io/v1.
  package var manifest: JSONValue {
    var openAPI = schema.openAPI
    // The API server owns these three: only their type may be stated.
    openAPI.set(["type": "object"], at: ["properties", "metadata"])
    let names: JSONValue = [
      "kind": .string(kind), "listKind": .string(kind + "List"), "plural": .string(resource.resource),
      "singular": .string(singular), "shortNames": [.string(shortName)], "categories": [.string(ApusGroup.category)],
    ]
    var subresources: JSONValue = ["status": [:]]
    if let scale {
      subresources["scale"] = [
        "specReplicasPath": .string(scale.replicas), "statusReplicasPath": .string(scale.currentReplicas),
        "labelSelectorPath": .string(scale.selector),
      ]
    }
    let version: JSONValue = [
      "name": .string(resource.version), "served": true, "storage": true, "schema": ["openAPIV3Schema": openAPI],
      "subresources": subresources, "additionalPrinterColumns": .array(columns.map(\.manifest)),
    ]
    return [
      "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
      "metadata": [
        "name": .string("\(resource.resource).\(resource.group)"), "labels": ["app.kubernetes.io/part-of": "apus"],
      ],
      "spec": ["group": .string(resource.group), "scope": "Namespaced", "names": names, "versions": [version]],
    ]
  }

  /// The name of the file under crds/.
  package var fileName: String { "\(resource.group)_\(resource.resource).yaml" }
}

extension ResourceDefinition.Column {
  fileprivate var manifest: JSONValue {
    var column: JSONValue = [
      "name": .string(name), "type": .string(type), "jsonPath": .string(jsonPath), "description": .string(description),
    ]
    if priority > 0 { column["priority"] = .integer(Int64(priority)) }
    return column
  }
}
