import Foundation
import TestSupport
import Testing

/// Everything that can be wrong with a body, and what is said about it.
@Suite(.serialized) struct InputTests {
  /// A field's value, the reason, and words of the message; nil: the value is taken.
  private static let values: [(field: String, value: String, refusal: (reason: String, words: String)?)] = [
    ("age", "39", nil), ("age", "0", nil), ("age", "-0", nil), ("age", "1.2e2", nil), ("age", "120", nil),
    ("age", "120.0001", ("out_of_range", "0 … 120")), ("age", "-1", ("out_of_range", "is -1")),
    ("age", "1e999", ("not_finite", "not a finite number")), ("age", "-1e999", ("not_finite", "not a finite number")),
    ("age", String(repeating: "9", count: 400), ("not_finite", "not a finite number")),
    ("age", "0.\(String(repeating: "1", count: 400))", nil), ("age", "1e-999", nil),
    ("age", "3.5e38", ("not_finite", "not a finite number")), ("age", "NaN", ("not_finite", "not a finite number")),
    ("age", "Infinity", ("not_finite", "not a finite number")),
    ("age", "-Infinity", ("not_finite", "not a finite number")),
    ("age", "null", ("null", "may not be null")), ("age", "\"39\"", ("wrong_type", "must be a number, without quotes")),
    ("age", "\"\"", ("null", "may not be null or empty")),
    ("age", "true", ("wrong_type", "must be a number, without quotes")),
    ("age", "[39]", ("wrong_type", "must be a number, without quotes")),
    ("age", "{\"value\":39}", ("wrong_type", "must be a number, without quotes")),
    // Warned of, taken as missing.
    ("hours", "100", nil), ("hours", "null", nil), ("hours", "NaN", ("not_finite", "not a finite number")),
    ("gain", "-5", nil), ("gain", "null", nil),
    ("work", "\"State\"", nil), ("work", "\"\\u0053tate\"", nil), ("work", "\"Navy\"", ("unseen_category", "'Navy'")),
    ("work", "\"state\"", ("unseen_category", "'state'")), ("work", "\"\"", ("null", "may not be null or empty")),
    ("work", "1", ("wrong_type", "must be a string")), ("work", "[\"State\"]", ("wrong_type", "must be a string")),
    ("work", "null", ("null", "may not be null")), ("work", "\"\\u0000\"", ("unseen_category", "training did not see")),
    ("city", "\"Ürgüp\"", nil), ("city", "\"\\u00dcrg\\u00fcp\"", nil), ("city", "\"Paris\"", nil),
    ("city", "null", nil),
    ("city", "\"\\ud83d\\ude00\"", nil), ("zone", "1", nil), ("zone", "\"9\"", nil),
    // The same number is the same level.
    ("zone", "1.0", nil), ("zone", "\"1e0\"", nil), ("zone", "\" 1 \"", nil),
    ("zone", "true", ("wrong_type", "must be a string")),
  ]

  private static let usual = ["age": "39", "work": "\"Private\"", "zone": "\"1\""]

  private static func body(_ features: [String: String]) -> String {
    "{\"features\":{" + features.map { "\"\($0)\":\($1)" }.joined(separator: ",") + "}}"
  }

  @Test func `each kind of value is taken or refused by its field's rules`() async throws {
    try await withServer { server in
      for (field, value, refusal) in Self.values {
        let reply = try await server.request("POST", "/predict", Self.body(Self.usual.merging([field: value]) { $1 }))
        let shown = "\(field): \(value.prefix(40)): \(reply.text)"
        #expect(reply.code == (refusal == nil ? 200 : 422), "\(shown)")
        guard let refusal else { continue }
        let fields = try #require(reply.json["fields"] as? [[String: String]], "\(shown)")
        #expect(fields.map { $0["field"] } == [field], "\(shown)")
        #expect(fields.first?["reason"] == refusal.reason, "\(shown)")
        #expect(fields.first?["message"]?.contains(refusal.words) == true, "\(shown)")
      }
    }
  }

  @Test func `every bad field is named in one answer`() async throws {
    try await withServer { server in
      let body = """
        {"key":5,"request_id":[],"explain":"yes","more":{},
         "features":{"age":1e999,"age":3,"hours":"x","work":"Navy","hat":1,"city":7}}
        """
      let reply = try await server.request("POST", "/predict", body)
      #expect(reply.code == 422)
      let fields = try #require(reply.json["fields"] as? [[String: String]])
      let told = Set(fields.compactMap { problem in problem["field"].map { "\($0) \(problem["reason"] ?? "")" } })
      #expect(
        told == [
          "key wrong_type", "request_id wrong_type", "explain wrong_type", "more unknown", "age not_finite",
          "age repeated",
          "hours wrong_type", "work unseen_category", "hat unknown", "city wrong_type", "zone missing",
        ])
    }
  }

  @Test func `what is no JSON in UTF-8 is told by its place`() async throws {
    try await withServer { server in
      let good = Self.body(Self.usual)
      func nested(_ depth: Int) -> String {
        "{\"features\":" + String(repeating: "[", count: depth) + String(repeating: "]", count: depth) + "}"
      }
      let cases: [(String, Data, Int, String)] = [
        ("with a byte order mark", Data([0xEF, 0xBB, 0xBF]) + Data(good.utf8), 400, "byte 0"),
        ("UTF-16", good.data(using: .utf16LittleEndian) ?? Data(), 400, "byte 1"),
        ("UTF-32", good.data(using: .utf32BigEndian) ?? Data(), 400, "byte 0"),
        ("a lone continuation byte", Data(good.utf8) + [0x80], 400, "not UTF-8"),
        ("an overlong form", Data(#"{"features":""#.utf8) + [0xC0, 0x80] + Data("\"}".utf8), 400, "not UTF-8"),
        (
          "an encoded surrogate", Data(#"{"features":""#.utf8) + [0xED, 0xA0, 0x80] + Data("\"}".utf8), 400, "not UTF-8"
        ),
        ("a high surrogate alone", Data(#"{"key":"\ud800"}"#.utf8), 400, "surrogate"),
        ("a low surrogate alone", Data(#"{"key":"\udc00"}"#.utf8), 400, "surrogate"),
        ("two high surrogates", Data(#"{"key":"\ud800\ud800"}"#.utf8), 400, "surrogate"),
        ("a zero in an id", Data(#"{"request_id":"a\u0000","features":{}}"#.utf8), 422, "U+0000"),
        ("a control character", Data("{\"key\":\"\n\"}".utf8), 400, "control character"),
        ("64 levels", Data(nested(62).utf8), 422, "'features' is an object"),
        ("too many levels", Data(nested(64).utf8), 400, "nested too deeply"),
        ("very many levels", Data(String(repeating: "[", count: 1_000_000).utf8), 400, "nested too deeply"),
        ("nothing", Data(), 400, "byte 0"), ("space", Data("  \n".utf8), 400, "ends too early"),
        ("a comma too many", Data(#"{"features":{},}"#.utf8), 400, "name in quotes"),
        ("single quotes", Data("{'features':{}}".utf8), 400, "name in quotes"),
        ("a comment", Data("/* */ {}".utf8), 400, "byte 0"),
        ("a zero in front", Data(#"{"key":01}"#.utf8), 400, "starts with 0"),
        ("two documents", Data((good + good).utf8), 400, "something follows"),
        ("an object cut short", Data(good.utf8.dropLast()), 400, "ends too early"),
      ]
      for (name, body, code, words) in cases {
        let reply = try await server.request("POST", "/predict", data: body)
        #expect(reply.code == code, "\(name): \(reply.text)")
        #expect((reply.json["error"] as? String)?.contains(words) == true, "\(name): \(reply.text)")
      }
    }
  }

  @Test func `a label is a finite number, a word or a truth value`() async throws {
    try await withServer { server in
      for (label, code) in [
        ("\">50K\"", 200), ("NaN", 422), ("-Infinity", 422), ("null", 422), ("[]", 422), ("\"\"", 422),
        ("\"a\\u0000\"", 422),
      ] {
        let reply = try await server.request("POST", "/feedback", "{\"request_id\":\"r\",\"label\":\(label)}")
        #expect(reply.code == code, "\(label): \(reply.text)")
      }
    }
  }
}
