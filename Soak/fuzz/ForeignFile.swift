import Artifacts
import Foundation
import Learning
import Tabular
import Values
import WorkerContract

/// One input: a version's files, or the result of a run, as somebody else wrote it.
struct ForeignFile: Sendable {
  enum Kind: CaseIterable, Sendable {
    case model, linear, schema, pipeline, samples, result, check, load, unchanged, removal, failure
  }

  let kind: Kind
  var document: [UInt8]

  init(_ random: inout SeededGenerator, isDamaged: Bool = true) throws {
    kind = random.pick(Kind.allCases + [.model, .model, .model, .result])
    document = try Self.good(kind)
    guard isDamaged else { return }
    if kind == .model, random.once(in: 3) {
      var grammar = ForestGrammar(random: random)
      document = grammar.model(columns: FeaturePipeline(learned: SampleModel.schema).width)
      random = grammar.random
      if random.once(in: 2) { return }
    }
    var mutation = FileMutation(random: random)
    for _ in 0...mutation.random.below(3) { mutation.apply(to: &document) }
    random = mutation.random
  }

  private static let linear = #"""
    {"learner":{"attributes":{"apus.standardisation":"{\"means\":[0,1,2,0,0,0,0,0,0,0],\"deviations\":[1,1,1,1,1,1,1,1,1,1]}"},
     "gradient_booster":{"name":"gblinear","model":{"weights":[0.1,0.2,0.3,0.1,0.1,0.1,0.1,0.1,0.1,0.1,-1]}},
     "learner_model_param":{"base_score":"5E-1","num_class":"0","num_feature":"10","num_target":"1"},
     "objective":{"name":"binary:logistic"}}}
    """#

  private static let samples =
    #"{"format":"apus.dev/samples/v1","rows":[{"features":{"age":39,"work":"Private"},"probabilities":[0.4875026,0.5124974]}]}"#

  private static let digest = "sha256:" + String(repeating: "a", count: 64)

  private static let result = #"""
    {"contract":"apus.dev/worker/v1","run":"r","trained":{"artifact":{"version":"v3","digest":"\#(digest)"},
     "rows":{"train":600,"validation":200,"test":200},"metrics":{"accuracy":0.87,"f1":0.71,"rocAUC":0.928,"brier":0.087},
     "positive":">50K","comparison":{"champion":{"version":"v2","digest":"\#(digest)"},
     "championMetrics":{"accuracy":0.86,"brier":0.09},"metric":"rocAUC","difference":0.004,"lower":0.001,"upper":0.007,
     "pValue":0.005,"rows":200},"segments":[{"feature":"sex","level":"Female","metric":"recall","challenger":0.61,
     "champion":0.6,"rows":20}],"calibrationError":0.012,"warnings":["few rows"],"seconds":{"train":1.5},"dataDigest":""}}
    """#

  private static let check = #"""
    {"contract":"apus.dev/worker/v1","run":"r","checked":{"version":"v3","rows":300,"conclusive":true,
     "drift":{"severity":"critical","features":2,"critical":1,"warning":0,"share":0.5,"worst":[{"feature":"age",
     "severity":"critical","psi":0.31,"pValue":0.001,"effect":0.3}]},"quality":{"severity":"none","failed":[]},
     "performance":{"coverage":0.6,"labelled":30},"report":"reports/r.html"}}
    """#

  /// A result with one part only.
  private static func single(_ part: String) -> [UInt8] {
    Array("{\"contract\":\"apus.dev/worker/v1\",\"run\":\"r\",\(part)}".utf8)
  }

  private static func good(_ kind: Kind) throws -> [UInt8] {
    switch kind {
    case .model: Array(try SampleModel.bundle(shift: 0).file(ArtifactBundle.FileName.model))
    case .linear: Array(linear.utf8)
    case .schema: Array(try sorted(SampleModel.schema))
    case .pipeline: Array(try sorted(FeaturePipeline(learned: SampleModel.schema)))
    case .samples: Array(samples.utf8)
    case .result: Array(result.utf8)
    case .check: Array(check.utf8)
    case .load: single("\"loaded\":{\"artifact\":{\"version\":\"v3\",\"digest\":\"\(digest)\"},\"rows\":20}")
    case .unchanged: single(#""unchanged":{"version":"v2","dataDigest":"sha256:ab","removed":["v1"]}"#)
    case .removal: single(#""removed":{"rows":5000,"reports":3,"versions":2}"#)
    case .failure:
      single(#""failed":{"reason":"NoRows","message":"The file is empty.","retryable":false,"step":"read"}"#)
    }
  }

  private static func sorted(_ value: some Encodable) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    return try encoder.encode(value)
  }

  /// What a reader makes of it.
  private enum Reading {
    case refused(String)
    case result(RunResult)
    case version(Predictor)
  }

  private func read() throws -> Reading {
    func file(_ kind: Kind) throws -> Data { try Data(self.kind == kind ? document : Self.good(kind)) }
    do {
      switch kind {
      case .result, .check, .load, .unchanged, .removal, .failure:
        return .result(try RunResult(reading: String(decoding: document, as: UTF8.self), .init(run: "r")))
      case .model, .linear, .schema, .pipeline, .samples:
        return .version(
          try Predictor(
            schema: file(.schema), pipeline: file(.pipeline), model: file(kind == .linear ? .linear : .model),
            samples: kind == .samples ? Data(document) : nil))
      }
    } catch let error as ResultProblem {
      return .refused(error.description)
    } catch let error as LearningError {
      return .refused(error.description)
    }
  }

  func isAccepted() throws -> Bool {
    if case .refused = try read() { return false }
    return true
  }

  /// What does not hold: a refusal is a short sentence without anything that a terminal obeys, and what is not refused is sound.
  func problems() throws -> [String] {
    switch try read() {
    case .refused(let sentence):
      return sentence.plain(characters: 4096) == sentence ? [] : ["a refusal that is long or not fit to be shown"]
    case .result(let result): return Self.problems(of: result)
    case .version(let predictor): return try answerProblems(predictor)
    }
  }

  private static func problems(of result: RunResult) -> [String] {
    guard let data = try? JSONEncoder().encode(result), let document = try? JSONSerialization.jsonObject(with: data)
    else { return ["a number that is not finite"] }
    var texts: [String] = []
    collect(document, &texts)
    var problems =
      texts.allSatisfy { $0.plain(characters: 4096) == $0 } ? [] : ["a text that is not fit to be shown"]
    let digests = [result.trained?.artifact, result.trained?.comparison?.champion, result.loaded?.artifact]
      .compactMap { $0?.digest }
    if digests.contains(where: { ContentDigest($0) == nil }) { problems.append("a digest that is none") }
    let metrics = result.trained?.metrics
    if MetricName.allCases.compactMap({ metrics?[$0] }).contains(where: { !(0...1).contains($0) }) {
      problems.append("a measure outside of 0 to 1")
    }
    if let reason = result.failed?.reason, reason.wholeMatch(of: /[A-Z][A-Za-z0-9]{0,63}/) == nil {
      problems.append("a reason that is no word")
    }
    return problems
  }

  /// All texts, names of members included.
  private static func collect(_ value: Any, _ texts: inout [String]) {
    switch value {
    case let text as String: texts.append(text)
    case let list as [Any]: for element in list { collect(element, &texts) }
    case let members as [String: Any]:
      texts += members.keys
      for member in members.values { collect(member, &texts) }
    default: break
    }
  }

  /// Of rows with all that a number can be: trees give probabilities for each, linear models where nothing overflows.
  private func answerProblems(_ predictor: Predictor) throws -> [String] {
    let width = predictor.pipeline.width
    let kinds: [Float] =
      kind == .linear ? [0, 1, -1, .nan] : [0, 1, -1, .nan, .greatestFiniteMagnitude, -3e38, .leastNonzeroMagnitude]
    let values = (0..<40 * width).map { kinds[$0 * 7 % kinds.count] }
    let all = try predictor.model.probabilities(of: values)
    let classes = predictor.model.classCount
    var found: [String] = []
    for row in 0..<40 {
      let own = all[row * classes..<(row + 1) * classes]
      if own.contains(where: { !$0.isFinite }), kind != .linear { found.append("row \(row): \(own)") }
      if own.allSatisfy(\.isFinite), abs(own.reduce(0, +) - 1) > 1e-3 {
        found.append("row \(row) adds up to something else")
      }
    }
    let single = try predictor.model.probabilities(of: Array(values.prefix(width)))
    if !zip(single, all).allSatisfy({ $0 == $1 || $0.isNaN && $1.isNaN }) {
      found.append("one row has other probabilities")
    }
    _ = values.prefix(width).withContiguousStorageIfAvailable { predictor.model.contributions(of: $0) }
    return found
  }
}
