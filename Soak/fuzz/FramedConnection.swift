/// One input: what a client writes on one connection. Requests that can be read in one way only, then perhaps one that ends the
/// connection, then more, which nobody may take for a request.
struct FramedConnection: Sendable {
  /// Of all bytes in front of the damage, if there is some.
  var expected: [Int] = []
  /// One of the requests is damaged, so that nothing is known of it nor of what follows.
  var isDamaged = false
  var pieces: [[UInt8]]

  /// A request, what it is answered, and whether another may follow.
  struct Part: Sendable {
    var text: String
    var code: Int
    var stays = true
  }

  private static let row = #"{"features":{"age":39,"hours":40,"gain":0,"work":"Private","city":"Bern","zone":"1"}}"#
  private static let chunked = "\(String(row.utf8.count, radix: 16))\r\n\(row)\r\n0\r\n\r\n"

  private static func post(_ headers: String, _ body: String, _ version: String = "1.1") -> String {
    "POST /predict HTTP/\(version)\r\nHost: a\r\n\(headers)\r\n\r\n\(body)"
  }

  private static func length(_ value: String) -> String { post("Content-Length: \(value)", row) }

  static let going: [Part] = [
    Part(text: "GET /health HTTP/1.1\r\nHost: a\r\n\r\n", code: 200),
    Part(text: "GET http://b:80/health HTTP/1.1\r\nHost: a\r\n\r\n", code: 200),
    Part(text: "GET /health HTTP/1.1\r\nhOST:[::1]:8080\r\n\r\n", code: 200),
    Part(text: "GET /health HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", code: 200),
    Part(text: "GET /nowhere?a=%00 HTTP/1.1\r\nHost: a\r\n\r\n", code: 404),
    Part(text: length("\(row.utf8.count)"), code: 200), Part(text: length("\(row.utf8.count)  "), code: 200),
    Part(text: post("Content-Length: 1", "{"), code: 400), Part(text: post("Content-Length: 2", "{}"), code: 422),
    Part(text: post("Transfer-Encoding: chunked", chunked), code: 200),
    Part(text: post("Transfer-Encoding: , Chunked", chunked), code: 200),
    Part(
      text: post(
        "Transfer-Encoding: chunked\r\nTrailer: X",
        "\(String(row.utf8.count, radix: 16));a=b\r\n\(row)\r\n0\r\nX: y\r\n\r\n"), code: 200),
    Part(text: post("Expect: 100-continue\r\nContent-Length: \(row.utf8.count)", row), code: 200),
  ]

  static let last = endings.map { Part(text: $0.text, code: $0.code, stays: false) }

  private static let endings: [(text: String, code: Int)] = [
    ("GET /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 200), ("GET /health HTTP/1.0\r\n\r\n", 200),
    ("GET /health HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n", 200),
    ("nonsense\r\n\r\n", 400), ("GET /health HTTP/3.0\r\nHost: a\r\n\r\n", 400),
    ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    ("GET /health HTTP/1.1\r\nHost : a\r\n\r\n", 400),
    ("GET /health HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: "x", count: 40_000))\r\n\r\n", 431),
    ("GET /health HTTP/1.1\r\nHost: a\r\n\(String(repeating: "X: y\r\n", count: 500))\r\n", 431),
    (post("Transfer-Encoding: gzip, chunked", chunked), 501), (post("Transfer-Encoding: x,chunked", chunked), 501),
    (post("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked", chunked), 501),
    (post("Transfer-Encoding: chunked, chunked", chunked), 400),
    (post("Transfer-Encoding: chunked, gzip", chunked), 400),
    (post("Transfer-Encoding: xchunked", chunked), 400), (post("Transfer-Encoding: identity", chunked), 400),
    (post("Transfer-Encoding: chunked ,", chunked), 400), (post("Transfer-Encoding: chunked;a=b", chunked), 400),
    (post("Transfer-Encoding: chunked", chunked, "1.0"), 400),
    (post("Transfer-Encoding: chunked\r\nContent-Length: \(chunked.utf8.count)", chunked), 400),
    (post("Content-Length: \(row.utf8.count)\r\nTransfer-Encoding: chunked", chunked), 400),
    (post("Transfer-Encoding: chunked", "zz\r\n\(row)\r\n0\r\n\r\n"), 400),
    (length("\(row.utf8.count), \(row.utf8.count)"), 400), (length("+\(row.utf8.count)"), 400), (length("-1"), 400),
    (length("0x10"), 400), (length(""), 400), (length("99999999999999999999"), 400), (length("1 1"), 400),
    (length("\(row.utf8.count)\r\nContent-Length: \(row.utf8.count)"), 400),
    (post("Content-Length: 70000", String(repeating: " ", count: 70_000)), 413),
    (post("Content-Encoding: br\r\nContent-Length: \(row.utf8.count)", row), 415),
  ]

  init(_ random: inout SeededGenerator) {
    var parts = (0..<random.below(5)).map { _ in random.pick(Self.going) }
    if !random.once(in: 3) { parts.append(random.pick(Self.last)) }
    parts += (0..<random.below(3)).map { _ in random.pick(Self.going) }
    if parts.isEmpty { parts = [Self.going[0]] }
    let damaged = random.once(in: 3) ? random.below(parts.count) : nil
    var bytes: [UInt8] = []
    var isOpen = true
    for (place, part) in parts.enumerated() {
      var text = Array(part.text.utf8)
      if place == damaged {
        var mutation = Mutation(random: random)
        for _ in 0...mutation.random.below(3) { mutation.apply(to: &text) }
        random = mutation.random
        if isOpen { (isDamaged, isOpen) = (true, false) }
      }
      if isOpen { expected.append(part.code) }
      isOpen = isOpen && part.stays
      bytes += text
    }
    pieces = []
    while !bytes.isEmpty, pieces.count < 4 {
      let size = random.once(in: 2) ? bytes.count : 1 + random.below(bytes.count)
      pieces.append(Array(bytes.prefix(size)))
      bytes.removeFirst(size)
    }
    if !bytes.isEmpty { pieces.append(bytes) }
  }

  var bytes: [UInt8] { Array(pieces.joined()) }

  private static let allowed: Set<Int> = [200, 204, 400, 404, 405, 408, 413, 415, 422, 431, 501, 503]

  /// What does not hold of all that came back; empty where all does.
  func problems(ofAnswer bytes: [UInt8]) -> [String] {
    let answers = AnswerStream(bytes)
    if let problem = answers.problem { return [problem] }
    let codes = answers.items.map(\.code)
    var problems: [String] = []
    if isDamaged ? !codes.starts(with: expected) : codes != expected {
      problems.append("answered \(codes), which should be \(expected)\(isDamaged ? " and more" : "")")
    }
    if let odd = codes.first(where: { !Self.allowed.contains($0) }) { problems.append("status \(odd)") }
    if answers.items.dropLast().contains(where: \.closes) { problems.append("an answer behind the last one") }
    if let large = answers.items.first(where: { $0.length > FuzzedServer.mostAnswer }) {
      problems.append("an answer of \(large.length) bytes")
    }
    return problems
  }
}
