package import KubernetesModel

/// Names of generated objects: deterministic, at most 63 characters; a name that had to be cut keeps a hash of the model's
/// or policy's name, and its suffix.
package enum ResourceName {
  private static let limit = 63

  package static func trainingJob(model: String, number: Int) -> String { fitted(model, "-train-\(number)") }
  package static func loadJob(model: String, number: Int) -> String { fitted(model, "-load-\(number)") }
  package static func version(model: String, number: Int) -> String { fitted(model, "-v\(number)") }
  package static func routing(model: String) -> String { fitted(model, "-routing") }
  /// No name that people would give to a model, whose own Service has the model's name.
  package static func adminService(model: String) -> String { fitted(model, "-admin-port") }
  package static func checkJob(policy: String, suffix: String) -> String { fitted(policy, "-check-\(suffix)") }
  /// Models of one name that were deleted one after the other are told apart by the beginning of their UIDs.
  package static func removalJob(model: String, uid: String, attempt: Int) -> String {
    fitted(model, "-remove-\(uid.prefix(8))-\(attempt)")
  }

  /// Id of the run of a Job.
  package static func run(of job: String, in namespace: String) -> String { "\(namespace).\(job)" }

  /// The configuration of a run is immutable, and may have been written by an operator that died before it wrote the Job:
  /// its name depends on its content.
  package static func runConfiguration(job: String, digest: String) -> String { fitted(job, "-\(digest.prefix(8))") }

  private static func fitted(_ base: String, _ suffix: String) -> String {
    ObjectName.bounded(base, limit: limit - suffix.utf8.count) + suffix
  }
}

extension JSONValue {
  /// The document of a value of our own models, which have nothing that cannot be encoded.
  package static func document(_ value: some Encodable) -> JSONValue {
    (try? JSONValue(encoding: value)) ?? .null
  }

  /// The value that `text` describes, or nil where it does not.
  package static func value<Value: Decodable>(_ type: Value.Type = Value.self, in text: String) -> Value? {
    try? JSONValue(parsing: text).decode(as: type)
  }
}
