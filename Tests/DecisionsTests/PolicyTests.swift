import ApusAPI
import Decisions
import KubernetesModel
import Testing
import WorkerContract

/// A served model with a policy whose debounce, cool-down and limit the row chooses.
private func watched(_ retraining: JSONValue = [:], _ spec: JSONValue = [:]) -> World {
  let base: JSONValue = [
    "retraining": ["debounce": ["failures": 1, "of": 1], "cooldown": "12h", "dailyLimit": 2],
    "schedule": ["cron": "0 2 1 1 *"],
  ]
  let policy = aPolicy("watch", base.merged(with: ["retraining": retraining]).merged(with: spec))
  return .serving(aModel("income", ["training": ["schedule": ["cron": "0 2 1 1 *"]]]), policy: policy)
}

@Suite struct PolicyTests {
  static let sentences: [Sentence] = [
    Sentence("a policy for a model that does not exist says so", from: { World(nil, policy: aPolicy()) }) {
      $0.policyCondition(.ready)?.reason == "ModelNotFound" && $0.startedJobs.isEmpty
    },
    Sentence("a policy waits for the first version", from: { World(aModel(), policy: aPolicy()) }) {
      $0.policyCondition(.ready)?.reason == "NoVersion"
    },
    Sentence("a check runs on schedule", from: { .serving(policy: aPolicy()) }) {
      $0.pass(TimeSpan(seconds: 6 * 3600))
      $0.settle()
    } holds: {
      $0.startedJobs.last?.hasPrefix("income-check-") == true && $0.policyCondition(.reconciling)?.status == .yes
        && $0.policy?.status.nextCheck != nil
    },
    Sentence("however many instants were missed, one check makes up for them", from: { .serving(policy: aPolicy()) }) {
      $0.pass(TimeSpan(seconds: 86400))
      $0.settle()
      $0.checks(checkResult())
    } holds: {
      $0.startedJobs.filter { $0.contains("check") }.count == 2
    },
    Sentence("a check on request runs at once, and once", from: { watched() }) {
      $0.checks(checkResult())
      $0.settle()
    } holds: {
      $0.startedJobs.filter { $0.contains("check") }.count == 1 && $0.policy?.status.lastCheck?.outcome == .healthy
        && $0.policyCondition(.healthy)?.status == .yes && $0.policy?.status.drift == "none"
        && $0.policy?.status.quality == "passed"
    },
    Sentence(
      "a check knows which features the prediction log leaves out",
      from: {
        .serving(aModel("income", ["serving": ["logging": ["redact": ["age"]]]]), policy: aPolicy("watch"))
      }
    ) {
      $0.pass(TimeSpan(seconds: 6 * 3600))
      $0.settle()
    } holds: {
      $0.objects.values.contains {
        $0.name.hasPrefix("watch-check-") && $0.manifest.text.contains(#"\"redacted\":[\"age\"]"#)
      }
    },
    Sentence("a suspended policy checks nothing", from: { watched([:], ["suspend": true]) }) {
      $0.policy?.metadata.annotations[ApusAnnotations.checkRequestedAt] = "now"
      $0.settle()
    } holds: {
      $0.policyCondition(.ready)?.reason == "Suspended" && $0.startedJobs.count == 1
    },
    Sentence("a check that fails is recorded as failed and judges nothing", from: { watched() }) {
      $0.policy?.metadata.annotations[ApusAnnotations.checkRequestedAt] = "now"
      $0.settle()
      if let job = $0.running { $0.end(job.name, exitCode: 137, message: nil) }
      $0.settle()
    } holds: {
      $0.policy?.status.lastCheck?.outcome == .failed && $0.policyCondition(.healthy)?.reason == "CheckFailed"
        && $0.alerts.map(\.rule) == [.checkFailed]
    },
    Sentence("too few rows are inconclusive and trigger nothing", from: { watched() }) {
      $0.checks(checkResult(rows: 3, conclusive: false, drift: .critical))
    } holds: {
      $0.policy?.status.drift == "inconclusive" && $0.policyCondition(.healthy)?.status == .unknown
        && $0.policy?.status.retraining.request == nil
    },
    Sentence("what an inconclusive check found and when stands where there is no verdict", from: { watched() }) {
      $0.checks(checkResult(rows: 1, conclusive: false))
    } holds: { world in
      [ConditionType.healthy, .driftDetected, .qualityPassed, .performanceOK].allSatisfy {
        let condition = world.policyCondition($0)
        return condition?.status == .unknown && condition?.reason == "CheckInconclusive"
          && condition?.message
            == "watch-check-202610281301 at 2026-10-28T13:01:00Z: 1 row in the window, 30 are needed"
      }
    },
    Sentence("a check that failed stands there, too, until one says more", from: { watched() }) {
      $0.checks(checkResult(rows: 1, conclusive: false))
      $0.policy?.metadata.annotations[ApusAnnotations.checkRequestedAt] = "again"
      $0.settle()
      if let job = $0.running { $0.end(job.name, exitCode: 137, message: nil) }
      $0.settle()
    } holds: {
      $0.policyCondition(.driftDetected)?.reason == "CheckFailed"
        && $0.policyCondition(.driftDetected)?.message.contains("exit code 137") == true
    },
    Sentence("a check that follows another at once is not lost because of the other's age", from: { watched() }) {
      $0.policy?.metadata.annotations[ApusAnnotations.checkRequestedAt] = "first"
      $0.settle()
      $0.pass(TimeSpan(seconds: 600))
      if let job = $0.running { $0.end(job.name, exitCode: 137, message: nil) }
      $0.policy?.metadata.annotations[ApusAnnotations.checkRequestedAt] = "second"
      $0.settle()
      // A cache that is late.
      if let job = $0.running { $0.jobs[job.name] = nil }
      $0.settle()
    } holds: {
      $0.policy?.status.runningCheck == $0.startedJobs.last
        && $0.policy?.status.history.first?.job != $0.startedJobs.last
    },
    Sentence("an inconclusive check takes no verdict back", from: { watched() }) {
      $0.checks(checkResult(drift: .warning))
      $0.checks(checkResult(rows: 3, conclusive: false))
    } holds: {
      $0.policyCondition(.driftDetected)?.reason == "FeatureDrift" && $0.policyCondition(.healthy)?.status == .unknown
    },
    Sentence("nor does it hide that accuracy is unknown for want of labels", from: { watched() }) {
      var check = checkResult()
      check.performance = PerformanceSummary(expected: 0)
      $0.checks(check)
      $0.checks(checkResult(rows: 3, conclusive: false))
    } holds: {
      $0.policyCondition(.performanceOK)?.reason == "TooFewLabels"
        && $0.policyCondition(.qualityPassed)?.status == .yes && $0.policy?.status.drift == "inconclusive"
    },
    Sentence("a check whose pod cannot start says why", from: { watched() }) {
      $0.policy?.metadata.annotations[ApusAnnotations.checkRequestedAt] = "now"
      $0.settle()
      if let job = $0.running?.name {
        $0.jobs[job]?.trouble = PodTrouble(pod: "c", reason: "CreateContainerConfigError", message: "no Secret db")
      }
      $0.settle()
    } holds: {
      $0.policyCondition(.reconciling)?.reason == "CreateContainerConfigError"
        && $0.policyCondition(.reconciling)?.message.contains("no Secret db; create the Secret") == true
        && $0.announcements.filter { $0.reason == "CreateContainerConfigError" }.count == 1
    },
    Sentence("critical drift is told, alerted about, and retrains", from: { watched() }) {
      $0.checks(checkResult(drift: .critical))
    } holds: {
      $0.policyCondition(.driftDetected)?.reason == "CriticalDrift" && $0.alerts.contains { $0.rule == .criticalDrift }
        && $0.policyCondition(.retrainingNeeded)?.reason == "RetrainingRunning"
        && $0.startedJobs.last == "income-train-2"
        && $0.model?.status.training?.trigger == .monitoring
    },
    Sentence("a warning is no trigger", from: { watched() }) {
      $0.checks(checkResult(drift: .warning))
    } holds: {
      $0.policy?.status.lastCheck?.outcome == .warning && $0.policyCondition(.healthy)?.status == .yes
        && $0.policy?.status.retraining.request == nil
    },
    Sentence("a hard quality failure retrains", from: { watched() }) {
      $0.checks(checkResult(quality: .critical))
    } holds: {
      $0.policyCondition(.qualityPassed)?.status == .no && $0.startedJobs.last == "income-train-2"
    },
    Sentence("a feature that does not arrive is told and alerted about, but retrains nothing", from: { watched() }) {
      $0.checks(checkResult(quality: .critical, failing: .missingRate))
    } holds: {
      $0.policyCondition(.qualityPassed)?.status == .no && $0.policyCondition(.healthy)?.reason == "QualityFailure"
        && $0.alerts.contains { $0.rule == .qualityFailure } && $0.policy?.status.lastCheck?.outcome == .critical
        && $0.policyCondition(.retrainingNeeded)?.reason == "NoTrigger"
        && $0.policyCondition(.retrainingNeeded)?.message.contains("QualityFailure in watch-check-") == true
        && $0.policyCondition(.retrainingNeeded)?.message.contains("is nothing that a training mends") == true
        && $0.startedJobs.filter { $0.contains("train") } == ["income-train-1"]
    },
    Sentence("drift that a broken feed explains retrains nothing", from: { watched() }) {
      var check = checkResult(drift: .critical, quality: .critical, failing: .columnPresence)
      check.mendable = MendableFindings()
      $0.checks(check)
    } holds: {
      $0.policyCondition(.driftDetected)?.reason == "CriticalDrift"
        && $0.policy?.status.lastCheck?.findings == [.criticalDrift, .qualityFailure]
        && $0.policy?.status.lastCheck?.triggers == [] && $0.policy?.status.retraining.request == nil
    },
    Sentence("accuracy is judged by its labels where the window is too thin for drift", from: { watched() }) {
      $0.checks(checkResult(rows: 3, conclusive: false, accuracy: 0.8))
    } holds: {
      $0.policyCondition(.performanceOK)?.reason == "PerformanceLoss"
        && $0.policyCondition(.healthy)?.status == .no && $0.policyCondition(.driftDetected)?.status == .unknown
        && $0.policy?.status.drift == "inconclusive" && $0.startedJobs.last == "income-train-2"
        && $0.alerts.contains { $0.rule == .performanceLoss }
    },
    Sentence("good accuracy is a verdict where the window is too thin for drift", from: { watched() }) {
      $0.checks(checkResult(rows: 3, conclusive: false, accuracy: 0.95))
    } holds: {
      $0.policyCondition(.performanceOK)?.reason == "PerformanceGood"
        && $0.policyCondition(.healthy)?.status == .unknown && $0.policy?.status.retraining.request == nil
    },
    Sentence("each verdict names the span that it looked at", from: { watched() }) {
      var check = checkResult(accuracy: 0.95)
      check.span = ObservedSpan(from: "2026-10-28T07:00:00Z", to: "2026-10-28T13:00:00Z")
      check.performance.span = ObservedSpan(from: "2026-10-27T07:00:00Z", to: "2026-10-27T13:00:00Z")
      check.performance.expected = 500
      $0.checks(check)
    } holds: { world in
      let recent = "predictions from 2026-10-28T07:00:00Z to 2026-10-28T13:00:00Z"
      return world.policyCondition(.driftDetected)?.message == "no drift in 2 features, " + recent
        && world.policyCondition(.qualityPassed)?.message == "data quality is good, " + recent
        && world.policyCondition(.performanceOK)?.message
          == "accuracy 0.950 on 310 labels for 62% of the predictions from 2026-10-27T07:00:00Z to 2026-10-27T13:00:00Z"
    },
    Sentence("where no label is due nothing is covered, and that is said", from: { watched() }) {
      var check = checkResult()
      check.performance = PerformanceSummary(
        expected: 0, span: ObservedSpan(from: "2026-10-27T07:00:00Z", to: "2026-10-27T13:00:00Z"))
      $0.checks(check)
    } holds: {
      $0.policy?.status.performance == "no labels due" && $0.policyCondition(.performanceOK)?.reason == "TooFewLabels"
        && $0.policyCondition(.performanceOK)?.message
          == "no prediction from 2026-10-27T07:00:00Z to 2026-10-27T13:00:00Z: labels are due 1d after it "
          + "(spec.performance.labelDelay)"
    },
    Sentence(
      "predictions that are deleted before their labels are due are said",
      from: {
        .serving(
          aModel(
            "income", ["serving": ["logging": ["retention": "12h"]], "training": ["schedule": ["cron": "0 2 1 1 *"]]]),
          policy: aPolicy("watch", ["schedule": ["cron": "0 2 1 1 *"]]))
      }
    ) {
      var check = checkResult()
      check.performance.expected = 0
      $0.checks(check)
    } holds: {
      $0.policyCondition(.performanceOK)?.message.contains(
        "income keeps predictions for 12h (spec.serving.logging.retention), and accuracy looks back 1d6h") == true
    },
    Sentence("accuracy below its minimum retrains", from: { watched() }) {
      $0.checks(checkResult(accuracy: 0.8))
    } holds: {
      $0.policyCondition(.performanceOK)?.reason == "PerformanceLoss" && $0.policy?.status.performance == "0.800 (62%)"
        && $0.startedJobs.last == "income-train-2"
    },
    Sentence("slow answers are a loss of performance, which no training mends", from: { watched() }) {
      $0.checks(checkResult(latency: 0.4))
    } holds: {
      $0.policyCondition(.performanceOK)?.message.contains("400ms is above 300ms") == true
        && $0.alerts.contains { $0.rule == .performanceLoss } && $0.policy?.status.retraining.request == nil
    },
    Sentence("a trigger that is not listed does not retrain", from: { watched(["triggers": ["QualityFailure"]]) }) {
      $0.checks(checkResult(drift: .critical))
    } holds: {
      $0.policy?.status.retraining.request == nil && $0.policyCondition(.driftDetected)?.status == .yes
    },
    Sentence(
      "one of three is not enough where two are asked for", from: { watched(["debounce": ["failures": 2, "of": 3]]) }
    ) {
      $0.checks(checkResult(drift: .critical))
    } holds: {
      $0.policyCondition(.retrainingNeeded)?.reason == "Debouncing" && $0.policy?.status.retraining.request == nil
    },
    Sentence(
      "two of three retrain, an inconclusive one between does not count",
      from: { watched(["debounce": ["failures": 2, "of": 3]]) }
    ) {
      $0.checks(checkResult(drift: .critical))
      $0.checks(checkResult(conclusive: false))
      $0.checks(checkResult())
      $0.checks(checkResult(drift: .critical))
    } holds: {
      $0.startedJobs.last == "income-train-2"
    },
    Sentence(
      "what was seen of another version does not count", from: { watched(["debounce": ["failures": 2, "of": 3]]) }
    ) {
      $0.checks(checkResult(drift: .critical))
      $0.retrains(result("v2", against: "v1"))
      $0.checks(checkResult("v2", drift: .critical))
    } holds: {
      $0.policyCondition(.retrainingNeeded)?.reason == "Debouncing"
    },
    Sentence("a second critical check within the cool-down waits and says until when", from: { watched() }) {
      $0.checks(checkResult(drift: .critical))
      $0.trains(result("v2", against: "v1", difference: -0.1, lower: -0.2))
      $0.checks(checkResult(drift: .critical))
    } holds: { world in
      guard let request = world.policy?.status.retraining.request else { return false }
      let end = request.at.advanced(bySeconds: 12 * 3600)
      return world.policyCondition(.retrainingNeeded)?.reason == "CoolingDown"
        && world.policyCondition(.retrainingNeeded)?.message.contains("\(end)") == true
        && world.startedJobs.filter { $0.contains("train") }.count == 2
    },
    Sentence("when the cool-down ends the need that is still there is met", from: { watched() }) {
      $0.checks(checkResult(drift: .critical))
      $0.trains(result("v2", against: "v1", difference: -0.1, lower: -0.2))
      $0.checks(checkResult(drift: .critical))
      $0.pass(TimeSpan(seconds: 12 * 3600))
      $0.settle()
    } holds: {
      $0.startedJobs.filter { $0.contains("train") }.count == 3
    },
    Sentence("a healthy check in between takes the need away", from: { watched() }) {
      $0.checks(checkResult(drift: .critical))
      $0.trains(result("v2", against: "v1", difference: -0.1, lower: -0.2))
      $0.checks(checkResult(drift: .critical))
      $0.checks(checkResult())
      $0.pass(TimeSpan(seconds: 12 * 3600))
      $0.settle()
    } holds: {
      $0.startedJobs.filter { $0.contains("train") }.count == 2 && $0.policyCondition(.retrainingNeeded)?.status == .no
        && $0.alerts.contains { $0.rule == .criticalDrift && $0.state == .resolved }
    },
    Sentence("the daily limit holds and says until when", from: { watched(["cooldown": "1s", "dailyLimit": 1]) }) {
      $0.checks(checkResult(drift: .critical))
      $0.trains(result("v2", against: "v1", difference: -0.1, lower: -0.2))
      $0.checks(checkResult(drift: .critical))
    } holds: {
      $0.policyCondition(.retrainingNeeded)?.reason == "DailyLimitReached"
        && $0.policyCondition(.retrainingNeeded)?.message.contains("until") == true
        && $0.startedJobs.filter { $0.contains("train") }.count == 2
    },
    Sentence("a dry run decides and says so but does not train", from: { watched(["dryRun": true]) }) {
      $0.checks(checkResult(drift: .critical))
    } holds: {
      $0.policyCondition(.retrainingNeeded)?.reason == "DryRun" && $0.startedJobs.count == 2 && $0.announced("DryRun")
    },
    Sentence("a training that runs already is waited for", from: { watched() }) {
      $0.model?.metadata.annotations[ApusAnnotations.retrainRequestedAt] = "by hand"
      $0.settle()
      $0.pass(TimeSpan(seconds: 60))
      $0.policy?.metadata.annotations[ApusAnnotations.checkRequestedAt] = "again"
      $0.settle()
      let job = $0.jobs.values.first { !$0.isEnded && $0.name.contains("check") }
      let text = JSONValue.document(RunResult(run: "r", checked: checkResult(drift: .critical))).text
      if let job { $0.end(job.name, exitCode: 0, message: text) }
      $0.settle()
    } holds: {
      $0.policyCondition(.retrainingNeeded)?.reason == "RetrainingRunning"
        && $0.policy?.status.retraining.request == nil
    },
    Sentence("a promotion makes the verdicts about the version before void", from: { watched() }) {
      $0.checks(checkResult(drift: .critical))
      $0.trains(result("v2", against: "v1"))
    } holds: {
      $0.traffic == "v2 100%" && $0.policyCondition(.driftDetected)?.reason == "NotCheckedYet"
        && $0.policyCondition(.retrainingNeeded)?.status == .no
    },
    Sentence(
      "alerts go to the channels that their severity is routed to",
      from: {
        watched(
          [:],
          [
            "alerts": [
              "routes": [
                ["severities": ["critical"], "channels": ["pager", "chat"]],
                ["severities": ["warning"], "channels": ["chat"]],
              ],
              "channels": [["name": "chat", "log": [:]], ["name": "pager", "log": [:]]],
            ]
          ])
      }
    ) {
      $0.checks(checkResult(drift: .critical))
    } holds: {
      $0.alerts.first { $0.rule == .criticalDrift }?.channels == ["pager", "chat"]
    },
    Sentence(
      "a policy whose window is nothing stalls", from: { World(aModel(), policy: aPolicy("p", ["window": "0s"])) }
    ) {
      $0.policyCondition(.stalled)?.reason == "InvalidSpec"
        && $0.policyCondition(.stalled)?.message.contains("spec.window") == true
    },
    Sentence("ordinary times are not told, whatever trains", from: { watched() }) {
      $0.checks(checkResult())
      $0.model?.metadata.annotations[ApusAnnotations.retrainRequestedAt] = "by hand"
      $0.settle()
      $0.checks(checkResult())
    } holds: {
      !$0.announced("NoTrigger") && !$0.announced("NoVersion") && !$0.announced("RetrainingRunning")
        && $0.policyCondition(.retrainingNeeded)?.reason == "NoTrigger"
        && $0.policyCondition(.retrainingNeeded)?.status == .no
    },
    Sentence("the end of a need is told, as nothing to warn of", from: { watched() }) {
      $0.checks(checkResult(drift: .critical))
      $0.trains(result("v2", against: "v1"))
    } holds: { world in
      let told = world.announcements.filter { ["RetrainingRunning", "NoTrigger"].contains($0.reason) }
      return told.map(\.reason) == ["RetrainingRunning", "NoTrigger"] && told.allSatisfy { $0.kind == .normal }
    },
    Sentence("what one policy has had done another does not ask for again", from: { watched() }) {
      $0.checks(checkResult(drift: .critical))
      // As a second policy stands that has seen the same.
      $0.policy?.status.retraining = .init()
      $0.policy?.metadata.name = "second"
      $0.settle()
      $0.trains(result("v2", against: "v1", difference: -0.1, lower: -0.2))
    } holds: {
      $0.startedJobs.filter { $0.contains("train") }.count == 2 && $0.policy?.status.retraining.request == nil
    },
    Sentence("what a check found of a namesake's v1 says nothing about this v1", from: { watched() }) {
      $0.checks(checkResult(drift: .critical))
      $0 = .serving($0.model?.madeAnew ?? aModel(), policy: $0.policy, at: $0.now)
    } holds: {
      $0.policyCondition(.driftDetected)?.reason == "NotCheckedYet" && $0.startedJobs == ["income-train-1"]
        && $0.policyCondition(.retrainingNeeded)?.status == .no
    },
    Sentence("a request that the model cannot answer yet is alerted about once", from: { watched() }) {
      $0.model?.spec.training.schedule = Schedule(cron: "61 * * * *")
      $0.checks(checkResult(drift: .critical))
      for _ in 0..<3 {
        $0.pass(TimeSpan(seconds: 600))
        $0.settle()
      }
    } holds: {
      $0.policy?.status.retraining.request != nil && $0.alerts.count { $0.rule == .retraining } == 1
        && $0.announcements.count { $0.reason == "RetrainingRequested" } == 1
    },
    Sentence("a clock that was wrong for a while does not hold the loop up", from: { watched() }) {
      $0.pass(TimeSpan(seconds: 1000 * 86400))
      $0.checks(checkResult(drift: .critical))
      $0.trains(result("v2", against: "v1", difference: -0.1, lower: -0.2))
      $0.pass(TimeSpan(seconds: -900 * 86400))
      $0.settle()
      $0.pass(TimeSpan(seconds: 13 * 3600))
      $0.checks(checkResult(drift: .critical))
    } holds: {
      $0.startedJobs.filter { $0.contains("train") }.count >= 3
    },
    Sentence("checks that were recorded are tidied up", from: { watched(["dryRun": true]) }) {
      for _ in 0..<8 { $0.checks(checkResult()) }
    } holds: {
      $0.jobs.keys.filter { $0.contains("check") }.count <= 4 && $0.policy?.status.history.count == 8
        && $0.configurations.keys.filter { $0.contains("check") }.count <= 4
    },
  ]

  @Test(arguments: sentences) func policy(_ sentence: Sentence) { sentence.check() }

  @Test func `a query that fires is a loss of performance and one that cannot be read is told`() throws {
    var world = watched()
    world.policy?.metadata.annotations[ApusAnnotations.checkRequestedAt] = "now"
    world.settle()
    let job = try #require(world.running)
    world.end(job.name, exitCode: 0, message: JSONValue.document(RunResult(run: "r", checked: checkResult())).text)
    var observed = try #require(world.observePolicy())
    observed.readings = [
      QueryReading(query: .init(name: "sales", server: "http://p", promql: "x", below: 5), value: 3),
      QueryReading(
        query: .init(name: "away", server: "http://q", promql: "x", below: 5), value: nil, problem: "no answer"),
    ]
    let status = observed.decide().status
    #expect(status.lastCheck?.triggers == [.performanceLoss])
    #expect(status.lastCheck?.message?.contains("query sales gives 3.0, below 5.0") == true)
    #expect(status.lastCheck?.message?.contains("query away: no answer") == true)
  }

  /// An operator has announced a check and died before it had made the Job; so much later the next one decides.
  private func decisions(apart seconds: Double) throws -> (first: PolicyDecision, second: PolicyDecision) {
    var world = watched()
    world.policy?.metadata.annotations[ApusAnnotations.checkRequestedAt] = "now"
    let first = try #require(world.observePolicy()).decide()
    world.policy?.status.outbox = first.status.outbox
    world.pass(TimeSpan(seconds: seconds))
    return (first, try #require(world.observePolicy()).decide())
  }

  @Test func `a check that was announced begins as announced, with the same Job and configuration`() throws {
    let (first, second) = try decisions(apart: 59)
    #expect(second.status.runningCheck == first.status.runningCheck)
    #expect(!second.apply.isEmpty && second.apply.map(\.name) == first.apply.map(\.name))
    #expect(second.status.outbox == first.status.outbox)
  }

  @Test func `a check that did not come about is not announced, whatever the next one is named`() throws {
    let (first, second) = try decisions(apart: 61)
    let started = second.status.outbox.filter { $0.reason == "CheckStarted" }
    let job = try #require(second.status.runningCheck)
    #expect(job != first.status.runningCheck)
    #expect(started.count == 1 && started.first?.message.hasPrefix("\(job): ") == true)
  }
}
