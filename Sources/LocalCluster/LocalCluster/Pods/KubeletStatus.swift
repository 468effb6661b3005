internal import Foundation
internal import KubernetesModel

/// How a container ended.
struct Termination: Sendable, Equatable {
  var exitCode: Int
  var signal: Int?
  var reason: String
  var message: String?
  var started: Date?
  var finished: Date
  var containerID: String?

  var isSuccess: Bool { exitCode == 0 }

  var json: JSONValue {
    var json: JSONValue = [
      "exitCode": .integer(Int64(exitCode)), "reason": .string(reason), "finishedAt": TimeText.json(finished),
    ]
    json["startedAt"] = started.map(TimeText.json)
    json["message"] = message.map(JSONValue.string)
    json["containerID"] = containerID.map(JSONValue.string)
    return json
  }

  init(
    exitCode: Int, signal: Int? = nil, reason: String, message: String? = nil, started: Date?, finished: Date,
    containerID: String? = nil
  ) {
    self.exitCode = exitCode
    self.signal = signal
    self.reason = reason
    self.message = message
    self.started = started
    self.finished = finished
    self.containerID = containerID
  }

  init?(_ json: JSONValue?) {
    guard let json, let code = json["exitCode"]?.integer else { return nil }
    self.init(
      exitCode: code, reason: json["reason"]?.string ?? "", message: json["message"]?.string,
      started: json["startedAt"]?.string.flatMap(TimeText.date),
      finished: json["finishedAt"]?.string.flatMap(TimeText.date) ?? .distantPast,
      containerID: json["containerID"]?.string)
  }
}

/// What is known about a container of a pod.
struct ContainerRecord: Sendable, Equatable {
  enum State: Sendable, Equatable {
    case waiting(reason: String, message: String?)
    case running(since: Date)
    case terminated(Termination)
  }

  var name: String
  var image: String
  var state: State
  var lastTermination: Termination?
  var restarts = 0
  var isStarted = false
  var isReady = false
  var imageID = ""
  var containerID: String?

  init(_ container: ContainerSpecification, waiting reason: String) {
    name = container.name
    image = container.image
    state = .waiting(reason: reason, message: nil)
  }

  var termination: Termination? {
    if case .terminated(let termination) = state { termination } else { nil }
  }

  var isRunning: Bool {
    if case .running = state { true } else { false }
  }

  var json: JSONValue {
    let state: JSONValue
    switch self.state {
    case .waiting(let reason, let message):
      var waiting: JSONValue = ["reason": .string(reason)]
      waiting["message"] = message.map(JSONValue.string)
      state = ["waiting": waiting]
    case .running(let since): state = ["running": ["startedAt": TimeText.json(since)]]
    case .terminated(let termination): state = ["terminated": termination.json]
    }
    var json: JSONValue = [
      "name": .string(name), "image": .string(image), "imageID": .string(imageID), "ready": .bool(isReady),
      "started": .bool(isStarted), "restartCount": .integer(Int64(restarts)), "state": state,
      "lastState": lastTermination.map { ["terminated": $0.json] } ?? .object([:]),
    ]
    json["containerID"] = containerID.map(JSONValue.string)
    return json
  }
}

enum RestartPolicy: String, Sendable {
  case always = "Always"
  case onFailure = "OnFailure"
  case never = "Never"

  init(of pod: ClusterObject) {
    self = pod.spec["restartPolicy"]?.string.flatMap(RestartPolicy.init) ?? .always
  }

  func restarts(after termination: Termination) -> Bool {
    switch self {
    case .always: true
    case .onFailure: !termination.isSuccess
    case .never: false
    }
  }
}

/// Delay before a container is started again: at once the first time, then 10 s, doubling to 5 minutes; a run of 10
/// minutes forgives what was before (kubelet, `MaxContainerBackOff`).
struct CrashBackoff: Sendable {
  private var crashes = 0
  private static let pause = DoublingPause(first: .seconds(10), longest: .seconds(300))

  mutating func delay(afterRunOf seconds: TimeInterval) -> TimeInterval {
    if seconds >= 600 { crashes = 0 }
    defer { crashes += 1 }
    return crashes == 0 ? 0 : Self.pause.after(failures: crashes - 1) / .seconds(1)
  }
}

/// A pod's status as the kubelet would write it, from what is known about its containers.
struct KubeletStatus: Sendable {
  var pod: ClusterObject
  var address: String
  var started: Date
  var initContainers: [ContainerRecord]
  var containers: [ContainerRecord]
  var now: Date

  /// kubelet, `getPhase`.
  var phase: String {
    if let failed = initContainers.first(where: { $0.termination?.isSuccess == false }),
      policy == .never, failed.termination != nil
    {
      return "Failed"
    }
    guard isInitialized else { return "Pending" }
    var running = 0
    var waiting = 0
    var stopped = 0
    var succeeded = 0
    for container in containers {
      switch container.state {
      case .running: running += 1
      case .terminated(let termination):
        stopped += 1
        if termination.isSuccess { succeeded += 1 }
      case .waiting:
        if container.lastTermination == nil { waiting += 1 } else { stopped += 1 }
      }
    }
    if waiting > 0 { return "Pending" }
    if running > 0 { return "Running" }
    if policy == .always, !pod.isTerminating { return "Running" }
    if stopped == succeeded { return "Succeeded" }
    return policy == .never || pod.isTerminating ? "Failed" : "Running"
  }

  private var policy: RestartPolicy { RestartPolicy(of: pod) }

  var isInitialized: Bool { initContainers.allSatisfy { $0.termination?.isSuccess == true } }

  var json: JSONValue {
    let phase = phase
    var status: JSONValue = [
      "phase": .string(phase), "hostIP": "127.0.0.1", "hostIPs": [["ip": "127.0.0.1"]], "podIP": .string(address),
      "podIPs": [["ip": .string(address)]], "startTime": TimeText.json(started), "qosClass": .string(quality),
      "conditions": .array(conditions(phase)), "containerStatuses": .array(containers.map(\.json)),
    ]
    if !initContainers.isEmpty { status["initContainerStatuses"] = .array(initContainers.map(\.json)) }
    return status
  }

  private func conditions(_ phase: String) -> [JSONValue] {
    func list(_ names: [String]) -> String { "[" + names.joined(separator: " ") + "]" }
    let incomplete = initContainers.filter { $0.termination?.isSuccess != true }.map(\.name)
    let unready = containers.filter { !$0.isReady }.map(\.name)
    var initialized: (Bool, String?, String?) = (true, nil, nil)
    if !incomplete.isEmpty {
      initialized = (false, "ContainersNotInitialized", "containers with incomplete status: \(list(incomplete))")
    } else if phase == "Succeeded" {
      initialized = (true, "PodCompleted", nil)
    }
    var ready: (Bool, String?, String?) = (true, nil, nil)
    switch phase {
    case "Succeeded": ready = (false, "PodCompleted", nil)
    case "Failed": ready = (false, "PodFailed", nil)
    default:
      if !unready.isEmpty {
        ready = (false, "ContainersNotReady", "containers with unready status: \(list(unready))")
      }
    }
    let hasSandbox = phase != "Succeeded" && phase != "Failed"
    return [
      condition("PodReadyToStartContainers", (hasSandbox, nil, nil)), condition("Initialized", initialized),
      condition("Ready", ready), condition("ContainersReady", ready), condition("PodScheduled", (true, nil, nil)),
    ]
  }

  private func condition(_ type: String, _ value: (status: Bool, reason: String?, message: String?)) -> JSONValue {
    let status = value.status ? "True" : "False"
    let before = pod.condition(type)
    var condition: JSONValue = [
      "type": .string(type), "status": .string(status), "lastProbeTime": .null,
      "lastTransitionTime": before?["status"]?.string == status
        ? before?["lastTransitionTime"] ?? TimeText.json(now) : TimeText.json(now),
    ]
    condition["reason"] = value.reason.map(JSONValue.string)
    condition["message"] = value.message.map(JSONValue.string)
    return condition
  }

  /// Guaranteed: every container limits CPU and memory and requests no less. BestEffort: no container says anything.
  private var quality: String {
    let resources = (ContainerSpecification.all(of: pod, "initContainers") + ContainerSpecification.all(of: pod))
      .map { (requests: $0.json[path: "resources", "requests"], limits: $0.json[path: "resources", "limits"]) }
    let isSilent = resources.allSatisfy {
      ($0.requests?.object ?? [:]).isEmpty && ($0.limits?.object ?? [:]).isEmpty
    }
    if isSilent { return "BestEffort" }
    let isGuaranteed = resources.allSatisfy { entry in
      ["cpu", "memory"].allSatisfy { name in
        guard let limit = entry.limits?[name] else { return false }
        return entry.requests?[name] == nil || entry.requests?[name] == limit
      }
    }
    return isGuaranteed ? "Guaranteed" : "Burstable"
  }
}
