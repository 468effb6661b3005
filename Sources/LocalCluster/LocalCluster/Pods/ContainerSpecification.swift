internal import Foundation
internal import KubernetesModel

/// What a pod's specification says about one container, with Kubernetes' defaults filled in.
struct ContainerSpecification: Sendable {
  struct Mount: Sendable {
    var volume: String
    var path: String
    var subPath: String?
  }

  let json: JSONValue
  var name: String { json["name"]?.string ?? "" }
  var image: String { json["image"]?.string ?? "" }
  var command: [String] { (json["command"]?.array ?? []).compactMap(\.string) }
  var arguments: [String] { (json["args"]?.array ?? []).compactMap(\.string) }
  var workingDirectory: String? { json["workingDir"]?.string }
  var environment: [JSONValue] { json["env"]?.array ?? [] }
  var environmentSources: [JSONValue] { json["envFrom"]?.array ?? [] }
  var terminationMessagePath: String { json["terminationMessagePath"]?.string ?? "/dev/termination-log" }
  var fallsBackToLogs: Bool { json["terminationMessagePolicy"]?.string == "FallbackToLogsOnError" }
  var preStop: JSONValue? { json[path: "lifecycle", "preStop"] }

  var mounts: [Mount] {
    (json["volumeMounts"]?.array ?? []).compactMap { mount in
      guard let volume = mount["name"]?.string, let path = mount["mountPath"]?.string else { return nil }
      return Mount(volume: volume, path: path, subPath: mount["subPath"]?.string)
    }
  }

  func probe(_ kind: ProbeKind) -> ProbeSpecification? {
    json["\(kind.rawValue)Probe"].flatMap { ProbeSpecification($0, container: self) }
  }

  /// A port by number or by the name the container gives it.
  func port(_ value: JSONValue?) -> Int? {
    if let number = value?.integer { return number }
    guard let name = value?.string else { return nil }
    if let number = Int(name) { return number }
    return (json["ports"]?.array ?? []).first { $0["name"]?.string == name }?["containerPort"]?.integer
  }

  static func all(of pod: ClusterObject, _ field: String = "containers") -> [ContainerSpecification] {
    (pod.spec[field]?.array ?? []).map(ContainerSpecification.init)
  }
}

enum ProbeKind: String, Sendable {
  case startup, readiness, liveness

  var title: String { rawValue.prefix(1).uppercased() + rawValue.dropFirst() }
}

struct ProbeSpecification: Sendable {
  enum Action: Sendable {
    case httpGet(host: String?, port: Int, path: String, headers: [(name: String, value: String)], isSecure: Bool)
    case tcpSocket(host: String?, port: Int)
    case exec([String])
  }

  var action: Action
  var initialDelay: Duration
  var period: Duration
  var timeout: Duration
  var successThreshold: Int
  var failureThreshold: Int
  var gracePeriod: Int?

  /// nil: no action that is known here.
  init?(_ json: JSONValue, container: ContainerSpecification) {
    if let get = json["httpGet"], let port = container.port(get["port"]) {
      action = .httpGet(
        host: get["host"]?.string, port: port, path: get["path"]?.string ?? "/",
        headers: (get["httpHeaders"]?.array ?? []).compactMap { header in
          header["name"]?.string.map { ($0, header["value"]?.string ?? "") }
        }, isSecure: get["scheme"]?.string == "HTTPS")
    } else if let socket = json["tcpSocket"], let port = container.port(socket["port"]) {
      action = .tcpSocket(host: socket["host"]?.string, port: port)
    } else if let command = json[path: "exec", "command"]?.array {
      action = .exec(command.compactMap(\.string))
    } else {
      return nil
    }
    func seconds(_ field: String, _ standard: Int) -> Duration { .seconds(json[field]?.integer ?? standard) }
    initialDelay = seconds("initialDelaySeconds", 0)
    period = max(.seconds(1), seconds("periodSeconds", 10))
    timeout = max(.seconds(1), seconds("timeoutSeconds", 1))
    successThreshold = max(1, json["successThreshold"]?.integer ?? 1)
    failureThreshold = max(1, json["failureThreshold"]?.integer ?? 3)
    gracePeriod = json["terminationGracePeriodSeconds"]?.integer
  }
}

/// Counts a probe's results in a row: the verdict changes when a threshold is reached.
struct ProbeTally: Sendable {
  private(set) var verdict: Bool?
  private var successes = 0
  private var failures = 0
  let successThreshold: Int
  let failureThreshold: Int

  init(_ probe: ProbeSpecification) {
    successThreshold = probe.successThreshold
    failureThreshold = probe.failureThreshold
  }

  /// The verdict after this result; nil while no threshold has been reached.
  mutating func count(_ isSuccess: Bool) -> Bool? {
    if isSuccess {
      successes += 1
      failures = 0
      if successes >= successThreshold { verdict = true }
    } else {
      failures += 1
      successes = 0
      if failures >= failureThreshold { verdict = false }
    }
    return verdict
  }
}
