import Monitoring
import WorkerContract

extension MonitoringPolicy {
  /// Everything that is wrong with what was written, all at once. Empty: the operator can act on it.
  package func problems() -> [Problem] {
    var found = nameProblems(of: metadata)
    if spec.modelRef.name.isEmpty {
      found.append(Problem("spec.modelRef.name", "is empty", mend: "name a ModelDeployment of the namespace"))
    }
    found += spec.schedule.problems(at: "spec.schedule")
    found += spec.window.problems(at: "spec.window")
    if spec.minimumSamples < 1 {
      found.append(Problem("spec.minimumSamples", "is below 1", mend: "write for example 30"))
    }
    if let maximum = spec.maximumSamples, maximum < spec.minimumSamples {
      found.append(
        Problem(
          "spec.minimumSamples", "\(spec.minimumSamples) is above maximumSamples \(maximum)",
          mend: "no check could be conclusive: swap them"))
    }
    found += spec.drift.problems(at: "spec.drift")
    if spec.quality.missing.warning > spec.quality.missing.critical {
      found.append(
        Problem(
          "spec.quality.missing.warning",
          "\(spec.quality.missing.warning) is above critical \(spec.quality.missing.critical)",
          mend: "swap them"))
    }
    found += spec.performance.problems(at: "spec.performance")
    found += spec.retraining.problems(at: "spec.retraining")
    if let resources = spec.resources { found += resources.problems(at: "spec.resources") }
    if let alerts = spec.alerts { found += alerts.problems(at: "spec.alerts") }
    return found
  }
}

extension DriftRules {
  fileprivate func problems(at path: String) -> [Problem] {
    var found: [Problem] = []
    for (kind, test, known) in [
      ("numeric", numeric.test, DriftTests.numeric.map(\.name)),
      ("categorical", categorical.test, DriftTests.categorical.map(\.name)),
    ] where !known.contains(test) {
      found.append(
        Problem(
          "\(path).\(kind).test", "'\(test.rawValue)' is no test of \(kind) features",
          mend: "write one of \(known.map(\.rawValue).joined(separator: ", "))"))
    }
    for (kind, value) in [("numeric", numeric.significance), ("categorical", categorical.significance)]
    where !(value > 0 && value < 1) {
      found.append(
        Problem(
          "\(path).\(kind).significance", "\(value) is no p-value", mend: "write a number between 0 and 1, such as 0.05"
        ))
    }
    if psi.bins < 2 { found.append(Problem("\(path).psi.bins", "is below 2", mend: "write for example 10")) }
    if psi.warning > psi.critical {
      found.append(
        Problem("\(path).psi.warning", "\(psi.warning) is above critical \(psi.critical)", mend: "swap them"))
    }
    return found
  }
}

extension PerformanceRules {
  fileprivate func problems(at path: String) -> [Problem] {
    var found = maximumP95Latency.problems(at: "\(path).maximumP95Latency")
    found += labelDelay.problems(at: "\(path).labelDelay", allowsZero: true)
    if let window { found += window.problems(at: "\(path).window") }
    var seen: Set<String> = []
    for (index, query) in queries.enumerated() {
      let place = "\(path).queries[\(index)]"
      if !seen.insert(query.name).inserted {
        found.append(Problem("\(place).name", "'\(query.name)' is listed twice", mend: "rename one of the two"))
      }
      found += uriProblems(query.server, at: "\(place).server", schemes: ["http", "https"])
      if query.below == nil, query.above == nil {
        found.append(Problem(place, "never fires", mend: "add below or above"))
      }
      if query.promql.allSatisfy(\.isWhitespace) {
        found.append(Problem("\(place).promql", "is empty", mend: "write an expression with one value"))
      }
    }
    return found
  }
}

extension MonitoringPolicySpec.Retraining {
  fileprivate func problems(at path: String) -> [Problem] {
    var found = cooldown.problems(at: "\(path).cooldown", allowsZero: true)
    if debounce.failures < 1 || debounce.failures > debounce.of {
      found.append(
        Problem(
          "\(path).debounce.failures", "\(debounce.failures) of \(debounce.of) can never fire",
          mend: "write at least 1 and at most of"))
    }
    if debounce.of > 10 {
      found.append(
        Problem("\(path).debounce.of", "\(debounce.of) is more than is remembered", mend: "write at most 10"))
    }
    if Set(on).count < on.count {
      found.append(Problem("\(path).triggers", "names a trigger twice", mend: "remove one of the two"))
    }
    return found
  }
}
