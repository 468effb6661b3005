import ApusAPI
import Decisions
import KubernetesModel
import Testing
import WorkerContract

private func time(_ text: String) -> Timestamp { Timestamp(text) ?? Timestamp(secondsSince1970: 0) }

/// A model that was trained at `start` (noon, else) and is served.
private func trained(_ cron: String, _ zone: String = "Etc/UTC", at start: String = "2026-10-28T12:00:00Z") -> World {
  .serving(
    aModel("income", ["training": ["schedule": ["cron": .string(cron), "timeZone": .string(zone)]]]), at: time(start))
}

/// A served model that is never trained by schedule, and a policy.
private func watched(_ cron: String, _ spec: JSONValue = [:]) -> World {
  let schedule: JSONValue = ["schedule": ["cron": .string(cron)]]
  let policy = aPolicy("watch", schedule.merged(with: spec))
  return .serving(aModel("income", ["training": ["schedule": ["cron": "0 2 1 1 *"]]]), policy: policy)
}

extension World {
  fileprivate mutating func at(_ text: String) {
    now = time(text)
    settle()
  }

  fileprivate mutating func schedule(_ cron: String, _ zone: String = "Etc/UTC") {
    model?.spec.training.schedule = Schedule(cron: cron, timeZone: zone)
    model?.metadata.generation? += 1
    settle()
  }

  fileprivate mutating func check(_ cron: String) {
    policy?.spec.schedule = Schedule(cron: cron)
    policy?.metadata.generation? += 1
    settle()
  }

  fileprivate mutating func suspend(_ isSuspended: Bool) {
    policy?.spec.suspend = isSuspended
    policy?.metadata.generation? += 1
    settle()
  }

  fileprivate var trainings: Int { startedJobs.filter { $0.contains("-train-") }.count }
  fileprivate var checks: Int { startedJobs.filter { $0.contains("-check-") }.count }
}

/// A schedule that changes holds from then on, never for instants before the change (kubernetes/kubernetes#63371).
@Suite struct ScheduleChangeTests {
  static let sentences: [Sentence] = [
    Sentence("a new line with an instant since the last run starts nothing", from: { trained("0 2 1 1 *") }) {
      $0.at("2026-10-31T12:00:00Z")
      $0.schedule("0 2 * * *")
    } holds: {
      $0.trainings == 1 && $0.model?.status.nextTraining == time("2026-11-01T02:00:00Z")
        && $0.model?.status.schedule == .init(Schedule(cron: "0 2 * * *"), since: time("2026-10-31T12:00:00Z"))
    },
    Sentence("a new line trains at its next instant", from: { trained("0 2 1 1 *") }) {
      $0.at("2026-10-31T12:00:00Z")
      $0.schedule("0 2 * * *")
      $0.at("2026-11-01T02:00:00Z")
    } holds: {
      $0.trainings == 2 && $0.model?.status.training?.trigger == .schedule
    },
    Sentence("a new line does not count at the very instant of its change", from: { trained("0 2 1 1 *") }) {
      $0.now = time("2026-10-31T02:00:00Z")
      $0.schedule("0 2 * * *")
    } holds: {
      $0.trainings == 1
    },
    Sentence("a new time zone does not make up for this morning", from: { trained("0 2 * * *", "America/New_York") }) {
      $0.at("2026-10-28T15:00:00Z")
      $0.schedule("0 2 * * *", "Asia/Tokyo")
      if $0.trainings != 1 { $0.startedJobs = [] }
      $0.at("2026-10-28T17:00:00Z")
    } holds: {
      $0.trainings == 2
    },
    Sentence("there and back again is a change as well", from: { trained("0 14 * * *") }) {
      $0.at("2026-10-28T13:00:00Z")
      $0.schedule("0 2 1 1 *")
      $0.at("2026-10-28T15:00:00Z")
      $0.schedule("0 14 * * *")
    } holds: {
      $0.trainings == 1 && $0.model?.status.nextTraining == time("2026-10-29T14:00:00Z")
    },
    Sentence("a line that a person mends holds from then on", from: { trained("0 14 * * *") }) {
      $0.at("2026-10-28T13:00:00Z")
      $0.schedule("0 99 * * *")
      $0.at("2026-10-28T15:00:00Z")
      $0.schedule("0 14 * * *")
    } holds: {
      $0.trainings == 1 && $0.modelCondition(.stalled) == nil
    },
    Sentence("what else a person has to mend leaves the schedule as it was", from: { trained("0 14 * * *") }) {
      $0.model?.spec.training.deadline = TimeSpan(seconds: 0)
      $0.at("2026-10-28T15:00:00Z")
      if $0.modelCondition(.stalled) == nil || $0.trainings != 1 { $0.startedJobs = [] }
      $0.model?.spec.training.deadline = TimeSpan(seconds: 600)
      $0.settle()
    } holds: {
      $0.trainings == 2 && $0.model?.status.training?.trigger == .schedule
    },
    Sentence("an operator that was away makes up for an unchanged schedule, once", from: { trained("0 2 * * *") }) {
      $0.at("2026-11-03T12:00:00Z")
      $0.trains(result("v2", against: "v1"))
      $0.settle()
    } holds: {
      $0.trainings == 2
    },
    Sentence("what was due before the change is not made up for after it", from: { trained("0 2 * * *") }) {
      $0.now = time("2026-10-29T03:00:00Z")
      $0.schedule("0 4 * * *")
    } holds: {
      $0.trainings == 1
    },
    Sentence("what was due while a run trains is lost with its line", from: { trained("0 14 * * *") }) {
      $0.model?.metadata.annotations[ApusAnnotations.retrainRequestedAt] = "now"
      $0.at("2026-10-28T15:00:00Z")
      $0.schedule("0 2 1 1 *")
      $0.trains(result("v2", against: "v1"))
    } holds: {
      $0.trainings == 2
    },
    Sentence("a new line and a new source train once, for the source", from: { trained("0 2 1 1 *") }) {
      $0.now = time("2026-10-31T12:00:00Z")
      $0.model?.spec.schema.timestamp = "at"
      $0.schedule("0 2 * * *")
      $0.trains(result("v2", against: "v1"))
    } holds: {
      $0.trainings == 2 && $0.version("v2")?.spec.trigger == .specChange
    },
    Sentence("an object of a release that did not note its schedule starts nothing", from: { trained("0 2 * * *") }) {
      $0.model?.status.schedule = nil
      $0.at("2026-11-03T12:00:00Z")
    } holds: {
      $0.trainings == 1 && $0.model?.status.schedule?.since == time("2026-11-03T12:00:00Z")
    },
    Sentence("and trains at its next instant", from: { trained("0 2 * * *") }) {
      $0.model?.status.schedule = nil
      $0.at("2026-11-03T12:00:00Z")
      $0.at("2026-11-04T02:00:00Z")
    } holds: {
      $0.trainings == 2
    },
    Sentence("a clock that was wrong does not put a schedule off", from: { trained("0 2 * * *") }) {
      $0.model?.status.schedule?.since = time("2031-01-01T00:00:00Z")
      $0.at("2026-10-28T13:00:00Z")
      $0.at("2026-10-29T02:00:00Z")
    } holds: {
      $0.trainings == 2
    },
    Sentence("a policy's new line checks nothing of the past", from: { watched("0 2 1 1 *") }) {
      $0.at("2026-10-29T12:30:00Z")
      $0.check("0 * * * *")
      if $0.checks != 0 { $0.startedJobs = [] }
      $0.at("2026-10-29T13:00:00Z")
    } holds: {
      $0.checks == 1 && $0.policy?.status.schedule?.since == time("2026-10-29T12:30:00Z")
    },
    Sentence("a policy that is resumed checks nothing of its pause", from: { watched("0 * * * *") }) {
      $0.suspend(true)
      $0.at("2026-10-29T12:30:00Z")
      if $0.policy?.status.schedule != nil { $0.startedJobs = ["a suspended policy has no schedule in force"] }
      $0.suspend(false)
    } holds: {
      $0.startedJobs == ["income-train-1"] && $0.policy?.status.nextCheck == time("2026-10-29T13:00:00Z")
    },
    Sentence("and checks at its next instant", from: { watched("0 * * * *") }) {
      $0.suspend(true)
      $0.at("2026-10-29T12:30:00Z")
      $0.suspend(false)
      $0.at("2026-10-29T13:00:00Z")
    } holds: {
      $0.checks == 1
    },
    Sentence(
      "a policy that was written suspended waits for its first instant",
      from: { watched("0 * * * *", ["suspend": true]) }
    ) {
      $0.at("2026-10-29T12:30:00Z")
      $0.suspend(false)
    } holds: {
      $0.checks == 0
    },
    Sentence("a check that was asked for during the pause runs when it ends", from: { watched("0 2 1 1 *") }) {
      $0.suspend(true)
      $0.policy?.metadata.annotations[ApusAnnotations.checkRequestedAt] = "now"
      $0.at("2026-10-29T12:30:00Z")
      $0.suspend(false)
    } holds: {
      $0.checks == 1
    },
    Sentence("a resumed policy of a model that is promoted later still waits", from: { watched("0 * * * *") }) {
      $0.suspend(true)
      $0.at("2026-10-29T12:10:00Z")
      $0.suspend(false)
      $0.at("2026-10-29T12:59:59Z")
    } holds: {
      $0.checks == 0
    },
    Sentence("a policy of a release that did not note its schedule starts nothing", from: { watched("0 * * * *") }) {
      $0.policy?.status.schedule = nil
      $0.at("2026-10-29T12:30:00Z")
    } holds: {
      $0.checks == 0
    },
    Sentence("a policy that nobody saw when it was made is made up for", from: { watched("0 * * * *") }) {
      $0.policy?.status = MonitoringPolicyStatus()
      $0.at("2026-10-28T15:30:00Z")
    } holds: {
      $0.checks == 1
    },
    Sentence("unless it was changed before anybody saw it", from: { watched("0 * * * *") }) {
      $0.policy?.status = MonitoringPolicyStatus()
      $0.policy?.metadata.generation = 2
      $0.at("2026-10-28T15:30:00Z")
    } holds: {
      $0.checks == 0
    },
  ]

  @Test(arguments: sentences) func schedules(_ sentence: Sentence) { sentence.check() }

  /// A change of the line to 02:30 in Berlin around the nights in which clocks change there.
  struct Night: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var change: String
    var look: String
    var trains: Bool
  }

  static let nights: [Night] = [
    Night(
      testDescription: "02:30 is skipped and due at 03:00: a change at 01:59 comes before it",
      change: "2027-03-28T00:59:00Z", look: "2027-03-28T01:00:00Z", trains: true),
    Night(
      testDescription: "a change at 03:01 comes after it", change: "2027-03-28T01:01:00Z",
      look: "2027-03-28T23:00:00Z", trains: false),
    Night(
      testDescription: "02:30 comes twice and is due the first time", change: "2026-10-25T00:29:00Z",
      look: "2026-10-25T00:30:00Z", trains: true),
    Night(
      testDescription: "a change between the two comes too late", change: "2026-10-25T00:31:00Z",
      look: "2026-10-25T12:00:00Z", trains: false),
  ]

  @Test(arguments: nights) func `when the clocks change`(_ night: Night) {
    var world = trained("0 2 1 1 *", at: "2026-10-24T12:00:00Z")
    world.now = time(night.change)
    // The new year has come in between for some.
    world.model?.status.handled.scheduledUntil = world.now
    world.schedule("30 2 * * *", "Europe/Berlin")
    #expect(world.trainings == 1)
    world.at(night.look)
    #expect((world.trainings == 2) == night.trains)
  }
}
