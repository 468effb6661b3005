import Foundation

/// What must hold for every answer, whatever was asked.
struct AnswerCheck {
  let request: FuzzedRequest
  let code: Int
  /// The length of the JSON in front of binary data.
  let jsonLength: Int?
  let body: [UInt8]

  /// Empty where all holds; else one sentence for each thing that does not.
  func problems() -> [String] {
    var problems: [String] = []
    let allowed: Set<Int> =
      switch request.target {
      case .predict, .batch: [200, 400, 404, 413, 415, 422]
      case .feedback: [200, 400, 404, 413, 415, 422, 503]
      case .infer: [200, 400, 404, 413, 415, 422]
      }
    if !allowed.contains(code) { problems.append("status \(code)") }
    let most = code == 200 ? FuzzedServer.mostAnswer : Self.mostRefusal
    if body.count > most { problems.append("an answer of \(body.count) bytes, above its bound of \(most)") }
    guard
      let answer = try? JSONSerialization.jsonObject(with: Data(body.prefix(jsonLength ?? body.count)))
        as? [String: Any]
    else { return problems + ["the answer is no JSON object"] }
    if code == 200 {
      if !isJSON() { problems.append("200 for a body that an independent parser refuses") }
      problems += predictionProblems(answer)
    } else if (answer["error"] as? String)?.isEmpty ?? true {
      problems.append("a refusal without its reason")
    }
    if code == 422, request.target == .predict, (answer["fields"] as? [Any])?.isEmpty ?? true {
      problems.append("422 without a field")
    }
    return problems
  }

  /// Bytes of an answer that says what is wrong.
  private static let mostRefusal = 64 << 10

  private func predictionProblems(_ answer: [String: Any]) -> [String] {
    switch request.target {
    case .predict: return Self.problems(ofPrediction: answer)
    case .batch:
      guard let rows = answer["responses"] as? [[String: Any]] else { return ["a batch without responses"] }
      return rows.flatMap { $0["error"] == nil ? Self.problems(ofPrediction: $0) : [] }
    case .feedback:
      return answer["accepted"] is Int && answer["rejected"] is [Any] ? [] : ["feedback is not counted"]
    case .infer:
      let outputs = answer["outputs"] as? [[String: Any]] ?? []
      if outputs.isEmpty { return ["an inference without outputs"] }
      return Set(outputs.compactMap { $0["name"] as? String }).count == outputs.count ? [] : ["an output comes twice"]
    }
  }

  private static func problems(ofPrediction answer: [String: Any]) -> [String] {
    guard let probabilities = answer["probabilities"] as? [String: Double],
      let predicted = answer["predicted_class"] as? String, let confidence = answer["confidence"] as? Double
    else { return ["a prediction without its parts"] }
    var problems: [String] = []
    let sum = probabilities.values.reduce(0, +)
    if !(abs(sum - 1) < 1e-5) { problems.append("probabilities add up to \(sum)") }
    if probabilities[predicted] != confidence || confidence != probabilities.values.max() {
      problems.append("the predicted class is not the most probable one")
    }
    for case let output as [String: Any] in answer["explanation"] as? [Any] ?? [] {
      let parts = (output["contributions"] as? [String: Double] ?? [:]).values.reduce(
        output["bias"] as? Double ?? .nan, +)
      if !(abs(parts - (output["margin"] as? Double ?? .nan)) < 1e-9) { problems.append("contributions do not add up") }
    }
    return problems
  }

  /// What Foundation says of the request's body.
  private func isJSON() -> Bool {
    let length = request.headers.first { $0.name == "Inference-Header-Content-Length" }.flatMap { Int($0.value) }
    let text = request.body.prefix(request.target == .infer ? length ?? request.body.count : request.body.count)
    return (try? JSONSerialization.jsonObject(with: Data(comparable(text)))) != nil
  }

  private static let words = [Array("NaN".utf8), Array("Infinity".utf8), Array("-Infinity".utf8)]

  /// The text as Foundation should take it, too: numbers of any size are JSON, but Foundation refuses those beyond a double;
  /// and where rows fail one by one, or are tensors, NaN and the infinities are a matter of their row.
  private func comparable(_ text: ArraySlice<UInt8>) -> [UInt8] {
    let text = Array(text)
    var output: [UInt8] = []
    var isText = false
    var place = 0
    while place < text.count {
      let byte = text[place]
      if isText, byte == UInt8(ascii: "\\"), place + 1 < text.count {
        output += text[place...place + 1]
        place += 2
        continue
      }
      if byte == UInt8(ascii: "\"") { isText.toggle() }
      if !isText, request.target != .predict, let word = Self.words.first(where: { text[place...].starts(with: $0) }) {
        output.append(UInt8(ascii: "0"))
        place += word.count
        continue
      }
      let run: ArraySlice<UInt8> = isText ? [] : text[place...].prefix { Self.isNumeric($0) }
      if Self.isNumber(run) {
        output.append(UInt8(ascii: "0"))
        place += run.count
        continue
      }
      output.append(byte)
      place += 1
    }
    return output
  }

  /// -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?
  private static func isNumber(_ run: ArraySlice<UInt8>) -> Bool {
    var rest = run.first == 0x2D ? run.dropFirst() : run
    func digits() -> Int {
      let count = rest.prefix { (0x30...0x39).contains($0) }.count
      rest = rest.dropFirst(count)
      return count
    }
    let startsWithZero = rest.first == 0x30
    let whole = digits()
    guard whole == 1 || whole > 1 && !startsWithZero else { return false }
    if rest.first == 0x2E {
      rest = rest.dropFirst()
      guard digits() > 0 else { return false }
    }
    if let letter = rest.first, letter | 0x20 == 0x65 {
      rest = rest.dropFirst()
      if let sign = rest.first, sign == 0x2B || sign == 0x2D { rest = rest.dropFirst() }
      guard digits() > 0 else { return false }
    }
    return rest.isEmpty
  }

  private static func isNumeric(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || [0x2B, 0x2D, 0x2E, 0x45, 0x65].contains(byte)
  }
}
