import ClusterState
import KubernetesModel
import Testing

private func json(_ text: String) throws -> JSONValue { try JSONValue(parsing: text) }

struct SchemaTests {
  @Test(
    "A fault is worded as the API server words it",
    arguments: [
      (
        #"{"type":"integer","minimum":1}"#, "0", "Invalid value: 0: spec.x in body should be greater than or equal to 1"
      ),
      (
        #"{"type":"number","maximum":1,"exclusiveMaximum":true}"#, "1",
        "Invalid value: 1: spec.x in body should be less than 1"
      ),
      (#"{"type":"string","enum":["a","b"]}"#, #""c""#, #"Unsupported value: "c": supported values: "a", "b""#),
      (
        #"{"type":"string","minLength":2}"#, #""c""#,
        #"Invalid value: "c": spec.x in body should be at least 2 chars long"#
      ),
      (#"{"type":"string","maxLength":2}"#, #""ccc""#, "Too long: may not be more than 2 bytes"),
      (#"{"type":"string","pattern":"^a+$"}"#, #""b""#, #"Invalid value: "b": spec.x in body should match '^a+$'"#),
      (#"{"type":"integer"}"#, #""b""#, #"Invalid value: "string": spec.x in body must be of type integer: "string""#),
      (#"{"type":"string"}"#, "{}", #"Invalid value: "object": spec.x in body must be of type string: "object""#),
      (#"{"type":"string"}"#, "null", #"Invalid value: "null": spec.x in body must be of type string: "null""#),
      (
        #"{"type":"array","items":{"type":"string"},"minItems":1}"#, "[]",
        "Invalid value: 0: spec.x in body should have at least 1 items"
      ),
      (
        #"{"type":"array","items":{"type":"string"},"maxItems":1}"#, #"["a","b"]"#,
        "Too many: 2: must have at most 1 items"
      ),
      (
        #"{"type":"string","format":"date-time"}"#, #""now""#,
        #"Invalid value: "now": spec.x in body must be of type date-time: "now""#
      ),
    ])
  func wording(schema: String, value: String, detail: String) throws {
    let faults = try ObjectSchema.parse(json(schema)).faults(of: json(value), at: "spec.x")
    #expect(faults.map(\.detail) == [detail])
    #expect(faults.first?.path == "spec.x")
  }

  @Test(
    "Right values pass",
    arguments: [
      (#"{"x-kubernetes-int-or-string":true}"#, #""25%""#), (#"{"x-kubernetes-int-or-string":true}"#, "3"),
      (#"{"type":"string","nullable":true}"#, "null"), (#"{"type":"number"}"#, "3"), (#"{"type":"integer"}"#, "3.0"),
      (#"{"type":"object","additionalProperties":{"type":"integer"}}"#, #"{"a":1}"#),
      (#"{"anyOf":[{"minimum":3},{"maximum":1}],"type":"integer"}"#, "0"),
      (#"{"type":"string","format":"date-time"}"#, #""2025-01-01T00:00:00.5+02:00""#),
    ])
  func passes(schema: String, value: String) throws {
    #expect(try ObjectSchema.parse(json(schema)).faults(of: json(value), at: "x").isEmpty)
  }

  @Test("A missing member and a repeated list-map key are told by their paths")
  func places() throws {
    let schema = ObjectSchema.parse(
      try json(
        #"{"type":"object","required":["a"],"properties":{"a":{"type":"string"},"l":{"type":"array","x-kubernetes-list-type":"map","x-kubernetes-list-map-keys":["n"],"items":{"type":"object","properties":{"n":{"type":"string"}}}}}}"#
      ))
    let faults = schema.faults(of: ["l": [["n": "x"], ["n": "x"]]], at: "spec")
    #expect(faults.map(\.text) == ["spec.a: Required value", #"spec.l[1]: Duplicate value: {"n":"x"}"#])
  }

  @Test("Defaults fill what is absent, at every depth, but make no parents")
  func defaults() throws {
    let schema = ObjectSchema.parse(
      try json(
        #"{"type":"object","properties":{"a":{"type":"integer","default":1},"o":{"type":"object","properties":{"b":{"type":"string","default":"x"}}},"d":{"type":"object","default":{},"properties":{"c":{"type":"integer","default":2}}},"l":{"type":"array","items":{"type":"object","properties":{"e":{"type":"boolean","default":true}}}}}}"#
      ))
    #expect(schema.defaulted(["l": [[:]]]) == ["a": 1, "d": ["c": 2], "l": [["e": true]]])
    #expect(schema.defaulted(["a": .null, "o": [:]])["a"] == 1)
    #expect(schema.defaulted(["o": [:]])["o"] == ["b": "x"])
  }

  @Test("Unknown members are pruned and named, where nothing preserves them")
  func pruning() throws {
    let schema = ObjectSchema.parse(
      try json(
        #"{"type":"object","properties":{"a":{"type":"object","properties":{"b":{"type":"string"}}},"free":{"type":"object","x-kubernetes-preserve-unknown-fields":true,"properties":{"k":{"type":"object","properties":{}}}},"l":{"type":"array","items":{"type":"object","properties":{"x":{"type":"string"}}}}}}"#
      ))
    let (value, unknown) = schema.pruned(
      try json(#"{"a":{"b":"1","c":2},"free":{"y":{"z":1},"k":{"q":1}},"l":[{"x":"1","w":2}],"metadata":{"name":"n"}}"#)
    )
    #expect(unknown == ["a.c", "free.k.q", "l[0].w"])
    #expect(
      value == (try json(#"{"a":{"b":"1"},"free":{"y":{"z":1},"k":{}},"l":[{"x":"1"}],"metadata":{"name":"n"}}"#)))
  }

  @Test(
    "Field validation refuses, warns or is silent",
    arguments: [("Strict", 400, 0), ("Warn", 201, 1), ("Ignore", 201, 0)])
  func fieldValidation(mode: String, code: Int, warnings: Int) throws {
    var cluster = Cluster()
    var object = aConfigMap("c")
    object["dat"] = [:]
    guard
      case .response(let response) = cluster.ask(
        ReceivedRequest(.post, "\(configMaps)?fieldValidation=\(mode)", body: object))
    else {
      Issue.record("no response")
      return
    }
    #expect(response.code == code)
    #expect(response.warnings.count == warnings)
    if code == 400, case .json(let status) = response.body {
      #expect(
        status["message"]
          == "ConfigMap in version \"v1\" cannot be handled as a ConfigMap: strict decoding error: unknown field \"dat\""
      )
    }
  }

  @Test("A definition with a bad schema is refused with the place")
  func badDefinition() {
    var cluster = Cluster()
    let answer = cluster.send(.post, definitions, aDefinition(["n": ["minimum": 1]]))
    #expect(answer.code == 422)
    #expect(answer.json["message"]?.string?.contains("properties[spec].properties[n].type: Required value") == true)
  }
}

struct ProtobufTests {
  /// What kubectl 1.32 sends for `kubectl create namespace x`.
  static let namespace: [UInt8] = [
    0x6b, 0x38, 0x73, 0x00, 0x0a, 0x0f, 0x0a, 0x02, 0x76, 0x31, 0x12, 0x09, 0x4e, 0x61, 0x6d, 0x65, 0x73, 0x70, 0x61,
    0x63,
    0x65, 0x12, 0x19, 0x0a, 0x11, 0x0a, 0x01, 0x78, 0x12, 0x00, 0x1a, 0x00, 0x22, 0x00, 0x2a, 0x00, 0x32, 0x00, 0x38,
    0x00,
    0x42, 0x00, 0x12, 0x00, 0x1a, 0x02, 0x0a, 0x00,
  ]

  @Test("A namespace in protobuf is the namespace in JSON")
  func decodes() throws {
    let object = try ProtobufBody.decode(Self.namespace)
    #expect(object["apiVersion"] == "v1" && object["kind"] == "Namespace")
    #expect(object[path: "metadata", "name"] == "x")
    #expect(object[path: "metadata", "creationTimestamp"] == nil)
  }

  @Test("A body cut anywhere is refused or read, never more", arguments: 0..<48)
  func cut(length: Int) {
    do {
      _ = try ProtobufBody.decode(Array(Self.namespace.prefix(length)))
    } catch {
      #expect(error.code == 400 || error.code == 415)
    }
  }
}
