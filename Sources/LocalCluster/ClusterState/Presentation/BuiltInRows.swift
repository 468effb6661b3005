import KubernetesModel

/// A pod's line: ready containers, the state that explains most, restarts, age.
enum PodRow {
  static let cells: BuiltInColumns.Row = { pod, now in
    let statuses = pod[path: "status", "containerStatuses"]?.array ?? []
    let ready = statuses.filter { $0["ready"]?.bool == true }.count
    let total = pod[path: "spec", "containers"]?.array?.count ?? 0
    return [
      .string("\(ready)/\(total)"), .string(reason(of: pod)), .string(restarts(statuses, now)),
      BuiltInColumns.age(pod, now), pod[path: "status", "podIP"] ?? "<none>", pod[path: "spec", "nodeName"] ?? "<none>",
      "<none>", "<none>",
    ]
  }

  private static func reason(of pod: JSONValue) -> String {
    var reason = pod[path: "status", "reason"]?.string ?? pod[path: "status", "phase"]?.string ?? "Unknown"
    let initial = pod[path: "status", "initContainerStatuses"]?.array ?? []
    for (index, status) in initial.enumerated() {
      let state = status["state"] ?? [:]
      if state[path: "terminated", "exitCode"] == 0 { continue }
      if let why = state[path: "terminated", "reason"]?.string { return "Init:\(why)" }
      if let why = state[path: "waiting", "reason"]?.string, why != "PodInitializing" { return "Init:\(why)" }
      return "Init:\(index)/\(initial.count)"
    }
    var hasRunning = false
    for status in (pod[path: "status", "containerStatuses"]?.array ?? []).reversed() {
      let state = status["state"] ?? [:]
      if let why = state[path: "waiting", "reason"]?.string, !why.isEmpty {
        reason = why
      } else if let why = state[path: "terminated", "reason"]?.string, !why.isEmpty {
        reason = why
      } else if let ended = state["terminated"] {
        let signal = ended["signal"]?.integer ?? 0
        reason = signal != 0 ? "Signal:\(signal)" : "ExitCode:\(ended["exitCode"]?.integer ?? 0)"
      } else if status["ready"]?.bool == true, state["running"] != nil {
        hasRunning = true
      }
    }
    if reason == "Completed", hasRunning { reason = "Running" }
    if pod[path: "metadata", "deletionTimestamp"] != nil,
      !["Succeeded", "Failed"].contains(pod[path: "status", "phase"]?.string ?? "")
    {
      reason = "Terminating"
    }
    return reason
  }

  private static func restarts(_ statuses: [JSONValue], _ now: ClusterTime) -> String {
    let count = statuses.reduce(0) { $0 &+ ($1["restartCount"]?.integer ?? 0) }
    let last = statuses.compactMap { $0[path: "lastState", "terminated", "finishedAt"]?.string }.max()
    guard count > 0, let last else { return String(count) }
    return "\(count) (\(Age.text(since: last, until: now)) ago)"
  }
}

enum JobRow {
  static let cells: BuiltInColumns.Row = { job, now in
    let succeeded = job[path: "status", "succeeded"]?.integer ?? 0
    let completions =
      job[path: "spec", "completions"]?.integer.map { "\(succeeded)/\($0)" }
      ?? "\(succeeded)/1 of \(job[path: "spec", "parallelism"]?.integer ?? 1)"
    return [
      .string(status(of: job)), .string(completions), .string(duration(of: job, now)), BuiltInColumns.age(job, now),
    ]
      + BuiltInColumns.template(job)
  }

  private static func status(of job: JSONValue) -> String {
    func holds(_ type: String) -> Bool {
      (job[path: "status", "conditions"]?.array ?? []).contains { $0["type"]?.string == type && $0["status"] == "True" }
    }
    if holds("Complete") { return "Complete" }
    if holds("Failed") { return "Failed" }
    if job[path: "metadata", "deletionTimestamp"] != nil { return "Terminating" }
    if holds("Suspended") { return "Suspended" }
    if holds("FailureTarget") { return "FailureTarget" }
    return holds("SuccessCriteriaMet") ? "SuccessCriteriaMet" : "Running"
  }

  private static func duration(of job: JSONValue, _ now: ClusterTime) -> String {
    guard let start = job[path: "status", "startTime"]?.string.flatMap({ ClusterTime($0) }) else { return "" }
    let end = job[path: "status", "completionTime"]?.string.flatMap { ClusterTime($0) } ?? now
    return Age.text(since: start, until: end)
  }
}

enum EventRow {
  static let columns =
    BuiltInColumns.named("Last Seen", "Type", "Reason", "Object") + BuiltInColumns.wide("Subobject", "Source")
    + BuiltInColumns.named("Message")
    + BuiltInColumns.wide("First Seen") + [ObjectTable.Column(name: "Count", type: "integer", priority: 1)]
    + [ObjectTable.Column(name: "Name", format: "name", priority: 1)]

  /// Takes both forms of events.
  static let cells: BuiltInColumns.Row = { event, now in
    let subject = event["involvedObject"] ?? event["regarding"] ?? [:]
    let source = event["source"] ?? event["deprecatedSource"] ?? [:]
    let reporter =
      source["component"]?.string ?? event["reportingComponent"]?.string ?? event["reportingController"]?.string
    let first = (event["firstTimestamp"] ?? event["deprecatedFirstTimestamp"] ?? event["eventTime"])?.string
    let last =
      (event[path: "series", "lastObservedTime"] ?? event["lastTimestamp"] ?? event["deprecatedLastTimestamp"])?.string
      ?? first
    let count = event[path: "series", "count"] ?? event["count"] ?? event["deprecatedCount"] ?? 1
    let kind = subject["kind"]?.string?.lowercased() ?? ""
    let host = source["host"]?.string.map { ", \($0)" } ?? ""
    return [
      .string(Age.text(since: last, until: now)), event["type"] ?? "", event["reason"] ?? "",
      .string("\(kind)/\(subject["name"]?.string ?? "")"), subject["fieldPath"] ?? "", .string((reporter ?? "") + host),
      event["message"] ?? event["note"] ?? "", .string(Age.text(since: first, until: now)), count,
      event[path: "metadata", "name"] ?? "",
    ]
  }
}

enum NodeRow {
  static let cells: BuiltInColumns.Row = { node, now in
    let isReady = (node[path: "status", "conditions"]?.array ?? []).contains {
      $0["type"] == "Ready" && $0["status"] == "True"
    }
    let roles = (node[path: "metadata", "labels"]?.object ?? [:]).keys
      .filter { $0.hasPrefix("node-role.kubernetes.io/") }.map {
        String($0.dropFirst("node-role.kubernetes.io/".count))
      }
    let info = node[path: "status", "nodeInfo"] ?? [:]
    let address = node[path: "status", "addresses"]?.array?.first { $0["type"] == "InternalIP" }?["address"]
    let state =
      (isReady ? "Ready" : "NotReady")
      + (node[path: "spec", "unschedulable"]?.bool == true ? ",SchedulingDisabled" : "")
    return [
      .string(state), .string(roles.isEmpty ? "<none>" : roles.sorted().joined(separator: ",")),
      BuiltInColumns.age(node, now), info["kubeletVersion"] ?? "", address ?? "<none>", "<none>",
      info["osImage"] ?? "<unknown>",
      info["kernelVersion"] ?? "<unknown>", info["containerRuntimeVersion"] ?? "<unknown>",
    ]
  }
}
