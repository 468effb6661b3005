import Foundation
import Serving
import Tabular
import Telemetry
import TestSupport
import Testing
import WorkerContract

/// The Open Inference Protocol over real sockets.
@Suite(.serialized) struct InferenceProtocolTests {
  private static let path = "/v2/models/income/infer"

  private static func input(_ name: String, _ datatype: String, _ data: String, shape: String = "[2]") -> String {
    "{\"name\":\"\(name)\",\"shape\":\(shape),\"datatype\":\"\(datatype)\",\"data\":\(data)}"
  }

  /// Two rows: the good sample, and one with what may be missing missing.
  private static let inputs = [
    input("age", "INT32", "[39,20]"), input("hours", "FP64", "[[40.5],[NaN]]", shape: "[2,1]"),
    input("gain", "FP32", "[1000,null]"), input("work", "BYTES", #"["Private","State"]"#),
    input("city", "BYTES", #"["Ürgüp",""]"#), input("zone", "UINT8", "[1,2]"),
  ]

  private static func body(_ inputs: [String] = Self.inputs, rest: String = "") -> String {
    "{\"inputs\":[\(inputs.joined(separator: ","))]\(rest)}"
  }

  private static func outputs(_ reply: HTTPConnection.Reply) -> [String: [String: Any]] {
    let list = reply.json["outputs"] as? [[String: Any]] ?? []
    return Dictionary(list.map { ($0["name"] as? String ?? "", $0) }, uniquingKeysWith: { $1 })
  }

  private static func expected() throws -> [Double] {
    try Sample.probabilities([
      .number(39), .number(40.5), .number(1000), .category(0), .category(1), .category(0),
    ]) + Sample.probabilities([.number(20), .missing, .missing, .category(1), .missing, .category(1)])
  }

  @Test func `tensors are predicted as rows are, and logged like them`() async throws {
    try await withServer { server in
      let reply = try await server.request("POST", Self.path, Self.body(rest: #","id":"mine""#))
      #expect(reply.code == 200, "\(reply.text)")
      #expect(reply.json["model_name"] as? String == "income")
      #expect(reply.json["model_version"] as? String == "v1")
      #expect(reply.json["id"] as? String == "mine")
      let outputs = Self.outputs(reply)
      let expected = try Self.expected()
      let probabilities = try #require(outputs["probabilities"]?["data"] as? [Double])
      #expect(zip(probabilities, expected).allSatisfy { abs($0 - $1) < 1e-9 })
      #expect(outputs["probabilities"]?["shape"] as? [Int] == [2, 2])
      #expect(outputs["probabilities"]?["datatype"] as? String == "FP64")
      let classes = [0, 2].map { expected[$0 + 1] > expected[$0] ? ">50K" : "<=50K" }
      #expect(outputs["predicted_class"]?["data"] as? [String] == classes)
      #expect(outputs["predicted_class"]?["datatype"] as? String == "BYTES")
      #expect(outputs["predicted_class"]?["shape"] as? [Int] == [2])
      let confidence = outputs["confidence"]?["data"] as? [Double] ?? []
      #expect(confidence.count == 2)
      #expect(zip(confidence, [0, 2]).allSatisfy { abs($0 - max(expected[$1], expected[$1 + 1])) < 1e-9 })
      let read = try await eventually("both rows are stored") {
        let read = try await server.store.predictions(PredictionQuery(model: income))
        return read.count == 2 ? read : nil
      }
      #expect(Set(read.map(\.record.requestID)) == ["mine-0", "mine-1"])
      let first = try #require(read.first { $0.record.requestID == "mine-0" })
      #expect(first.record.features == #"{"age":39,"hours":40.5,"gain":1000,"work":"Private","city":"Ürgüp","zone":1}"#)
      #expect(try await server.metric(#"apus_requests_total{endpoint="v2_infer",code="200"}"#) == 1)
    }
  }

  @Test func `one row keeps its id, from the body, the header, or made`() async throws {
    try await withServer { server in
      let one = Self.body([
        Self.input("age", "FP64", "[39]", shape: "[1]"), Self.input("work", "BYTES", #"["Private"]"#, shape: "[1,1]"),
        Self.input("zone", "BYTES", #"["1"]"#, shape: "[1]"),
      ])
      let header = ["X-Request-Id": "from-header"]
      let named = try await server.request(
        "POST", Self.path, String(one.dropLast()) + #","id":"mine"}"#, headers: header)
      #expect(named.json["id"] as? String == "mine")
      #expect(named.headers["x-request-id"] == "from-header")
      #expect(
        try await server.request("POST", Self.path, one, headers: header).json["id"] as? String == "from-header")
      let made = try await server.request("POST", Self.path, one)
      #expect((made.json["id"] as? String)?.count == 32)
      _ = try await eventually("they are stored under their ids") {
        let read = try await server.store.predictions(PredictionQuery(model: income))
        return read.count == 3 && Set(read.map(\.record.requestID)).isSuperset(of: ["mine", "from-header"]) ? () : nil
      }
    }
  }

  @Test func `outputs are chosen and ordered by the request`() async throws {
    try await withServer { server in
      let reply = try await server.request(
        "POST", Self.path, Self.body(rest: #","outputs":[{"name":"confidence"},{"name":"predicted_class"}]"#))
      let names = (reply.json["outputs"] as? [[String: Any]])?.compactMap { $0["name"] as? String }
      #expect(names == ["confidence", "predicted_class"])
    }
  }

  @Test func `a version can be named, a shadow too`() async throws {
    try await withServer { server in
      let table = aTable(
        revision: 2, try await server.publish("v1"), try await server.publish("v2", shift: 1, weight: 0, .shadow))
      #expect(try await server.reload(table).code == 200)
      for version in ["v1", "v2"] {
        let path = "/v2/models/income/versions/\(version)"
        let reply = try await server.request("POST", path + "/infer", Self.body())
        #expect(reply.json["model_version"] as? String == version)
        #expect(try await server.request("GET", path + "/ready").json["ready"] as? Bool == true)
        #expect(try await server.request("GET", path).json["versions"] as? [String] == ["v1", "v2"])
      }
      #expect(try await server.request("POST", Self.path, Self.body()).json["model_version"] as? String == "v1")
      // Both rows three times by v1 or along with it, and never twice for one request.
      let shadow = #"apus_prediction_seconds_count{version="v2"}"#
      #expect(try await server.metric(shadow) == 6)
    }
  }

  @Test func `binary tensors go in and out`() async throws {
    try await withServer { server in
      func bytes<Value: FixedWidthInteger>(_ values: [Value]) -> [UInt8] {
        values.flatMap { value in withUnsafeBytes(of: value.littleEndian) { Array($0) } }
      }
      func texts(_ values: [String]) -> [UInt8] { values.flatMap { bytes([UInt32($0.utf8.count)]) + Array($0.utf8) } }
      let nan = Double.nan.bitPattern
      let parts: [(String, String, [UInt8])] = [
        ("age", "INT16", bytes([Int16(39), 20])), ("hours", "FP64", bytes([(40.5).bitPattern, nan])),
        // 1000 and NaN in half precision.
        ("gain", "FP16", bytes([UInt16(0x63D0), 0x7E00])), ("work", "BYTES", texts(["Private", "State"])),
        ("city", "BYTES", texts(["Ürgüp", ""])), ("zone", "INT64", bytes([Int64(1), 2])),
      ]
      let inputs = parts.map {
        "{\"name\":\"\($0.0)\",\"shape\":[2],\"datatype\":\"\($0.1)\",\"parameters\":{\"binary_data_size\":\($0.2.count)}}"
      }
      let json = Self.body(inputs, rest: #","parameters":{"binary_data_output":true}"#)
      let headers = ["Inference-Header-Content-Length": "\(json.utf8.count)"]
      let body = Data(json.utf8) + parts.flatMap(\.2)
      let reply = try await server.request("POST", Self.path, data: body, headers: headers)
      #expect(reply.code == 200, "\(reply.text)")
      let length = try #require(reply.headers["inference-header-content-length"].flatMap { Int($0) })
      let head = try JSONSerialization.jsonObject(with: reply.body.prefix(length)) as? [String: Any]
      let sizes = (head?["outputs"] as? [[String: Any]])?.map { ($0["parameters"] as? [String: Int])?.values.first }
      let expected = try Self.expected()
      let classes = [0, 2].map { expected[$0 + 1] > expected[$0] ? ">50K" : "<=50K" }
      #expect(sizes == [texts(classes).count, 32, 16])
      let wanted =
        texts(classes) + bytes((expected + [0, 2].map { max(expected[$0], expected[$0 + 1]) }).map(\.bitPattern))
      #expect(Array(reply.body.dropFirst(length)) == wanted)

      // What is cut short or too long is told.
      for wrong in [body.dropLast(), body + [0]] {
        let reply = try await server.request("POST", Self.path, data: Data(wrong), headers: headers)
        #expect(reply.code == 400)
        #expect((reply.json["error"] as? String)?.contains("binary data") == true, "\(reply.text)")
      }
      for length in ["-1", "x", "\(body.count + 1)"] {
        let headers = ["Inference-Header-Content-Length": length]
        #expect(try await server.request("POST", Self.path, data: body, headers: headers).code == 400)
      }
    }
  }

  @Test func `what is wrong is told in one error, all of it`() async throws {
    try await withServer(limits: RequestLimits(body: 8000, batch: 3)) { server in
      func replacing(_ index: Int, _ input: String) -> String {
        var inputs = Self.inputs
        inputs[index] = input
        return Self.body(inputs)
      }
      let cases: [(String, Int, [String])] = [
        ("{", 400, ["byte 1"]), ("[]", 400, ["'inputs'"]), ("{}", 400, ["'inputs' must be given"]),
        (#"{"inputs":[]}"#, 400, ["'age' must be given", "'work'", "'zone'"]),
        (Self.body(rest: #","explain":true"#), 400, ["no member 'explain'"]),
        (Self.body(rest: #","id":1"#), 400, ["'id' is a string"]),
        (Self.body(rest: #","id":"a","id":"b""#), 400, ["'id' is given more than once"]),
        (Self.body(rest: ",\"inputs\":[]"), 400, ["'inputs' is given more than once"]),
        (Self.body(rest: #","outputs":[],"outputs":[]"#), 400, ["'outputs' is given more than once"]),
        (Self.body(rest: #","parameters":{},"parameters":{}"#), 400, ["'parameters' is given more than once"]),
        (Self.body(rest: #","parameters":{"key":"a","key":"b"}"#), 400, ["'key' is given more than once"]),
        (Self.body(rest: #","parameters":{"x":1,"\u0078":1}"#), 400, ["'x' is given more than once"]),
        (
          Self.body(rest: #","outputs":[{"name":"confidence","name":"confidence"}]"#), 400,
          ["'name' is given more than once"]
        ),
        (
          Self.body(rest: #","outputs":[{"name":"confidence","parameters":{"binary_data":true,"binary_data":false}}]"#),
          400, ["'binary_data' is given more than once"]
        ),
        (
          replacing(0, #"{"name":"age","shape":[2],"datatype":"FP64","data":[1,2],"data":[3,4]}"#), 400,
          ["'data' is given more than once"]
        ),
        (
          replacing(0, #"{"name":"age","shape":[2],"shape":[1],"datatype":"FP64","data":[1,2]}"#), 400,
          ["'shape' is given more than once"]
        ),
        (
          replacing(
            0, #"{"name":"age","shape":[2],"datatype":"FP64","data":[1,2],"parameters":{"a":1,"a":1}}"#), 400,
          ["'a' is given more than once"]
        ),
        (Self.body(rest: #","outputs":[{"name":"logits"}]"#), 400, ["no output 'logits'"]),
        (Self.body(Self.inputs + [Self.input("hat", "BYTES", #"["a","b"]"#)]), 400, ["no input 'hat'"]),
        (Self.body(Self.inputs + [Self.inputs[0]]), 400, ["'age' is given more than once"]),
        (replacing(0, Self.input("age", "BYTES", #"["a","b"]"#)), 400, ["not BYTES"]),
        (replacing(3, Self.input("work", "FP64", "[1,2]")), 400, ["not FP64"]),
        (replacing(0, Self.input("age", "DOUBLE", "[1,2]")), 400, ["the unknown datatype 'DOUBLE'"]),
        (replacing(0, Self.input("age", "INT8", "[1,300]")), 400, ["Row 1: 'age' is not INT8"]),
        (replacing(0, Self.input("age", "FP64", #"["1",[2]]"#)), 400, ["Row 0: 'age' is not FP64", "Row 1"]),
        (replacing(0, Self.input("age", "FP64", "[1,2,3]")), 400, ["2 elements, the data have 3"]),
        (replacing(0, Self.input("age", "FP64", "[[1,2]]", shape: "[2,1]")), 400, ["not of the shape"]),
        (replacing(0, Self.input("age", "FP64", "[1]", shape: "[1]")), 400, ["another one has 1"]),
        (replacing(0, Self.input("age", "FP64", "[1,2]", shape: "[1,2]")), 400, ["it is [n] or [n, 1]"]),
        (replacing(0, Self.input("age", "FP64", "[]", shape: "[0]")), 400, ["it is [n] or [n, 1]"]),
        (replacing(0, Self.input("age", "FP64", "7")), 400, ["'data' is a list"]),
        (replacing(0, Self.input("age", "FP64", "[1,2]", shape: "[-2]")), 400, ["whole number"]),
        (
          replacing(0, Self.input("age", "FP64", "[500,Infinity]")), 422,
          ["Row 0: 'age' is 500, outside of 0 … 120", "Row 1: 'age' is not a finite number"]
        ),
        (
          replacing(3, Self.input("work", "BYTES", #"["Navy",null]"#)), 422,
          ["'Navy'", "Row 1: 'work' may not be null"]
        ),
        (Self.body([Self.input("age", "FP64", "[1,2,3,4]", shape: "[4]")]), 413, ["more than 3 rows"]),
        (replacing(0, Self.input("age", "FP64", String(repeating: "[", count: 90))), 400, ["nested too deeply"]),
      ]
      for (body, code, words) in cases {
        let reply = try await server.request("POST", Self.path, body)
        #expect(reply.code == code, "\(body) \(reply.text)")
        let error = reply.json["error"] as? String ?? ""
        for word in words { #expect(error.contains(word), "\(body): \(reply.text)") }
        #expect(reply.json.count == 1)
      }
      #expect(try await server.metric(#"apus_prediction_seconds_count{version="v1"}"#) == 0)
      #expect(try await server.metric(#"apus_validation_failures_total{reason="unseen_category"}"#) == 1)
    }
  }

  @Test func `metadata, health, and paths that lead nowhere`() async throws {
    try await withServer { server in
      let about = try await server.request("GET", "/v2").json
      #expect(about["name"] as? String == "apus")
      #expect(about["extensions"] as? [String] == ["binary_tensor_data"])
      #expect(try await server.request("GET", "/v2/health/live").text == #"{"live":true}"#)
      #expect(try await server.request("GET", "/v2/health/ready").text == #"{"ready":true}"#)
      #expect(try await server.request("GET", "/v2/models/income/ready").text == #"{"name":"income","ready":true}"#)
      let model = try await server.request("GET", "/v2/models/income").json
      #expect(model["versions"] as? [String] == ["v1"])
      let inputs = model["inputs"] as? [[String: Any]] ?? []
      #expect(inputs.compactMap { $0["name"] as? String } == Sample.schema.features.map(\.name))
      #expect(inputs.first?["datatype"] as? String == "FP64")
      #expect(inputs.last?["datatype"] as? String == "BYTES")
      #expect(inputs.allSatisfy { $0["shape"] as? [Int] == [-1] })
      let outputs = model["outputs"] as? [[String: Any]] ?? []
      #expect(outputs.map { $0["shape"] as? [Int] } == [[-1], [-1, 2], [-1], [-1, 1, 7]])
      for (method, path, code) in [
        ("GET", "/v2/models/other", 404), ("GET", "/v2/models/income/versions/v9", 404),
        ("GET", "/v2/models/income/versions/v9/ready", 404), ("POST", "/v2/models/other/infer", 404),
        ("POST", "/v2/models/income/versions/v9/infer", 404), ("GET", "/v2/models", 404), ("GET", "/v2/models/", 404),
        ("GET", "/v2/models/income/versions", 404), ("GET", "/v2/health", 404), ("GET", "/v2x", 404),
        ("GET", "/v2x/models/income", 404), ("GET", "/v2/models/income/x", 404),
        ("GET", "/v2/models/income/infer", 405), ("POST", "/v2/models/income", 405), ("POST", "/v2", 405),
      ] {
        let reply = try await server.request(method, path, method == "POST" ? "{}" : nil)
        #expect(reply.code == code, "\(method) \(path)")
        #expect(reply.json["error"] is String)
      }
    }
    try await withServer(isServing: false) { server in
      let live = try await server.request("GET", "/v2/health/live")
      #expect(live.code == 200)
      for path in ["/v2/health/ready", "/v2/models/income", "/v2/models/income/ready"] {
        #expect(try await server.request("GET", path).code == 503)
      }
      #expect(try await server.request("POST", Self.path, Self.body()).code == 503)
    }
  }
}
