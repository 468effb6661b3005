import Artifacts
import Dispatch
import Foundation
import Learning
import NIOCore
import NIOPosix
import PredictionLog
import Synchronization
import Tabular
import TestSupport
import Testing
import WorkerContract

@testable import Engine
@testable import Serving

/// The work of explanations is known and limited, and holds nobody up.
@Suite(.serialized) struct ExplanationLimitTests {
  private static let steps = Sample.deepSteps + Sample.pipeline.width + 1

  private static func batch(_ rows: Int) -> String {
    "{\"explain\":true,\"requests\":["
      + Array(repeating: "{\"features\":\(Sample.good)}", count: rows).joined(separator: ",") + "]}"
  }

  private static func inference(_ rows: Int) -> String {
    func data(_ value: String) -> String { Array(repeating: value, count: rows).joined(separator: ",") }
    return """
      {"parameters":{"explain":true},"inputs":[{"name":"age","shape":[\(rows)],"datatype":"FP64","data":[\(data("39"))]},
      {"name":"work","shape":[\(rows)],"datatype":"BYTES","data":[\(data("\"State\""))]},
      {"name":"zone","shape":[\(rows)],"datatype":"BYTES","data":[\(data("\"1\""))]}]}
      """
  }

  private func withDeepServer(explanation: Int, _ body: (RunningServer) async throws -> Void) async throws {
    try await withServer(isServing: false, limits: RequestLimits(explanation: explanation)) { server in
      let bundle = try Sample.bundle(Sample.deepModel)
      try await server.artifacts.put(bundle)
      #expect(try await server.reload(aTable(anEntry("v1", bundle.digest.description))).code == 200)
      try await body(server)
    }
  }

  @Test func `more work than a request may ask for is refused with what to do`() async throws {
    try await withDeepServer(explanation: 5 * Self.steps) { server in
      let v2 = "/v2/models/income/infer"
      for (path, body) in [("/predict/batch", Self.batch(5)), (v2, Self.inference(5))] {
        #expect(try await server.request("POST", path, body).code == 200)
      }
      let before = try await server.metric(#"apus_prediction_seconds_count{version="v1"}"#)
      for (path, body) in [("/predict/batch", Self.batch(6)), (v2, Self.inference(6))] {
        let reply = try await server.request("POST", path, body)
        #expect(reply.code == 413)
        #expect(reply.text.contains("\(Self.steps) steps") && reply.text.contains("at most 5 rows"), "\(reply.text)")
      }
      #expect(try await server.metric(#"apus_prediction_seconds_count{version="v1"}"#) == before)
      // Without an explanation all of them are predicted.
      let plain = Self.batch(1000).replacing("true", with: "false")
      #expect(try await server.request("POST", "/predict/batch", plain).code == 200)
    }
    try await withDeepServer(explanation: Self.steps - 1) { server in
      for (path, body) in [
        ("/predict", "{\"explain\":true,\"features\":\(Sample.good)}"), ("/predict/batch", Self.batch(1)),
      ] {
        let reply = try await server.request("POST", path, body)
        #expect(reply.code == 422 && reply.text.contains("without an explanation"), "\(reply.text)")
      }
    }
  }

  @Test func `an event loop explains only what takes it no time`() throws {
    let holder = ServingHolder()
    let metrics = someMetrics(holder: holder)
    let lanes = ServingLanes()
    func serve(_ predictor: Predictor) throws {
      let version = LoadedVersion(version: "v1", digest: "", predictor: predictor)
      holder.swap(
        try ServingState(
          table: aTable(anEntry("v1")), versions: [version], observer: ServingObserver(metrics: metrics, log: nil)))
    }
    let admission = Admission(limits: RequestLimits())
    let predictions = PredictionEndpoints(
      holder: holder, log: nil, metrics: metrics, admission: admission, clock: { 0 })
    let inference = InferenceEndpoints(holder: holder, metrics: metrics, admission: admission, clock: { 0 })
    func isInline(_ make: (ServingLane) -> Attempt) -> Bool { lanes.borrowing { make($0).answer?.code == 200 } }
    func explained() -> [Bool] {
      [
        isInline {
          predictions.predict(
            .init(string: "{\"explain\":true,\"features\":\(Sample.good)}"), header: nil, on: $0)
        },
        isInline { predictions.predictBatch(.init(string: Self.batch(1)), header: nil, on: $0) },
        isInline {
          inference.infer(
            .init(string: Self.inference(1)), ModelReference(model: "income"), header: nil, jsonLength: nil, on: $0)
        },
      ]
    }
    try serve(Sample.predictor())
    #expect(explained() == [true, true, true])
    try serve(Predictor(schema: Sample.schema, pipeline: Sample.pipeline, model: .init(json: Sample.deepModel)))
    #expect(explained() == [false, false, false])
    let plain = Self.batch(20).replacing("true", with: "false")
    #expect(isInline { predictions.predictBatch(.init(string: plain), header: nil, on: $0) })
    #expect(
      !isInline {
        predictions.predictBatch(
          .init(string: "[\(Array(repeating: "5", count: 8000).joined(separator: ","))]"), header: nil, on: $0)
      })
  }

  @Test func `work is done in parts of a bounded size, and ends when nobody waits for it`() async throws {
    let bounds = try LoadedVersion(
      version: "v1", digest: "",
      predictor: Predictor(schema: Sample.schema, pipeline: Sample.pipeline, model: .init(json: Sample.deepModel))
    ).bounds
    let admission = Admission(limits: RequestLimits())
    for (rows, explained, most) in [(1000, 0, 256), (1000, 1000, 1_000_000 / Self.steps), (3, 3, 6), (0, 0, 0)] {
      let cost = AnswerCost(rows: rows, explained: explained, idBytes: 0, bounds: bounds)
      let parts = try await admission.inParts(cost) { $0 }
      #expect(parts.flatMap { $0 } == Array(0..<rows), "in order, each once")
      #expect(parts.allSatisfy { $0.count <= most }, "\(parts.map(\.count))")
    }
    // The first parts wait until the client has gone: no other one follows.
    let made = Atomic(0)
    let goesOn = DispatchSemaphore(value: 0)
    let cost = AnswerCost(rows: 10_000, explained: 10_000, idBytes: 0, bounds: bounds)
    let work = Task {
      try await admission.inParts(cost) { _ in
        made.add(1, ordering: .sequentiallyConsistent)
        goesOn.wait()
      }
    }
    _ = try await eventually("it has begun") { made.load(ordering: .sequentiallyConsistent) > 0 ? () : nil }
    work.cancel()
    for _ in 0..<WorkThreads.explanations.count { goesOn.signal() }
    await #expect(throws: CancellationError.self) { try await work.value }
    #expect(made.load(ordering: .sequentiallyConsistent) <= WorkThreads.explanations.count)
  }

  @Test func `explanations take none of the threads that everything else runs on`() async throws {
    let bounds = try LoadedVersion(
      version: "v1", digest: "",
      predictor: Predictor(schema: Sample.schema, pipeline: Sample.pipeline, model: .init(json: Sample.deepModel))
    ).bounds
    let admission = Admission(limits: RequestLimits())
    let cost = AnswerCost(rows: 64, explained: 64, idBytes: 0, bounds: bounds)
    let goesOn = DispatchSemaphore(value: 0)
    // Many more requests than the machine has cores, of which each waits for something that another task does: if they
    // ran where that task runs, it would never come.
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<32 { group.addTask { _ = try await admission.inParts(cost) { _ in goesOn.wait() } } }
      group.addTask {
        for _ in 0..<32 * 64 {
          goesOn.signal()
          await Task.yield()
        }
      }
      try await group.waitForAll()
    }
  }

  @Test func `neither much memory for a row nor a large model takes an event loop or all the room`() async throws {
    let admission = Admission(limits: RequestLimits(held: 1 << 20))
    let wide = AnswerCost(rows: 1, rowBytes: 10, stepsOfRow: 1, scratch: 1 << 19, workOfRow: 0)
    guard case .failure(let refusal) = admission.admit(wide) else {
      Issue.record("it was admitted")
      return
    }
    #expect(refusal.answer.code == 422)
    let large = AnswerCost(rows: 100, rowBytes: 10, stepsOfRow: 0, scratch: 0, workOfRow: 1_000_000)
    #expect(!admission.isInline(large))
    let parts = try await admission.inParts(large) { $0 }
    #expect(parts.allSatisfy { $0.count <= 4 } && parts.flatMap { $0 } == Array(0..<100))
  }

  @Test func `each thread's memory for explaining counts, and no more threads explain than there is room for`() throws {
    for (held, scratch) in [(64 << 20, 1 << 20), (4 << 20, 1 << 20), (4 << 20, 1 << 19)] {
      let admission = Admission(limits: RequestLimits(held: held))
      let cost = AnswerCost(rows: 64, rowBytes: 10, stepsOfRow: 500_000, scratch: scratch, workOfRow: 0)
      let threads = min(WorkThreads.explanations.count, held / 4 / scratch)
      #expect(admission.threads(for: cost) == threads)
      let grant = try admission.admit(cost).get()
      #expect(admission.bytes.taken == 2 * cost.typical + threads * scratch)
      withExtendedLifetime(grant) {}
    }
    // One row is one part.
    let single = AnswerCost(rows: 1, rowBytes: 10, stepsOfRow: 500_000, scratch: 1 << 18, workOfRow: 0)
    #expect(Admission(limits: RequestLimits()).threads(for: single) == 1)
  }

  @Test func `small explanations find room beside large ones`() throws {
    let admission = Admission(limits: RequestLimits())
    // A batch of 10,000 rows by a usual model.
    let large = AnswerCost(rows: 10_000, rowBytes: 100, stepsOfRow: 900_000, scratch: 0, workOfRow: 0)
    var grants: [Admission.Grant] = []
    while case .success(let grant) = admission.admit(large) { grants.append(grant) }
    #expect(grants.count == 3)
    let small = AnswerCost(rows: 10, rowBytes: 100, stepsOfRow: 900_000, scratch: 0, workOfRow: 0)
    for _ in 0..<100 { grants.append(try admission.admit(small).get()) }
    grants.removeAll()
    #expect(admission.steps.taken == 0 && admission.largeSteps.taken == 0)
  }

  @Test func `an event loop writes no megabytes of rows for small tensors`() throws {
    // As JSON it has twice as many bytes, in each row.
    let name = String(repeating: "\"", count: 250)
    let quoted = "\"" + String(repeating: "\\\"", count: 250) + "\""
    var features = Sample.schema.features
    features[5].name = name
    let schema = FeatureSchema(target: Sample.schema.target, features: features)
    let holder = ServingHolder()
    let metrics = someMetrics(holder: holder)
    let predictor = try Predictor(
      schema: schema, pipeline: FeaturePipeline(learned: schema), model: try .init(json: Sample.model()))
    holder.swap(
      try ServingState(
        table: aTable(anEntry("v1")), versions: [LoadedVersion(version: "v1", digest: "", predictor: predictor)],
        observer: ServingObserver(metrics: metrics, log: nil)))
    let inference = InferenceEndpoints(
      holder: holder, metrics: metrics, admission: Admission(limits: RequestLimits()), clock: { 0 })
    for (rows, isInline) in [(20, true), (900, false)] {
      let body = Self.inference(rows).replacing("\"zone\"", with: quoted).replacing("true", with: "false")
      #expect(body.utf8.count <= 16 << 10)
      let attempt = ServingLanes().borrowing {
        inference.infer(
          .init(string: body), ModelReference(model: "income"), header: nil, jsonLength: nil, on: $0)
      }
      #expect((attempt.answer?.code == 200) == isInline, "\(rows) \(attempt)")
    }
  }

  @Test func `what is explained at the same time is limited too`() throws {
    let admission = Admission(limits: RequestLimits(explanation: 1000))
    let cost = AnswerCost(rows: 10, rowBytes: 10, stepsOfRow: 100, scratch: 0, workOfRow: 0)
    var grants = try (0..<4).map { _ in try admission.admit(cost).get() }
    func refusal() -> Int? {
      if case .failure(let refusal) = admission.admit(cost) { refusal.answer.code } else { nil }
    }
    #expect(refusal() == 503)
    grants.removeLast()
    #expect(refusal() == nil && admission.steps.taken == 3000)
    grants.removeAll()
    #expect(admission.steps.taken == 0 && admission.bytes.taken == 0)
  }

  @Test func `the admin port has threads, an event loop and room of its own`() throws {
    let server = try ModelServer(
      configuration: .init(routingPath: "/nowhere", log: .init(spillFolder: URL(filePath: "/nowhere"))),
      artifacts: FileArtifactStore(folder: "/nowhere"), telemetry: nil, logger: quiet)
    let (clients, admin) = (server.responder(for: .public), server.responder(for: .admin))
    #expect(clients.threads == nil && admin.threads === WorkThreads.admin)
    #expect(clients.budget === server.admission.bytes && admin.budget !== clients.budget)
    for responder in [clients, admin] {
      let endpoints = responder.endpoints
      #expect(
        [endpoints.predictions.admission, endpoints.inference.admission, endpoints.logs.admission].allSatisfy {
          $0 === responder.admission
        })
    }
    let loops = Set(MultiThreadedEventLoopGroup.singleton.makeIterator().map { ObjectIdentifier($0) })
    #expect(WorkThreads.adminLoop.makeIterator().allSatisfy { !loops.contains(ObjectIdentifier($0)) })
  }
}
