import KubernetesModel
import Schema
import Testing

@testable import DocumentFuzzer

struct DocumentFuzzerTests {
  @Test func `hundreds of more or less wrong documents and results are decided upon as they should be`() {
    let outcome = DocumentCampaign(seed: 7, inputs: 0..<120, workers: 2).run()
    #expect(outcome.findings.isEmpty, "\(outcome.findings.prefix(3))")
    // Not all are refused at the door.
    #expect(outcome.accepted > 8)
  }

  @Test func `equal seeds make equal inputs, and these are of every kind`() {
    func texts(_ seed: UInt64) -> [[UInt8]] { (UInt64(0)..<60).map { FuzzedDocument(seed: seed, index: $0).text } }
    #expect(texts(1) == texts(1))
    #expect(texts(1) != texts(2))
    let kinds = Set((UInt64(0)..<40).map { FuzzedDocument(seed: 1, index: $0).kind })
    #expect(kinds.count == FuzzedDocument.Kind.allCases.count)
  }

  @Test func `what is wrong is found`() {
    var check = DecisionCheck()
    // Set behind the back of what makes problems plain.
    var problem = Problem("spec.a", "is odd", mend: "")
    check.look(at: [problem])
    #expect(check.problems.isEmpty)
    problem.message = "has \u{1B}[31m in it"
    check.look(at: [problem])
    problem.message = String(repeating: "long ", count: 400)
    check.look(at: [problem])
    #expect(check.problems.count == 2)
  }
}
