import KubernetesModel

/// Between the form an object is stored in and the one a version shows.
enum Conversion {
  static func fromStorage(_ object: JSONValue, to resource: ServedResource) -> JSONValue {
    var result = object
    result["apiVersion"] = .string(resource.apiVersion)
    result["kind"] = .string(resource.definition.kind)
    if resource.definition.group == "events.k8s.io" { return renamed(result, eventNames) }
    if isOldAutoscaler(resource) { return autoscalerV1(result) }
    return result
  }

  static func toStorage(_ object: JSONValue, from resource: ServedResource) -> JSONValue {
    var result = object
    if resource.definition.group == "events.k8s.io" {
      result["apiVersion"] = "v1"
      return renamed(result, eventNames.map { ($0.1, $0.0) })
    }
    if isOldAutoscaler(resource) { result = autoscalerV2(result) }
    result["apiVersion"] = .string(resource.definition.storedAPIVersion)
    return result
  }

  /// Core form, then the form of `events.k8s.io/v1`.
  private static let eventNames = [
    ("involvedObject", "regarding"), ("message", "note"), ("reportingComponent", "reportingController"),
    ("source", "deprecatedSource"), ("firstTimestamp", "deprecatedFirstTimestamp"),
    ("lastTimestamp", "deprecatedLastTimestamp"), ("count", "deprecatedCount"),
  ]

  private static func renamed(_ object: JSONValue, _ names: [(String, String)]) -> JSONValue {
    var result = object
    for (from, to) in names {
      result[to] = object[from]
      result[from] = nil
    }
    return result
  }

  private static func isOldAutoscaler(_ resource: ServedResource) -> Bool {
    resource.definition.group == "autoscaling" && resource.version.name == "v1"
  }

  private static func isCPUUtilization(_ metric: JSONValue) -> Bool {
    metric["type"] == "Resource" && metric[path: "resource", "name"] == "cpu"
      && metric[path: "resource", "target", "type"] == "Utilization"
  }

  private static func autoscalerV1(_ object: JSONValue) -> JSONValue {
    var result = object
    let cpu = object[path: "spec", "metrics"]?.array?.first(where: isCPUUtilization)
    result.set(nil, at: ["spec", "metrics"])
    result.set(nil, at: ["spec", "behavior"])
    result.set(
      cpu?[path: "resource", "target", "averageUtilization"], at: ["spec", "targetCPUUtilizationPercentage"])
    return result
  }

  private static func autoscalerV2(_ object: JSONValue) -> JSONValue {
    var result = object
    guard let share = object[path: "spec", "targetCPUUtilizationPercentage"] else { return result }
    result.set(nil, at: ["spec", "targetCPUUtilizationPercentage"])
    result.set(
      [
        [
          "type": "Resource",
          "resource": ["name": "cpu", "target": ["type": "Utilization", "averageUtilization": share]],
        ]
      ], at: ["spec", "metrics"])
    return result
  }
}
