import ApusAPI
import KubernetesModel
import WorkerContract

/// What the loop decides after its checks. Action, reason and sentence follow from it, and nothing is read out of them.
enum RetrainingVerdict: Sendable, Equatable {
  typealias Trigger = MonitoringPolicySpec.Retraining.Trigger
  typealias Action = MonitoringPolicyStatus.RetrainingStatus.Action

  case suspended
  case noVersion
  /// `note`: what is served without its object.
  case versionDeleted(note: String)
  case noTrigger(Quiet)
  case debouncing(Count, MonitoringPolicySpec.Retraining.Debounce)
  case dryRun(Evidence)
  case coolingDown(Evidence, until: Timestamp)
  /// `until` nil: a limit of 0 never ends.
  case dailyLimitReached(Evidence, limit: Int, until: Timestamp?)
  case retrainingRunning(version: String)
  /// A request is to be made.
  case due(Evidence)
  /// It is made, and the model has not answered it yet.
  case requested(why: String)

  /// How many of the checks considered fired.
  struct Count: Sendable, Equatable {
    var fired: Int
    var considered: Int

    /// Where one alone is considered, it has fired: else all would be quiet.
    fileprivate var text: String {
      considered == 1 ? "the last check" : "\(fired) of the last \(considered) checks"
    }
  }

  /// What speaks for a training.
  struct Evidence: Sendable, Equatable {
    var triggers: [Trigger]
    var count: Count
    /// The version in production.
    var version: String

    var text: String {
      "\(triggers.map(\.rawValue).joined(separator: ", ")) in \(count.text) of \(version)"
    }
  }

  /// Nothing has fired.
  struct Quiet: Sendable, Equatable {
    enum Start: Sendable, Equatable {
      case request(Timestamp)
      case check(Timestamp)
      case arrival(version: String)
    }

    var since: Start
    /// What was critical in a check and no training mends.
    var others: [Trigger]
    /// That check's Job.
    var job: String

    fileprivate var text: String {
      let start =
        switch since {
        case .request(let time): "the request of \(time)"
        case .check(let time): "\(time)"
        case .arrival(let version): "\(version) went into production"
        }
      let quiet = "no trigger since \(start)"
      return others.isEmpty
        ? quiet
        : "\(others.map(\.rawValue).joined(separator: ", ")) in \(job) is nothing that a training mends; \(quiet)"
    }
  }
}

extension RetrainingVerdict {
  var action: Action {
    switch self {
    case .suspended, .noVersion, .versionDeleted, .noTrigger, .dryRun: .none
    case .debouncing, .coolingDown, .dailyLimitReached, .retrainingRunning: .wait
    case .due, .requested: .retrain
    }
  }

  var reason: Reason {
    switch self {
    case .suspended: .suspended
    case .noVersion: .noVersion
    case .versionDeleted: .versionDeleted
    case .noTrigger: .noTrigger
    case .debouncing: .debouncing
    case .dryRun: .dryRun
    case .coolingDown: .coolingDown
    case .dailyLimitReached: .dailyLimitReached
    case .retrainingRunning: .retrainingRunning
    case .due, .requested: .retrainingRequested
    }
  }

  var message: String {
    switch self {
    case .suspended: "the policy is suspended"
    case .noVersion: "no version is in production"
    case .versionDeleted(let note): note
    case .noTrigger(let quiet): quiet.text
    case .debouncing(let count, let debounce):
      "\(count.text) exceeded a limit; retraining needs \(debounce.failures) of \(debounce.of)"
    case .dryRun(let evidence): "would retrain: \(evidence.text); dryRun is set"
    case .coolingDown(let evidence, let until): "\(evidence.text); cooling down until \(until)"
    case .dailyLimitReached(let evidence, let limit, let until):
      "\(evidence.text); "
        + (until.map { "the daily limit of \(limit) is used up until \($0)" } ?? "dailyLimit is 0")
    case .retrainingRunning(let version): "\(version) is being trained"
    case .due(let evidence): evidence.text
    case .requested(let why): "requested: \(why)"
    }
  }

  /// Whether a message tells this verdict, so that it is not told again. That of release 0.1.0 does, in its own words, which are
  /// known here and nowhere else, until release 0.3.0.
  func isSaid(by message: String) -> Bool {
    if case .debouncing(let count, let debounce) = self,
      message == "\(count.text) fired; \(debounce.failures) of \(debounce.of) are needed"
    {
      return true
    }
    return message == self.message
  }

  /// Nothing was found, or there is nothing to look at yet.
  var isOrdinary: Bool { Self.ordinary.contains(reason) }

  /// The same of a decision that a status holds.
  static func isOrdinary(_ decision: MonitoringPolicyStatus.RetrainingStatus.Decision) -> Bool {
    Reason(rawValue: decision.reason).map(ordinary.contains) ?? false
  }

  private static let ordinary: Set<Reason> = [.noTrigger, .noVersion, .versionDeleted]

  /// Triggers have fired often enough.
  var isNeeded: Bool {
    switch self {
    case .due, .requested, .retrainingRunning, .coolingDown, .dailyLimitReached, .dryRun: true
    case .suspended, .noVersion, .versionDeleted, .noTrigger, .debouncing: false
    }
  }

  /// Of the Event that tells it.
  var kind: Announcement.Kind {
    switch self {
    case .due, .requested, .debouncing, .coolingDown, .dailyLimitReached, .dryRun: .warning
    case .suspended, .noVersion, .versionDeleted, .noTrigger, .retrainingRunning: .normal
    }
  }
}
