import KubernetesModel

extension DeleteOptions {
  /// What a DELETE says in its body and, where it has none, in its query.
  init(body: JSONValue?, query: APIQuery) {
    self.init()
    let body = body ?? [:]
    propagation = body["propagationPolicy"]?.string ?? query["propagationPolicy"]
    if propagation == nil, let orphan = body["orphanDependents"]?.bool {
      propagation = orphan ? "Orphan" : "Background"
    }
    gracePeriod = body["gracePeriodSeconds"]?.integer ?? query["gracePeriodSeconds"].flatMap { Int($0) }
    uid = body[path: "preconditions", "uid"]?.string
    resourceVersion = body[path: "preconditions", "resourceVersion"]?.string
  }
}
