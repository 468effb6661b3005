import KubernetesModel
import Testing

@testable import ControllerRuntime

@Suite("Series of Events")
struct EventSeriesTests {
  let regarding = ObjectReference(
    apiVersion: "apus.dev/v1alpha1", kind: "ModelDeployment", namespace: "a", name: "income", uid: "u")

  func time(_ seconds: Double) -> Timestamp { Timestamp(secondsSince1970: 1_800_000_000 + seconds) }

  func announcement(_ note: String = "n", _ reason: String = "R") -> Announcement {
    Announcement(regarding, reason: reason, action: "A", note: note)
  }

  func created(_ step: EventSeries.Step) throws -> Event {
    guard case .create(let event) = step else {
      Issue.record("\(step)")
      return Event(metadata: ObjectMeta())
    }
    return event
  }

  @Test(
    "What differs in type, reason, action, reporter, object or note is another Event; the object's version is not looked at"
  )
  func identity() throws {
    var series = EventSeries(reporter: "r", instance: "i")
    _ = try created(series.step(announcement(), at: time(0)))
    var same = announcement()
    same.regarding.resourceVersion = "77"
    guard case .continue(_, let second) = series.step(same, at: time(1)) else { return #expect(Bool(false)) }
    #expect(second.count == 2 && second.lastObservedTime == MicroTime(time(1)))
    var others = [announcement("other"), announcement("n", "Other"), announcement(), announcement(), announcement()]
    others[2].severity = .warning
    others[3].action = "Other"
    others[4].regarding.uid = "u2"
    for other in others { _ = try created(series.step(other, at: time(2))) }
  }

  @Test("A series ends after six minutes of silence; a process that starts anew begins another one under another name")
  func ends() throws {
    var series = EventSeries(reporter: "r", instance: "i")
    let first = try created(series.step(announcement(), at: time(0)))
    guard case .continue = series.step(announcement(), at: time(359)) else { return #expect(Bool(false)) }
    guard case .continue = series.step(announcement(), at: time(718)) else { return #expect(Bool(false)) }
    let later = try created(series.step(announcement(), at: time(1079)))
    var restarted = EventSeries(reporter: "r", instance: "i")
    let afterRestart = try created(restarted.step(announcement(), at: time(1080)))
    #expect(Set([first, later, afterRestart].map(\.metadata.name)).count == 3)
  }

  @Test("One object gets a burst of 25 and one in five minutes; others have their own")
  func limits() {
    var series = EventSeries(reporter: "r", instance: "i")
    func isDropped(_ step: EventSeries.Step) -> Bool { step == .drop }
    let first = (0..<30).map { isDropped(series.step(announcement("\($0)"), at: time(0))) }
    #expect(first.count { $0 } == 5 && first.suffix(5).allSatisfy { $0 })
    var other = announcement()
    other.regarding.uid = "u2"
    #expect(!isDropped(series.step(other, at: time(1))))
    #expect(isDropped(series.step(announcement("later"), at: time(299))))
    #expect(!isDropped(series.step(announcement("later"), at: time(300))))
    #expect(isDropped(series.step(announcement("later still"), at: time(301))))
  }

  @Test("Notes are cut to 1024 bytes between characters, other fields to 128", arguments: ["é", "日", "🐦", "x"])
  func bounds(character: String) throws {
    var series = EventSeries(reporter: "r", instance: String(repeating: "i", count: 200))
    let note = String(repeating: character, count: 1100)
    let event = try created(
      series.step(
        Announcement(regarding, reason: String(repeating: "R", count: 200), action: "A", note: note), at: time(0)))
    let kept = try #require(event.note)
    #expect(kept.utf8.count <= 1024 && kept.utf8.count > 1016 && kept.hasSuffix("…"))
    #expect(note.hasPrefix(String(kept.dropLast())))
    #expect(event.reason?.count == 128 && event.reportingInstance?.count == 128)
    #expect((event.metadata.name ?? "").utf8.count <= 253)
  }
}
