/// One input: a request that is more or less right.
struct FuzzedRequest: Sendable {
  enum Target: String, Sendable, CaseIterable {
    case predict = "/predict"
    case batch = "/predict/batch"
    case feedback = "/feedback"
    case infer = "/v2/models/fuzzed/infer"
  }

  let target: Target
  var path: String
  var headers: [(name: String, value: String)] = []
  var body: [UInt8]

  init(_ random: inout SeededGenerator) {
    target = random.pick([.predict, .predict, .predict, .batch, .batch, .infer, .infer, .feedback])
    path = target.rawValue
    var grammar = BodyGrammar(random: random)
    let written: (text: String, binary: [UInt8]) =
      switch target {
      case .predict: (grammar.prediction(), [])
      case .batch: (grammar.batch(), [])
      case .feedback: (grammar.feedback(), [])
      case .infer: grammar.inference()
      }
    random = grammar.random
    var text = Array(written.text.utf8)
    // A third as the grammar has it, which is wrong now and then too; the rest with some damage.
    if !random.once(in: 3) {
      var mutation = Mutation(random: random)
      for _ in 0...mutation.random.below(4) { mutation.apply(to: &text) }
      random = mutation.random
    }
    body = text + written.binary
    if !written.binary.isEmpty || random.once(in: 200) {
      let length = random.once(in: 50) ? random.below(2 * body.count + 2) - 1 : text.count
      headers.append(("Inference-Header-Content-Length", String(length)))
    }
    headers.append(("X-Request-Id", random.once(in: 50) ? String(repeating: "i", count: random.below(400)) : "fuzz"))
    if random.once(in: 100) {
      headers.append(("Content-Encoding", random.pick(["gzip", "deflate", "br", "identity", "x-gzip", ""])))
    }
    if random.once(in: 100) {
      path = random.pick([path + "/", path + "?a=%", "/", path + "x", "/v2/models/fuzzed/versions/v1/infer", "//"])
    }
  }

  /// Whether equal answers can be expected: without an id that is taken up, one is made for each.
  var hasID: Bool { headers.contains { $0.name == "X-Request-Id" && (1...256).contains($0.value.utf8.count) } }

  /// As a client writes it on the wire.
  var wire: [UInt8] {
    var head = "POST \(path) HTTP/1.1\r\nHost: fuzz\r\nContent-Length: \(body.count)\r\n"
    for (name, value) in headers { head += "\(name): \(value)\r\n" }
    return Array((head + "\r\n").utf8) + body
  }
}
