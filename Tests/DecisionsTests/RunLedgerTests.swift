import ApusAPI
@testable import Decisions
import KubernetesModel
import Testing
import WorkerContract

/// What a ledger answers about the runs of an owner, whatever kind they are of.
@Suite struct RunLedgerTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let ledger: RunLedger
    let holds: @Sendable (RunLedger) -> Bool

    init(_ text: String, _ ledger: RunLedger, holds: @escaping @Sendable (RunLedger) -> Bool) {
      testDescription = text
      self.ledger = ledger
      self.holds = holds
    }
  }

  private static func ledger(
    _ jobs: [WorkerJob], recorded: Set<String> = [], known: Set<String>? = nil, current: RunLedger.Current? = nil,
    outdated: [WorkerJob] = []
  ) -> RunLedger {
    RunLedger(
      jobs, recorded: recorded, known: known, current: current, outdated: outdated, namespace: "shop", now: noon)
  }

  private static func job(_ name: String, _ change: (inout WorkerJob) -> Void = { _ in }) -> WorkerJob {
    var job = WorkerJob(
      name: name, uid: "uid-\(name)", labels: [ApusLabels.component: "check"],
      annotations: [RunAnnotation.handled: #"{"checkRequest":"\#(name)"}"#],
      createdAt: noon.advanced(bySeconds: -600))
    change(&job)
    return job
  }

  private static let good = RunResult(run: "r", checked: checkResult())

  private static func ended(_ name: String, isPodFailed: Bool? = nil) -> WorkerJob {
    job(name) {
      $0.ends = [
        .init(exitCode: 0, message: JSONValue.document(good).text, finishedAt: noon, isPodFailed: isPodFailed)
      ]
    }
  }

  private static func late(_ name: String) -> WorkerJob { job(name) { $0.failure = "DeadlineExceeded" } }

  private static func stuck(_ name: String) -> WorkerJob {
    job(name) { $0.trouble = PodTrouble(pod: "p", reason: "ImagePullBackOff", message: "no such image") }
  }

  private static func heldUp(_ name: String) -> WorkerJob {
    var job = ended(name)
    job.lingering = .init(pod: "p", containers: ["proxy"], since: noon.advanced(bySeconds: -90), isOverdue: true)
    return job
  }

  private static func announced(_ job: String, _ seconds: Double) -> PendingEvent {
    PendingEvent(
      type: .normal, reason: "CheckStarted", message: "x", at: MicroTime(noon.advanced(bySeconds: -seconds)),
      regarding: job)
  }

  private static func names(_ removals: [Removal]) -> [String] { removals.map(\.name) }

  static let rows: [Row] = [
    // How runs stand.
    Row("a run that ended is an end until it is recorded", ledger([ended("a")])) { ledger in
      var copy = ledger
      copy.record("a")
      return ledger.ends() == [.init(ended("a"), .ended(good))] && copy.ends() == [] && ledger.running == nil
    },
    Row("ends come in the order of the starts", ledger([ended("a"), late("b"), ended("c")], recorded: ["a"])) {
      $0.ends().map(\.job.name) == ["b", "c"]
    },
    Row("a run goes on, and nothing holds it up", ledger([job("a")])) {
      $0.running?.name == "a" && $0.blocker == nil && $0.ends() == []
    },
    Row("a recorded run does not go on, whatever its Job says", ledger([job("a")], recorded: ["a"])) {
      $0.running == nil
    },
    Row("a Job that is being deleted does not go on", ledger([job("a") { $0.isBeingDeleted = true }])) {
      $0.running == nil
    },
    Row("a run that cannot start goes on until it is given up", ledger([stuck("a")])) {
      $0.running?.name == "a" && $0.blocker?.reason == "ImagePullBackOff" && $0.ends() == []
    },
    Row("what never started and is given up has failed for what held it up", ledger([stuck("a")])) {
      guard case .failed(let failure) = $0.ends(givingUp: { _ in true }).first?.outcome else { return false }
      return failure.reason == "ImagePullBackOff" && failure.message.hasPrefix("a had not started")
    },
    Row("what goes on is not given up", ledger([job("a")])) { $0.ends(givingUp: { _ in true }) == [] },
    Row(
      "a deadline that passed before the start is told with what held the run up",
      ledger([late("a")], current: .init(job: "a", blocker: Blocker(reason: "Unschedulable", message: "no room")))
    ) {
      guard case .failed(let failure) = $0.ends().first?.outcome else { return false }
      return failure.reason == "CheckDeadlineExceeded" && failure.message.hasSuffix("no room")
    },
    // Lost runs.
    Row("without a current run nothing is lost", ledger([])) { $0.loss == .none },
    Row("a current run with its Job is not lost", ledger([job("a")], current: .init(job: "a"))) { $0.loss == .none },
    Row(
      "a Job that is not there yet may still come",
      ledger([], current: .init(job: "a", since: noon.advanced(bySeconds: -20)))
    ) {
      $0.loss == .suspected(40)
    },
    Row(
      "after a minute the run is lost", ledger([], current: .init(job: "a", since: noon.advanced(bySeconds: -60)))
    ) {
      $0.loss == .certain(.init(job: "a", since: noon.advanced(bySeconds: -60)))
    },
    // Starts.
    Row("a Job that the status does not know is recalled", ledger([job("a"), job("b")], recorded: ["a"])) {
      $0.recalled(MonitoringPolicyStatus.Handled.self)?.job.name == "b"
        && $0.recalled(MonitoringPolicyStatus.Handled.self)?.handled.checkRequest == "b"
    },
    Row("one that it knows is not", ledger([job("a")], current: .init(job: "a"))) {
      $0.recalled(MonitoringPolicyStatus.Handled.self) == nil
    },
    Row("one whose end is recorded without the status is", ledger([ended("a")], recorded: ["a"], known: [])) {
      $0.recalled(MonitoringPolicyStatus.Handled.self)?.job.name == "a"
    },
    Row("an announced start without a Job is resumed", ledger([job("a")])) {
      $0.announcedStart(.checkStarted, in: [announced("a", 50), announced("b", 40)])
        == noon.advanced(bySeconds: -40)
    },
    Row("one with a Job is not", ledger([job("a")])) {
      $0.announcedStart(.checkStarted, in: [announced("a", 50)]) == nil
    },
    Row("one that is over a minute old is not", ledger([])) {
      $0.announcedStart(.checkStarted, in: [announced("a", 61)]) == nil
    },
    Row("a name is used once", ledger([job("a")], recorded: ["b"], outdated: [job("c")])) { ledger in
      ["a", "b", "c", "d"].filter(ledger.hasUsed) == ["a", "b", "c"]
    },
    Row(
      "what held up another run is forgotten",
      ledger([], current: .init(job: "a", blocker: .init(reason: "x", message: "x")))
    ) {
      var copy = $0
      copy.follow("b", since: noon)
      return copy.current == .init(job: "b", since: noon)
    },
    // What Jobs would do after their run.
    Row("a recorded run is not tried again", ledger([ended("a", isPodFailed: true)], recorded: ["a"])) {
      names($0.closing(settled: []).stop) == ["a"]
    },
    Row("one that is not recorded is left alone", ledger([ended("a", isPodFailed: true), heldUp("b")])) {
      $0.closing(settled: []) == Effects()
    },
    Row("containers that go on are ended once the record is written", ledger([heldUp("a")], recorded: ["a"])) {
      let effects = $0.closing(settled: ["a"])
      return $0.closing(settled: []).remove == [] && names(effects.remove) == ["a"]
        && effects.announcements.map(\.reason) == ["SidecarsEnded"]
    },
    Row("a run that was given up is removed", ledger([job("a")], recorded: ["a"])) {
      names($0.closing(settled: ["a"]).remove) == ["a"]
    },
    Row("a run that is given up is stopped unless it is over", ledger([])) {
      names($0.halting(job("a"))) == ["a"] && $0.halting(late("a")) == []
        && $0.halting(job("a") { $0.isStopped = true }) == []
    },
    // What is kept.
    Row("the last ended Jobs stay", ledger([ended("a"), late("b"), ended("c"), job("d")])) {
      names($0.tidying(.latest(2), [])) == ["a"]
    },
    Row("Jobs about what is no more go", ledger([job("b")], outdated: [job("a")])) {
      names($0.tidying(.latest(2), [])) == ["a"]
    },
    Row(
      "configurations go that no Job mounts and no start waits for",
      ledger([ended("a"), ended("b")], current: .init(job: "c"))
    ) {
      names(
        $0.tidying(
          .latest(1), ["a", "b", "c", "d"].map { RunConfiguration(name: "for-\($0)", uid: "u", job: $0) }))
        == ["a", "for-a", "for-d"]
    },
    Row("where nobody waits, failures stay for a while and all else goes", ledger([ended("a"), late("b"), job("c")])) {
      names($0.tidying(.failures(3600), [])) == ["a", "c"] && names($0.tidying(.failures(600), [])) == ["a", "b", "c"]
    },
  ]

  @Test(arguments: rows) func `a ledger`(_ row: Row) {
    #expect(row.holds(row.ledger), "\(row.testDescription)")
  }
}
