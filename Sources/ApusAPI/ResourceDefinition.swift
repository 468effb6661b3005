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
  /// What `kubectl scale` and autoscalers read and write.
  package var scale: Scale? = nil

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

  package static let all: [ResourceDefinition] = [
    ModelDeployment.definition, MonitoringPolicy.definition, ModelVersion.definition,
  ]

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

extension ModelDeployment {
  package static let definition = ResourceDefinition(
    kind: gvk.kind, resource: gvr, singular: "modeldeployment", shortName: "md",
    description: "A model: how it is trained, when a version is good enough, and how it is served.",
    spec: ModelDeploymentSpec.schema, status: ModelDeploymentStatus.schema,
    columns: [
      .condition(.ready),
      .reason(of: .ready),
      .init("Version", "string", ".status.version", "The version in production."),
      .init("Traffic", "string", ".status.trafficSummary", "Which versions answer which share of requests."),
      .init("Accuracy", "number", ".status.accuracy", "Accuracy of the version in production on its test rows."),
      .init("AUC", "number", ".status.rocAUC", "Area under the ROC curve of the version in production."),
      .init(
        "Failed Trainings", "integer", ".status.failedTrainings",
        "Trainings that failed since the last one that did not."),
      .init("Last Trained", "date", ".status.lastTrained", "Since the last successful training."),
      .age,
      .init("Candidate", "string", ".status.candidate", "The version that waits for approval or rollout.", priority: 1),
      .init("Training", "string", ".status.training.state", "State of the last training run.", priority: 1),
      .init("Next Training", "string", ".status.nextTraining", "When the schedule trains next.", priority: 1),
      .init("Servers", "integer", ".status.serving.readyReplicas", "Server pods that are ready.", priority: 1),
    ],
    scale: .init(
      replicas: ".spec.serving.replicas", currentReplicas: ".status.serving.replicas",
      selector: ".status.serving.selector"))
}

extension MonitoringPolicy {
  package static let definition = ResourceDefinition(
    kind: gvk.kind, resource: gvr, singular: "monitoringpolicy", shortName: "mp",
    description: "How one ModelDeployment is watched and when that makes the operator act.",
    spec: MonitoringPolicySpec.schema, status: MonitoringPolicyStatus.schema,
    columns: [
      .condition(.healthy),
      .init("Drift", "string", ".status.drift", "Drift in the last check."),
      .init("Quality", "string", ".status.quality", "Data quality in the last check."),
      .init("Performance", "string", ".status.performance", "Accuracy and label coverage in the last check."),
      .init("Last Check", "date", ".status.lastCheckTime", "Since the last check ended."),
      // A date in the future prints as <invalid>; the time itself is what tells something.
      .init("Next Check", "string", ".status.nextCheck", "When the next check starts."),
      .age,
      .init("Model", "string", ".spec.modelRef.name", "The ModelDeployment that is watched.", priority: 1),
      .init("Retraining", "string", ".status.retraining.decision.reason", "The loop's last decision.", priority: 1),
      .init("Suspended", "boolean", ".spec.suspend", "Whether checks are off.", priority: 1),
    ])
}

extension ModelVersion {
  package static let definition = ResourceDefinition(
    kind: gvk.kind, resource: gvr, singular: "modelversion", shortName: "mv",
    description: "One trained version of a model: where it comes from, how good it is, its stage and its history.",
    spec: ModelVersionSpec.schema, status: ModelVersionStatus.schema,
    columns: [
      .init("Model", "string", ".spec.modelRef.name", "The ModelDeployment it belongs to."),
      .init("Stage", "string", ".status.stage", "Its place in the life of a version."),
      .init("Accuracy", "number", ".spec.accuracy", "Accuracy on its test rows."),
      .init("AUC", "number", ".spec.rocAUC", "Area under the ROC curve on its test rows."),
      .init("Reason", "string", ".status.reason", "Why it is in that stage."),
      .age,
      .init("Version", "string", ".spec.version", "Its short name.", priority: 1),
      .init("Trigger", "string", ".spec.trigger", "Why it was trained.", priority: 1),
      .init("Job", "string", ".spec.job", "The Job that trained it.", priority: 1),
      .init("Digest", "string", ".spec.artifact.digest", "Address of its files.", priority: 1),
    ])
}
