import Foundation
import TestSupport
import Testing
import WorkerContract

@testable import Serving

struct OpenAPITests {
  private static let hasValidator = PythonEnvironment.has("openapi_spec_validator")

  @Test func `the document describes the model's features and every path of the public port`() async throws {
    try await withServer { server in
      let reply = try await server.request("GET", "/openapi.json")
      #expect(reply.code == 200)
      #expect(reply.headers["content-type"] == "application/json")
      #expect(reply.json["openapi"] as? String == "3.1.0")
      let schemas = (reply.json["components"] as? [String: Any])?["schemas"] as? [String: [String: Any]]
      let features = try #require(schemas?["Features"])
      #expect(features["required"] as? [String] == ["age", "work", "zone"])
      #expect(features["additionalProperties"] as? Bool == false)
      let members = try #require(features["properties"] as? [String: [String: Any]])
      #expect(members.count == 6)
      #expect(members["age"]?["minimum"] as? Double == 0)
      #expect(members["age"]?["maximum"] as? Double == 120)
      #expect(members["hours"]?["type"] as? [String] == ["number", "null"])
      #expect(members["hours"]?["maximum"] == nil, "other hours are predicted too")
      #expect(
        members["hours"]?["description"] as? String == "Expected from 1.0 to 99.0; others are predicted and counted.")
      #expect(members["work"]?["enum"] as? [String] == ["Private", "State"])
      #expect(members["zone"]?["examples"] as? [String] == ["1", "2"])

      // Each path that is described leads somewhere, and each endpoint is described.
      let paths = try #require(reply.json["paths"] as? [String: [String: Any]])
      for (path, operations) in paths {
        let route = RouteTable.route(path[...], on: .public)
        try #require(!route.isNowhere, "\(path)")
        #expect(operations.keys.map { $0.uppercased() } == [route.method.rawValue], "\(path)")
      }
      let offered = RouteTable.endpoints.filter { $0.access.isOffered(by: .public) }
      #expect(Set(paths.keys) == Set(offered.flatMap(\.paths)))
    }
  }

  @Test(.enabled(if: hasValidator, "needs .venv with openapi-spec-validator: scripts/python-environment"))
  func `the document is valid OpenAPI 3_1`() async throws {
    try await withServer { server in
      let file = server.folder.appending(path: "openapi.json")
      try await server.request("GET", "/openapi.json").body.write(to: file)
      let script = """
        import json, sys
        from openapi_spec_validator import OpenAPIV31SpecValidator
        OpenAPIV31SpecValidator(json.load(open(sys.argv[1]))).validate()
        """
      let outcome = try await PythonTool.run(script, file.path)
      #expect(outcome.isGood, "\(outcome.text)")
      try Data(#"{"openapi":"3.1.0"}"#.utf8).write(to: file)
      #expect(try await !PythonTool.run(script, file.path).isGood, "the validator refuses what is wrong")
    }
  }

  @Test func `without a model there is no document`() async throws {
    try await withServer(isServing: false) { server in
      let reply = try await server.request("GET", "/openapi.json")
      #expect(reply.code == 503)
    }
  }
}
