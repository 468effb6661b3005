/// The share of inputs that goes over a socket, heads damaged too: the server answers as HTTP or closes, and stays there.
struct WireShare {
  let port: Int

  /// What is wrong; empty where nothing is.
  func problems(of request: FuzzedRequest, _ random: inout SeededGenerator) async throws -> [String] {
    var wire = request.wire
    var isDamaged = false
    if random.once(in: 2) {
      isDamaged = true
      var mutation = Mutation(random: random)
      mutation.apply(to: &wire)
      random = mutation.random
    }
    let answer = try await RawExchange.send([wire], to: port)
    if answer.isEmpty { return isDamaged ? [] : ["no answer to a request that is HTTP"] }
    let line = String(decoding: answer.prefix(16), as: UTF8.self)
    guard line.hasPrefix("HTTP/1.1 "), let code = Int(line.dropFirst(9).prefix(3)) else {
      return ["the answer is not HTTP: \(line.debugDescription)"]
    }
    let allowed: Set<Int> = [100, 200, 204, 400, 404, 405, 408, 413, 415, 422, 431, 503]
    return allowed.contains(code) ? [] : ["status \(code) on the wire"]
  }
}
