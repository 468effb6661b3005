import Decisions
import KubernetesModel
import Testing
import WorkerContract

@Suite struct WorkerJobTests {
  private func job(_ status: JSONValue) throws -> Job {
    try JSONValue.object(["metadata": ["name": "j", "uid": "u"], "status": status]).decode()
  }

  private func pod(exitCode: Int64, message: String = "", reason: String = "Error") throws -> Pod {
    try JSONValue.object([
      "metadata": ["name": "p", "uid": "p"],
      "status": [
        "containerStatuses": [
          [
            "name": "worker",
            "state": [
              "terminated": ["exitCode": .integer(exitCode), "message": .string(message), "reason": .string(reason)]
            ],
          ]
        ]
      ],
    ]).decode()
  }

  private func complete(at time: Timestamp) -> JSONValue {
    [
      "succeeded": 1, "completionTime": .string(time.description),
      "conditions": [["type": "Complete", "status": "True", "lastTransitionTime": .string(time.description)]],
    ]
  }

  private func failed(_ reason: String, pods: Int64) -> JSONValue {
    [
      "failed": .integer(pods),
      "conditions": [
        [
          "type": "Failed", "status": "True", "reason": .string(reason),
          "lastTransitionTime": .string(noon.description),
        ]
      ],
    ]
  }

  @Test func `a complete Job whose pod has not been seen to end is still running`() throws {
    let seen = try #require(WorkerJob(try job(complete(at: noon)), pods: [], at: noon))
    #expect(seen.outcome == .running && seen.awaitsPods)
  }

  @Test func `a complete Job whose pod is gone for good has no result`() throws {
    let late = noon.advanced(bySeconds: 31)
    let seen = try #require(WorkerJob(try job(complete(at: noon)), pods: [], at: late))
    guard case .failed(let failure) = seen.outcome else {
      Issue.record("\(seen.outcome)")
      return
    }
    #expect(failure.reason == "ResultMissing")
  }

  @Test func `a complete Job with its pod gives the result`() throws {
    let text = termination(result("v1"))
    let seen = try #require(
      WorkerJob(try job(complete(at: noon)), pods: [try pod(exitCode: 0, message: text)], at: noon))
    guard case .ended(let run) = seen.outcome else {
      Issue.record("\(seen.outcome)")
      return
    }
    #expect(run.trained?.artifact.version == "v1")
  }

  @Test func `a failed Job waits for the end of its last try`() throws {
    let one = [try pod(exitCode: 1)]
    #expect(
      try #require(WorkerJob(try job(failed("BackoffLimitExceeded", pods: 2)), pods: one, at: noon)).outcome == .running
    )
    #expect(try #require(WorkerJob(try job(failed("BackoffLimitExceeded", pods: 1)), pods: one, at: noon)).isEnded)
  }

  @Test func `a Job whose time is up says so, though its pods are gone`() throws {
    let seen = try #require(WorkerJob(try job(failed("DeadlineExceeded", pods: 1)), pods: [], at: noon))
    guard case .failed(let failure) = seen.outcome else {
      Issue.record("\(seen.outcome)")
      return
    }
    #expect(failure.reason == "TrainingDeadlineExceeded" && failure.message.contains("raise spec.training.deadline"))
  }

  @Test func `a worker that was killed for its memory names the limit`() throws {
    let pods = [try pod(exitCode: 137, reason: "OOMKilled")]
    let seen = try #require(WorkerJob(try job(failed("BackoffLimitExceeded", pods: 1)), pods: pods, at: noon))
    guard case .failed(let failure) = seen.outcome else {
      Issue.record("\(seen.outcome)")
      return
    }
    #expect(
      failure.reason == "WorkerCrashed" && failure.message.contains("raise spec.training.resources.limits.memory"))
  }
}
