import ApusAPI
import Decisions
import Testing

@Suite struct DefinitionFitTests {
  private let written = DefinitionGap("status.schedule", isWritten: true)
  private let settable = DefinitionGap("spec.deletion", isWritten: false)

  @Test func `CRDs without a gap fit`() {
    #expect(DefinitionFit(["a.apus.dev": .compared([])]) == .fits(notes: []))
  }

  @Test func `where what the operator writes would be dropped it must not work, and says what to do`() {
    let fit = DefinitionFit([
      "b.apus.dev": .compared([written]), "a.apus.dev": .compared([written, settable]), "c.apus.dev": .unknown("403"),
    ])
    #expect(
      fit
        == .older(
          "the CRDs are older than this operator: a.apus.dev lacks status.schedule, b.apus.dev lacks status.schedule; "
            + "it changes nothing until they fit: run kubectl apply -f crds with the crds folder of the operator's "
            + "release (helm upgrade does that)"))
  }

  @Test func `what only people write is a note`() {
    guard case .fits(let notes) = DefinitionFit(["a.apus.dev": .compared([settable])]) else {
      Issue.record("it must work")
      return
    }
    #expect(notes.count == 1)
    #expect(
      notes[0].hasPrefix(
        "the CRDs are older than this operator: a.apus.dev lacks spec.deletion, which nobody can set until then: "))
  }

  @Test func `what cannot be looked at is a note`() {
    #expect(
      DefinitionFit(["a.apus.dev": .unknown("forbidden")])
        == .fits(notes: ["whether the CRDs are older than this operator cannot be checked: a.apus.dev: forbidden"]))
  }

  @Test func `of many gaps some are named`() {
    let gaps = (1...9).map { DefinitionGap("status.field\($0)", isWritten: true) }
    guard case .older(let message) = DefinitionFit(["a.apus.dev": .compared(gaps)]) else {
      Issue.record("it must not work")
      return
    }
    #expect(message.contains("lacks status.field1, status.field2, status.field3, status.field4 and 5 more;"))
  }
}
