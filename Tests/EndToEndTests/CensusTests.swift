import Foundation
import KubernetesModel
import Testing

@Suite("The census data, from a file to a served model", .serialized, .enabled(if: Cluster.hasData))
struct CensusTests {
  @Test("trains in a Job, is served, answers as XGBoost does, and rolls back by spec.serving.version")
  func life() async throws {
    let stage = try await Stage.open("census")
    try Census.place(on: stage)
    try await stage.apply(Census.model())
    let waited = try await stage.kubectl("wait", "--for=condition=Ready", "md/income", "--timeout=240s")
    #expect(waited.text.contains("condition met"))

    let first = try #require(try await stage.get("md", "income"))
    #expect(first[path: "status", "version"]?.string == "v1")
    let auc = try #require(first[path: "status", "rocAUC"]?.double)
    #expect(auc >= 0.923, "default parameters reach \(auc)")

    let served = try await ServedModel(stage: stage, model: "income", version: "v1")
    try await served.checkPredictionsEqualXGBoost(rows: 40)

    // The sample's parameters: a new version by a change of the spec, better than production, promoted.
    try await stage.apply(Census.model(parameters: "{rounds: 200, maxDepth: 6, learningRate: 0.1}"))
    try await stage.wait(for: "v2 in production", "md", "income", within: .seconds(240)) {
      $0[path: "status", "version"]?.string == "v2" ? true : nil
    }
    let better = try #require(try await stage.get("mv", "income-v2"))
    let betterAUC = try #require(better[path: "spec", "result", "metrics", "rocAUC"]?.double)
    print("census: test AUC \(auc) with default parameters, \(betterAUC) with the sample's")
    #expect(betterAUC >= 0.927, "the sample's parameters reach \(betterAUC)")
    #expect(better[path: "status", "stage"]?.string == "Production")
    #expect(try await stage.get("mv", "income-v1")?[path: "status", "stage"]?.string == "Archived")
    try await stage.wait("md", "income", condition: "Ready")
    let next = try await ServedModel(stage: stage, model: "income", version: "v2")
    try await next.checkPredictionsEqualXGBoost(rows: 40)

    // Rollback, and back to what the registry decides.
    try await stage.kubectl(
      "patch", "md", "income", "--type=merge", "-p", #"{"spec": {"serving": {"version": "v1"}}}"#)
    try await stage.wait(for: "v1 served again", "md", "income", within: .seconds(60)) {
      $0[path: "status", "version"]?.string == "v1" ? true : nil
    }
    try await served.checkPredictionsEqualXGBoost(rows: 5)
    try await stage.kubectl("patch", "md", "income", "--type=merge", "-p", #"{"spec": {"serving": {"version": "v9"}}}"#)
    let stalled = try await stage.wait("md", "income", condition: "Stalled")
    #expect(stalled["message"]?.string?.contains("spec.serving.version") == true)
    #expect(stalled["message"]?.string?.contains("v1") == true, "the message lists what can be served")
    try await served.checkPredictionsEqualXGBoost(rows: 5)
    await stage.close()
  }

  @Test("waits for approval where approval is manual, and promotes on the annotation")
  func approval() async throws {
    let stage = try await Stage.open("approval")
    try Census.place(on: stage)
    try await stage.apply(Census.model(parameters: "{rounds: 20}", approval: "Manual"))
    try await stage.wait(for: "v1 waits for approval", "mv", "income-v1", within: .seconds(240)) {
      $0[path: "status", "stage"]?.string == "AwaitingApproval" ? true : nil
    }
    #expect(try await stage.get("md", "income")?[path: "status", "version"]?.string == nil)
    try await stage.annotate("md", "income", "apus.dev/approve=v1")
    try await stage.wait("md", "income", condition: "Ready", within: .seconds(120))
    let history = try await stage.get("mv", "income-v1")?[path: "status", "history"]?.array ?? []
    #expect(history.last?["by"]?.string?.contains("apus.dev/approve") == true, "\(history)")
    await stage.close()
  }
}
