import Foundation
import KubernetesModel

/// One request as the API server's audit log has it.
struct AuditEntry: Sendable, Decodable {
  struct User: Sendable, Decodable { var username: String }

  struct Reference: Sendable, Decodable {
    var resource: String
    var namespace: String?
    var name: String?
    var subresource: String?
  }

  struct Response: Sendable, Decodable { var code: Int }

  var verb: String
  var user: User
  var impersonatedUser: User?
  var userAgent: String?
  var objectRef: Reference?
  var responseStatus: Response?
  var requestReceivedTimestamp: MicroTime
  var stageTimestamp: MicroTime

  /// Who asked, or in whose name.
  var actor: String { impersonatedUser?.username ?? user.username }
  var answered: Timestamp { stageTimestamp.time }
  var received: Timestamp { requestReceivedTimestamp.time }
  var isAccepted: Bool { (responseStatus?.code ?? 0) < 300 }

  /// Whether it would change something; reviews only ask.
  var isWrite: Bool {
    ["create", "update", "patch", "delete", "deletecollection"].contains(verb)
      && objectRef?.resource.hasSuffix("reviews") != true
  }

  var isLease: Bool { objectRef?.resource == "leases" }

  var sentence: String {
    let object = [objectRef?.resource, objectRef?.namespace, objectRef?.name, objectRef?.subresource].compactMap { $0 }
    return "\(stageTimestamp) \(actor) \(verb) \(object.joined(separator: "/")): \(responseStatus?.code ?? 0)"
  }
}

/// Reads an audit log while the API server writes it.
struct AuditTrail {
  private(set) var entries: [AuditEntry] = []
  private let file: URL
  private var offset: UInt64 = 0

  /// nil: of the cluster that was started for this run.
  init?(_ cluster: Cluster) {
    guard let path = ProcessInfo.processInfo.environment["APUS_E2E_AUDIT"] else { return nil }
    file = URL(fileURLWithPath: path)
  }

  /// Writes only: reads are many and change nothing.
  mutating func refresh() throws {
    let handle = try FileHandle(forReadingFrom: file)
    defer { try? handle.close() }
    try handle.seek(toOffset: offset)
    let bytes = try handle.readToEnd() ?? Data()
    guard let end = bytes.lastIndex(of: 0x0A) else { return }
    let whole = bytes[bytes.startIndex...end]
    offset += UInt64(whole.count)
    let decoder = JSONDecoder()
    let marks = ["create", "update", "patch", "delete"].map { Data("\"verb\":\"\($0)".utf8) }
    for line in whole.split(separator: 0x0A) where marks.contains(where: { line.range(of: $0) != nil }) {
      let entry = try decoder.decode(AuditEntry.self, from: line)
      if entry.isWrite { entries.append(entry) }
    }
  }

  /// Since a moment, in the order in which they were answered.
  func writes(since: Timestamp) -> [AuditEntry] {
    entries.filter { $0.answered >= since }.sorted { $0.answered < $1.answered }
  }
}

/// Who led when, as the writes of the Lease tell it, and who wrote when another led.
struct Leaderships {
  struct Term: Equatable {
    var leader: String
    var begin: Timestamp
    /// The leader's last accepted write of the Lease.
    var renewed: Timestamp
    /// The first other write.
    var firstWrite: Timestamp?
    var lastWrite: Timestamp?
    var writes = 0
  }

  private(set) var terms: [Term] = []
  /// Attempts count too: a write that the API server refused was no less wrong.
  private(set) var strays: [AuditEntry] = []

  /// - Parameter writes: by when they were answered.
  init(_ writes: [AuditEntry], of crew: Set<String>) {
    for write in writes where crew.contains(write.actor) {
      if write.isLease {
        guard write.isAccepted else { continue }
        if let last = terms.indices.last, terms[last].leader == write.actor {
          terms[last].renewed = write.answered
        } else {
          terms.append(Term(leader: write.actor, begin: write.answered, renewed: write.answered))
        }
      } else if let last = terms.indices.last, terms[last].leader == write.actor {
        terms[last].firstWrite = terms[last].firstWrite ?? write.answered
        terms[last].lastWrite = write.answered
        terms[last].writes += 1
      } else {
        strays.append(write)
      }
    }
  }
}
