import Foundation
import KubernetesModel

/// Models in the states in which models stay, with a policy each.
struct Population: Sendable {
  enum State: String, CaseIterable, Sendable {
    /// Trained, promoted, served by a pod.
    case served
    /// Trained and promoted, scaled to no pod.
    case atRest
    /// Trained, waiting for a person.
    case awaitingApproval
    /// Its source cannot be read.
    case failed
    /// Its spec cannot be done.
    case refused

    /// Of the condition Ready.
    var reason: String {
      switch self {
      case .served: "ServersReady"
      case .atRest: "ServersUnavailable"
      case .awaitingApproval: "AwaitingApproval"
      case .failed: "SourceUnreadable"
      case .refused: "InvalidSpec"
      }
    }
  }

  struct Member: Sendable {
    var name: String
    var state: State
    var policy: SmallPolicy

    var manifest: String {
      let model =
        switch state {
        case .served: SmallModel(name: name).model
        case .atRest: SmallModel(name: name, replicas: 0).model
        case .awaitingApproval: SmallModel(name: name, approval: "Manual").model
        case .failed: SmallModel(name: name, file: "missing.csv").model
        case .refused: Typo(name: name, number: 25).model
        }
      return model + "---\n" + policy.policy
    }
  }

  let members: [Member]

  /// Each training is a pod, so there are as many as two cores bear: fewer where a pod is a container.
  init(models: Int, on kind: Cluster.Kind) {
    let shares: [(State, Int)] =
      switch kind {
      case .local: [(.served, 24), (.atRest, 200), (.awaitingApproval, 50), (.failed, 20)]
      case .real: [(.served, 12), (.atRest, 40), (.awaitingApproval, 10), (.failed, 6)]
      }
    var states = shares.flatMap { Array(repeating: $0.0, count: min($0.1, models / 4)) }
    states += Array(repeating: .refused, count: max(0, models - states.count))
    var random = SeededGenerator(seed: Soak.seed)
    states.shuffle(using: &random)
    var checked = 0
    members = states.enumerated().map { index, state in
      let name = "model-\(index)"
      var policy = SmallPolicy(model: name, isSuspended: index % 5 == 0)
      if state == .served, !policy.isSuspended, checked < 2 {
        checked += 1
        policy.cron = "*/4 * * * *"
      }
      return Member(name: name, state: state, policy: policy)
    }
  }

  var sentence: String {
    let counts = State.allCases.map { state in "\(members.count { $0.state == state }) \(state.rawValue)" }
    return "\(members.count) models and policies: \(counts.joined(separator: ", ")); "
      + "\(scheduled.count) are checked every four minutes; seed \(Soak.seed)"
  }

  private var scheduled: Set<String> { Set(members.filter { $0.policy.cron.hasPrefix("*/4") }.map(\.name)) }

  /// A check that was due: its Job, what the Job reads, the policy's status and Events.
  func explains(_ write: AuditEntry) -> Bool {
    let object = write.objectRef?.name ?? ""
    return scheduled.contains { object == $0 || object.hasPrefix("\($0).") || object.hasPrefix("\($0)-check-") }
  }
}

/// What the process of the installed operator has used.
struct OperatorFigures: Sendable {
  var processorSeconds: Double
  var residentMegabytes: Double

  /// Of the `apus-operator` that runs as a pod of the cluster.
  static func current(of cluster: Cluster) -> OperatorFigures {
    // A pod of the local cluster has this in its environment; a container of the real one has its service's address.
    let mark = cluster.kind == .local ? "APUS_CONTAINER=\(cluster.folder.path)/" : "KUBERNETES_SERVICE_HOST=10."
    let processes = (try? FileManager.default.contentsOfDirectory(atPath: "/proc"))?.compactMap { pid_t($0) } ?? []
    for process in processes {
      let command = FileManager.default.contents(atPath: "/proc/\(process)/cmdline")?.split(separator: 0).first
      let environment = FileManager.default.contents(atPath: "/proc/\(process)/environ") ?? Data()
      guard let command, String(decoding: command, as: UTF8.self).hasSuffix("/apus-operator"),
        environment.range(of: Data(mark.utf8)) != nil,
        let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
      else { continue }
      // The fields after the name in brackets; times in hundredths of a second, memory in pages of 4 kB.
      let fields = text[(text.lastIndex(of: ")") ?? text.startIndex)...].split(separator: " ")
      guard fields.count > 22, let user = Double(fields[12]), let system = Double(fields[13]),
        let pages = Double(fields[22])
      else { continue }
      return OperatorFigures(processorSeconds: (user + system) / 100, residentMegabytes: pages * 4096 / 1_000_000)
    }
    return OperatorFigures(processorSeconds: .nan, residentMegabytes: .nan)
  }
}
