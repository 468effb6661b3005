import KubernetesModel
import WorkerContract

extension ModelDeploymentSpec.Promotion {
  func problems(with schema: FeatureSchema) -> [Problem] {
    let path = "spec.promotion"
    var found: [Problem] = []
    for (index, segment) in segments.enumerated() {
      let place = "\(path).segments[\(index)].feature"
      guard let feature = schema.features.first(where: { $0.name == segment.feature }) else {
        // Guarding a column that the model may not see, such as a protected attribute, is a good reason for a segment.
        found.append(
          Problem(
            place, "'\(segment.feature)' is not a feature of the schema",
            mend: "it must be a column of the training data", weight: .warning))
        continue
      }
      if feature.type != .categorical {
        found.append(
          Problem(place, "'\(segment.feature)' is numeric and has no levels", mend: "name a categorical feature"))
      }
    }
    if let rollout { found += rollout.problems(at: "\(path).rollout") }
    if !(0.5..<1).contains(against.confidence) {
      found.append(
        Problem("\(path).against.confidence", "\(against.confidence) is no confidence", mend: "write for example 0.95"))
    }
    return found
  }
}

func unknownFeature(_ name: String, at path: String, _ schema: FeatureSchema) -> Problem {
  let names = schema.features.map(\.name)
  let close = names.min { name.editDistance(to: $0) < name.editDistance(to: $1) }
  let guess = close.flatMap { name.editDistance(to: $0) <= 2 ? "did you mean \($0)?" : nil }
  return Problem(path, "'\(name)' is not a feature of the schema", mend: guess ?? "add it to spec.schema.features")
}

extension ModelDeploymentSpec.Rollout {
  fileprivate func problems(at path: String) -> [Problem] {
    var found: [Problem] = []
    var previous = 0
    for (index, step) in steps.enumerated() {
      let place = "\(path).steps[\(index)]"
      if !(1...100).contains(step.weight) {
        found.append(Problem("\(place).weight", "\(step.weight) is no percentage", mend: "write 1 to 100"))
      } else if step.weight <= previous {
        found.append(
          Problem(
            "\(place).weight", "\(step.weight) is not above the step before", mend: "write weights in ascending order"))
      }
      previous = step.weight
      found += step.duration.problems(at: "\(place).duration")
    }
    if let analysis { found += analysis.maximumP99Latency.problems(at: "\(path).analysis.maximumP99Latency") }
    return found
  }
}

extension ModelDeploymentSpec.Serving {
  func problems(with schema: FeatureSchema) -> [Problem] {
    let path = "spec.serving"
    var found = logging.retention.problems(at: "\(path).logging.retention")
    for (index, name) in logging.redact.enumerated() where !schema.features.contains(where: { $0.name == name }) {
      found.append(unknownFeature(name, at: "\(path).logging.redact[\(index)]", schema))
    }
    if !(0...1).contains(logging.sample) {
      found.append(Problem("\(path).logging.sample", "\(logging.sample) is no share", mend: "write 0 to 1"))
    }
    if let autoscaling, autoscaling.minimum > autoscaling.maximum {
      found.append(
        Problem(
          "\(path).autoscaling.minimum", "\(autoscaling.minimum) is above maximum \(autoscaling.maximum)",
          mend: "swap them"))
    }
    if let resources { found += resources.problems(at: "\(path).resources") }
    if autoscaling != nil, let missing = containersWithoutCPU.first {
      found.append(
        Problem(
          missing.path, "is not set, and autoscaling is by percent of it: \(missing.container) would never be scaled",
          mend: "set it, for example to 500m, unless a LimitRange of the namespace does", weight: .warning))
    }
    if let version, VersionNumber(version) == nil {
      found.append(Problem("\(path).version", "'\(version)' is not a version", mend: "write for example v7"))
    }
    if replicas < 0 { found.append(Problem("\(path).replicas", "is negative", mend: "write 0 or more")) }
    return found
  }
}

extension ModelDeploymentSpec.Serving {
  /// The containers of a server's pod that ask for no CPU, with the field that would. An autoscaler that goes by percent of
  /// the request does nothing while there is one; a limit stands for a request.
  package var containersWithoutCPU: [(container: String, path: String)] {
    let pod = template?["spec"] ?? template
    let place = template?["spec"] == nil ? "spec.serving.template" : "spec.serving.template.spec"
    let overlays = (pod?["containers"]?.array ?? []).map {
      (name: $0["name"]?.string ?? "", resources: $0["resources"])
    }
    func asks(_ resources: JSONValue?) -> Bool {
      ["requests", "limits"].contains { resources?[path: $0, "cpu"].map { !$0.isNull } ?? false }
    }
    let server = "server"
    var found: [(container: String, path: String)] = []
    let isSet = resources?.requests["cpu"] != nil || resources?.limits["cpu"] != nil
    if !isSet, !overlays.contains(where: { $0.name == server && asks($0.resources) }) {
      found.append((server, "spec.serving.resources.requests.cpu"))
    }
    for overlay in overlays where overlay.name != server && !asks(overlay.resources) {
      found.append((overlay.name, "\(place).containers[name=\(overlay.name)].resources.requests.cpu"))
    }
    return found
  }
}

extension Schedule {
  func problems(at path: String) -> [Problem] {
    do {
      _ = try compiled()
      return []
    } catch {
      let isZone = (try? CronExpression(cron)) != nil
      return [Problem("\(path).\(isZone ? "timeZone" : "cron")", error.reason, mend: error.mend)]
    }
  }
}

extension TimeSpan {
  /// Every length of time that people write must be longer than nothing, unless `zero` is allowed.
  func problems(at path: String, allowsZero: Bool = false) -> [Problem] {
    guard seconds.isFinite, seconds >= 0, allowsZero || seconds > 0 else {
      return [Problem(path, "\(description) is no length of time", mend: "write more than 0, for example 10m")]
    }
    return []
  }
}

/// What can be told of a URI without asking for it.
func uriProblems(_ uri: String, at path: String, schemes: [String]) -> [Problem] {
  guard let separator = uri.firstRange(of: "://") else {
    return [
      Problem(
        path, "'\(uri)' is not a URI",
        mend: uri.hasPrefix("/") ? "write file://\(uri)" : "begin it with \(schemes[0])://")
    ]
  }
  let scheme = String(uri[..<separator.lowerBound])
  let rest = uri[separator.upperBound...]
  guard schemes.contains(scheme) else {
    return [
      Problem(
        path, "'\(scheme)' is not read here", mend: "write one of \(schemes.map { "\($0)://" }.joined(separator: ", "))"
      )
    ]
  }
  if uri.contains(where: { $0.isWhitespace || $0.isNewline }) {
    return [Problem(path, "holds a space", mend: "write it as %20")]
  }
  if scheme == "file" {
    guard rest.hasPrefix("/") else {
      return [
        Problem(path, "names a host, '\(rest.prefix { $0 != "/" })'", mend: "write file:/// and an absolute path")
      ]
    }
    return []
  }
  // Credentials in a spec would be readable for everyone who may read the resource.
  if rest.prefix(while: { $0 != "/" }).contains("@") {
    return [Problem(path, "holds credentials", mend: "keep them in a Secret")]
  }
  if rest.first == nil || rest.first == "/" {
    return [Problem(path, "names no host", mend: "write \(scheme)://host/…")]
  }
  return []
}
