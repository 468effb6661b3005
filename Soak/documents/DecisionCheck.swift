import ApusAPI
import Decisions
import Foundation
import KubernetesModel
import WorkerContract

/// What must hold for everything that the operator says and writes, whatever was written to it.
struct DecisionCheck {
  private(set) var problems: [String] = []
  /// The API server would take the document. What it would refuse, the operator never sees on a cluster: then it must not
  /// trap, nor say more than it should; what it makes of it, the API server refuses in turn.
  var isAdmitted = true

  /// Bytes of a status.
  static let longestStatus = 256 << 10
  /// Bytes of a sentence in a condition, an Event or an alert. Sentences that list many findings are the longest.
  static let longestSentence = 8 << 10
  /// Bytes of one thing that is wrong with a spec: field, what is so, what to do.
  static let longestProblem = 1 << 10
  /// Bytes of an object; etcd takes 1.5 MiB.
  static let longestObject = 1 << 20

  /// nil: the document is none of this kind, and what is said about it is checked.
  mutating func decoded<Object: ApusResource>(_ document: JSONValue) -> Object? {
    do {
      return try Object.decode(document)
    } catch {
      look(at: error.problems)
      return nil
    }
  }

  mutating func look(at problems: [Problem]) {
    for problem in problems { sentence(problem.description, longest: Self.longestProblem, "a problem") }
  }

  mutating func look(at decision: ModelDecision, again: ModelDecision, round: Int) {
    if decision != again { add("round \(round): two decisions about one observation") }
    look(at: decision.status, decision.status.conditions, decision.status.outbox)
    for change in decision.versionStatuses {
      look(at: change.status, change.status.conditions, [])
    }
    look(at: decision.announcements)
    look(at: decision.apply)
    if let seconds = decision.requeueAfter, !(seconds >= 0.01 && seconds.isFinite) {
      add("looks again after \(seconds) s")
    }
  }

  mutating func look(at decision: PolicyDecision, again: PolicyDecision, round: Int) {
    if decision != again { add("round \(round): two decisions about one observation") }
    look(at: decision.status, decision.status.conditions, decision.status.outbox)
    look(at: decision.announcements)
    look(at: decision.apply)
    for alert in decision.alerts {
      sentence(alert.message, longest: Self.longestSentence, "an alert's message")
      sentence(alert.title, longest: Self.longestProblem, "an alert's title")
    }
    if let seconds = decision.requeueAfter, !(seconds >= 0.01 && seconds.isFinite) {
      add("looks again after \(seconds) s")
    }
  }

  mutating func look(at decision: DepartureDecision) {
    for event in decision.events { sentence(event.message, longest: Self.longestSentence, "an Event") }
    look(at: decision.apply)
    if let seconds = decision.requeueAfter, !(seconds >= 0.01 && seconds.isFinite) {
      add("looks again after \(seconds) s")
    }
  }

  private mutating func look<Status: Encodable & SchemaDescribed>(
    at status: Status, _ conditions: [Condition], _ outbox: [PendingEvent]
  ) {
    let document = JSONValue.document(status)
    let length = document.bytes.count
    if length > Self.longestStatus { add("a status of \(length) bytes") }
    for problem in Status.schema.problems(in: document, at: "status").prefix(3) where isAdmitted {
      add("a status that the CRD refuses: \(problem.description.prefix(300))")
    }
    for condition in conditions {
      sentence(condition.message, longest: Self.longestSentence, "the condition \(condition.type)")
      if isAdmitted, condition.reason.wholeMatch(of: /[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?/) == nil {
        add("the condition \(condition.type) has the reason \(condition.reason.prefix(80).debugDescription)")
      }
    }
    for event in outbox { sentence(event.message, longest: Self.longestSentence, "a pending Event") }
  }

  private mutating func look(at announcements: [Announcement]) {
    for announcement in announcements { sentence(announcement.reason, longest: 128, "an Event's reason") }
  }

  private mutating func look(at objects: [DesiredObject]) {
    guard isAdmitted else { return }
    for object in objects {
      let length = object.manifest.bytes.count
      if length > Self.longestObject { add("\(object.resource.resource) of \(length) bytes") }
      if object.name.utf8.count > 253 || object.name.wholeMatch(of: /[a-z0-9]([-.a-z0-9]*[a-z0-9])?/) == nil {
        add("\(object.resource.resource) with the name \(object.name.prefix(80).debugDescription)")
      }
      for (key, value) in object.manifest[path: "metadata", "labels"]?.stringMap ?? [:]
      where value.utf8.count > 63 || value.wholeMatch(of: /([A-Za-z0-9]([-_.A-Za-z0-9]*[A-Za-z0-9])?)?/) == nil {
        add("\(object.resource.resource) with the label \(key)=\(value.prefix(80).debugDescription)")
      }
    }
  }

  private mutating func sentence(_ text: String, longest: Int, _ what: String) {
    let length = text.utf8.count
    if length > longest {
      add("\(what) has \(length) bytes: \(text.unicodeScalars.prefix(120).map { String($0) }.joined())")
    }
    // Tabs and line ends do no harm.
    if let odd = text.unicodeScalars.first(where: Self.isDangerous) {
      add(
        "\(what) holds U+\(String(odd.value, radix: 16)): \(text.unicodeScalars.prefix(200).map { String($0) }.joined().debugDescription)"
      )
    }
  }

  /// Moves a terminal's cursor, or what is read (C0, C1, bidirectional overrides and isolates).
  private static func isDangerous(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x09, 0x0A: false
    case 0...0x1F, 0x7F...0x9F, 0x202A...0x202E, 0x2066...0x2069: true
    default: false
    }
  }

  private mutating func add(_ problem: String) { problems.append(problem) }
}
