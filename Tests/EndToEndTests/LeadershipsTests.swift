import Foundation
import KubernetesModel
import Testing

/// The judge of the soak, judged.
@Suite("Who led when is read from the audit log")
struct LeadershipsTests {
  /// `second actor verb resource code`
  private func trail(_ lines: String...) throws -> [AuditEntry] {
    try lines.map { line in
      let words = line.split(separator: " ").map(String.init)
      let time = "2026-01-01T00:00:\(words[0]).000000Z"
      let text = """
        {"verb": "\(words[2])", "user": {"username": "admin"}, "impersonatedUser": {"username": "\(words[1])"},
         "objectRef": {"resource": "\(words[3])"}, "responseStatus": {"code": \(words[4])},
         "requestReceivedTimestamp": "\(time)", "stageTimestamp": "\(time)"}
        """
      return try JSONDecoder().decode(AuditEntry.self, from: Data(text.utf8))
    }
  }

  @Test("terms begin with another's accepted write of the Lease")
  func terms() throws {
    let judged = Leaderships(
      try trail(
        "01 a create leases 201", "02 b create leases 409", "03 a patch jobs 201", "04 a update leases 200",
        "20 b update leases 200", "22 b patch jobs 200", "23 b patch events 403", "40 a update leases 200"),
      of: ["a", "b"])
    #expect(judged.strays.isEmpty)
    #expect(judged.terms.map(\.leader) == ["a", "b", "a"])
    #expect(judged.terms.map(\.writes) == [1, 2, 0])
    #expect(judged.terms[0].renewed.seconds(since: judged.terms[0].begin) == 3)
    #expect(judged.terms[1].firstWrite?.seconds(since: judged.terms[1].begin) == 2)
  }

  @Test(
    "a write while another leads is found",
    arguments: [
      (["01 a create leases 201", "20 b update leases 200", "21 a patch jobs 200"], 1),
      (["01 a create leases 201", "20 b update leases 200", "21 a patch jobs 409"], 1),
      (["01 a patch jobs 200", "02 a create leases 201"], 1),
      (["01 a create leases 201", "20 b update leases 409", "21 a patch jobs 200"], 0),
      (["01 a create leases 201", "20 b update leases 200", "21 c patch jobs 200"], 0),
    ])
  func strays(lines: [String], expected: Int) throws {
    let judged = Leaderships(try lines.flatMap { try trail($0) }, of: ["a", "b"])
    #expect(judged.strays.count == expected)
  }
}
